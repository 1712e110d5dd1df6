"""Rows of a series as SQL: whole days in and out. Raw for the same reason as tables.py."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection as database
from django.db.models import Sum

from seatwise.sdk.records import Cost, Record, Usage
from seatwise.sdk.streams import Window
from seatwise.store import models as stored
from seatwise.store.models.spend import amount, model_of, ten_billionths

from .tables import enter, rewrite

ROUNDING = Decimal("1e-6")
"""Of a day's total: half a unit of 10^-10 for each of up to 20,000 rows."""
Slots = dict[int, tuple[int, int]]
"""slot → (primary key, hash)"""


def slot(text: str) -> int:
    """A stable 64-bit hash of what the vendor groups by."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def known(model: Any, connection_id: int, stream: str, window: Window) -> dict[date, Slots]:
    """The stored rows of each day of a window."""
    rows = model.objects.filter(connection_id=connection_id, stream=stream, day__gte=window.start, day__lt=window.end)
    found: dict[date, Slots] = {}
    for day, key, pk, hashed in rows.values_list("day", "slot", "pk", "hash"):
        found.setdefault(day, {})[key] = (pk, hashed)
    return found


def insert(model: Any, connection_id: int, stream: str, rows: Sequence[tuple[date, int, int, Record]]) -> None:
    """New rows: (day, slot, hash, record)."""
    if not rows:
        return
    columns = ("connection_id", "stream", "day", "slot", "hash", *columns_of(model))
    texts = {at: str(at) if database.vendor == "sqlite" else at for at in {row[0] for row in rows}}
    lines = [(connection_id, stream, texts[at], key, hashed, *values(record)) for at, key, hashed, record in rows]
    enter(model._meta.db_table, columns, lines)


def update(model: Any, rows: Iterable[tuple[int, int, Record]]) -> None:
    """Rows that differ: (primary key, hash, record)."""
    lines = [(hashed, *values(record), pk) for pk, hashed, record in rows]
    rewrite(model._meta.db_table, ("hash", *columns_of(model)), lines)


def delete(model: Any, keys: Sequence[int]) -> None:
    for begin in range(0, len(keys), 500):
        model.objects.filter(pk__in=keys[begin : begin + 500]).delete()


def totals(model: Any, connection_id: int, stream: str, day: date) -> dict[str, str]:
    """What a day sums to, for its trace in Changes."""
    rows = model.objects.filter(connection_id=connection_id, stream=stream, day=day)
    if model is stored.Cost:
        sums = rows.order_by("currency").values_list("currency").annotate(Sum("amount"))
        return {f"amount in {currency}": str(amount(value)) for currency, value in sums}
    names = ("requests", "input_tokens", "output_tokens", "quantity")
    found = rows.aggregate(**{name: Sum(name) for name in names})
    return {name: str(value) for name, value in found.items() if value}


def moved(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a total did. A day that is split into other rows rounds each of them to what a column holds."""
    return any(
        abs(Decimal(after.get(name, 0)) - Decimal(before.get(name, 0))) > ROUNDING for name in before.keys() | after
    )


def columns_of(model: Any) -> tuple[str, ...]:
    return (*Cost.__struct_fields__[1:], "model") if model is stored.Cost else Usage.__struct_fields__[1:]


def values(record: Any) -> list[Any]:
    """A record as the values of `columns_of` its table."""
    row: list[Any] = [*msgspec.structs.astuple(record)[1:]]
    if isinstance(record, Cost):
        row[AMOUNT] = ten_billionths(record.amount)
        if isinstance(quantity := row[QUANTITY], Decimal):
            row[QUANTITY] = str(quantity)
        row.append(model_of(record.line_item))
    return row


AMOUNT, QUANTITY = (Cost.__struct_fields__[1:].index(name) for name in ("amount", "quantity"))
