"""Rows of a series as SQL: whole days in and out. Raw for the same reason as tables.py."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection as database
from django.db.models import Count, Sum

from seatwise.sdk.records import Record
from seatwise.store.models import Cost
from seatwise.store.models.spend import amount, stored

_encode = msgspec.json.Encoder(decimal_format="string").encode


def slot(text: str) -> int:
    """A stable 64-bit hash of what the vendor groups by."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def digest(record: Record) -> int:
    return int.from_bytes(hashlib.blake2b(_encode(record), digest_size=8).digest(), "big", signed=True)


def rows_of(model: Any, connection_id: int, stream: str, day: date) -> dict[int, tuple[int, int]]:
    """The stored rows of a day: slot → (primary key, hash)."""
    rows = model.objects.filter(connection_id=connection_id, stream=stream, day=day)
    return {found: (pk, hashed) for found, pk, hashed in rows.values_list("slot", "pk", "hash")}


def insert(model: Any, connection_id: int, stream: str, day: date, records: Mapping[int, Record]) -> None:
    if not records:
        return
    fields = next(iter(records.values())).__struct_fields__[1:]
    columns = ("connection_id", "stream", "day", "slot", "hash", *fields)
    moment = day if database.vendor == "postgresql" else day.isoformat()
    lines = [(connection_id, stream, moment, key, digest(r), *_values(r)) for key, r in records.items()]
    table = model._meta.db_table
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", lines)


def update(model: Any, records: Sequence[tuple[int, Record]]) -> None:
    """Rows that differ: (primary key, record)."""
    if not records:
        return
    fields = records[0][1].__struct_fields__[1:]
    settings = ", ".join(f"{column} = %s" for column in ("hash", *fields))
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {model._meta.db_table} SET {settings} WHERE id = %s",
            [(digest(record), *_values(record), pk) for pk, record in records],
        )


def delete(model: Any, keys: Sequence[int]) -> None:
    for begin in range(0, len(keys), 500):
        model.objects.filter(pk__in=keys[begin : begin + 500]).delete()


def totals(model: Any, connection_id: int, stream: str, day: date) -> dict[str, str]:
    """What a day sums to, for its trace in Changes."""
    rows = model.objects.filter(connection_id=connection_id, stream=stream, day=day)
    if model is Cost:
        sums = rows.order_by("currency").values_list("currency").annotate(Sum("amount"))
        return {f"amount in {currency}": str(amount(value)) for currency, value in sums}
    names = ("requests", "input_tokens", "output_tokens", "quantity")
    found = rows.aggregate(rows=Count("pk"), **{name: Sum(name) for name in names})
    return {name: str(value) for name, value in found.items() if value}


def _values(record: Record) -> list[Any]:
    row: list[Any] = [*msgspec.structs.astuple(record)[1:]]
    for i, name in enumerate(record.__struct_fields__[1:]):
        value = row[i]
        if type(value) is str:
            row[i] = value.replace("\0", "\ufffd")
        elif isinstance(value, Decimal):
            row[i] = stored(value) if name == "amount" else str(value)
    return row
