"""Sums that screens read, kept with the rows they sum. Call these in the transaction that changes a day's costs.

Persons come last, by the best method for each row: what the vendor reports per user, else the owner of the key, else by
the share of tokens within project, model and day. What is left is nobody's, so persons always sum to the bill.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection as database
from django.db.models import F, Sum

from seatwise.store.models import Cost, Key, Run, SpendDay, Unsettled, Usage

from .lease import held

Sums = dict[tuple[str, str, str], int]
"""(person, method, currency) → amount; nobody's under ''."""
DIMENSIONS = {
    "total": "''",
    "project": "project_id",
    "api_key": "api_key_id",
    "line_item": "line_item",
    "model": "model",
}
COLUMNS = "connection_id, dimension, key, method, currency, amount"


def rebuild(connection_id: int, days: Sequence[date]) -> None:
    """All sums of these days, whose costs have changed. The difference is nobody's until the persons are settled."""
    _carry(connection_id, days, "<> 'person'", -1)
    before = _totals(connection_id, days)
    SpendDay.objects.filter(connection_id=connection_id, day__in=days).exclude(dimension="person").delete()
    marks = ", ".join(["%s"] * len(days))
    for name, column in DIMENSIONS.items():
        _execute(
            f"INSERT INTO store_spendday ({COLUMNS}, day) "
            f"SELECT connection_id, %s, COALESCE({column}, ''), '', currency, SUM(amount), day FROM store_cost "
            f"WHERE connection_id = %s AND day IN ({marks}) "
            f"GROUP BY connection_id, day, COALESCE({column}, ''), currency",
            [name, connection_id, *map(_day, days)],
        )
    _carry(connection_id, days, "<> 'person'", 1)
    after = _totals(connection_id, days)
    moved = {at: after.get(at, 0) - before.get(at, 0) for at in after.keys() | before.keys()}
    for day in days:
        sums: Sums = {("", "", currency): amount for (at, currency), amount in moved.items() if at == day and amount}
        _add_persons(connection_id, day, sums)
    unsettle(connection_id, days)


def unsettle(connection_id: int, days: Iterable[date]) -> None:
    """Notes that the persons of these days are to be worked out anew."""
    Unsettled.objects.bulk_create(
        [Unsettled(connection_id=connection_id, day=day) for day in days], ignore_conflicts=True
    )


def settle(run: Run) -> None:
    """Works out the persons of every day that waits for it, one short transaction each."""
    waiting = Unsettled.objects.filter(connection_id=run.connection_id).order_by("-day")
    days = list(waiting.values_list("day", flat=True))
    if not days:
        return
    keys = Key.objects.filter(connection_id=run.connection_id, owner_kind="user").exclude(owner_id=None)
    owners = dict(keys.values_list("vendor_id", "owner_id"))
    for day in days:
        fresh = persons(run.connection_id, day, owners)
        with held(run):
            _replace_persons(run.connection_id, day, fresh)
            Unsettled.objects.filter(connection_id=run.connection_id, day=day).delete()


def persons(connection_id: int, day: date, owners: dict[str, str | None]) -> Sums:
    """The day's cost by person and method. It sums to the day's total, exactly."""
    sums: Sums = defaultdict(int)
    shares: dict[tuple[str, str], dict[str, int]] | None = None
    costs = Cost.objects.filter(connection_id=connection_id, day=day).order_by()
    grouped = costs.values_list("user_id", "api_key_id", "project_id", "model", "currency").annotate(Sum("amount"))
    for user, key, project, model, currency, amount in grouped:
        if user:
            sums[user, "reported", currency] += amount
        elif owner := owners.get(key or ""):
            sums[owner, "key_owner", currency] += amount
        elif key is None:
            shares = _shares(connection_id, day) if shares is None else shares
            for person, part in split(amount, shares.get((project or "", model or ""), {})).items():
                sums[person, "token_share" if person else "", currency] += part
        else:  # a service account's key: what a machine costs is nobody's
            sums["", "", currency] += amount
    return sums


def split(amount: int, shares: dict[str, int]) -> dict[str, int]:
    """An amount by shares, to the last unit: what does not divide goes to the largest. Nobody's where there is none."""
    whole = sum(shares.values())
    if not whole:
        return {"": amount}
    parts = {person: amount * share // whole for person, share in shares.items()}
    parts[max(shares, key=lambda person: (shares[person], person))] += amount - sum(parts.values())
    return parts


def _shares(connection_id: int, day: date) -> dict[tuple[str, str], dict[str, int]]:
    """Tokens by (project, model) and person; '' is the part that names no person."""
    used = Usage.objects.filter(connection_id=connection_id, day=day).order_by()
    tokens = Sum(F("input_tokens") + F("output_tokens"))
    shares: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for project, model, user, count in used.values_list("project_id", "model", "user_id").annotate(tokens=tokens):
        if count:
            place = shares[project or "", model or ""]
            place[user or ""] = place.get(user or "", 0) + count
    return shares


def _totals(connection_id: int, days: Sequence[date]) -> dict[tuple[date, str], int]:
    rows = SpendDay.objects.filter(connection_id=connection_id, dimension="total", day__in=days)
    return {(day, currency): amount for day, currency, amount in rows.values_list("day", "currency", "amount")}


def _replace_persons(connection_id: int, day: date, sums: Sums) -> None:
    _carry(connection_id, [day], "= 'person'", -1)
    SpendDay.objects.filter(connection_id=connection_id, dimension="person", day=day).delete()
    lines = [(connection_id, "person", *at, amount, _day(day)) for at, amount in sums.items() if amount]
    with database.cursor() as cursor:
        cursor.executemany(f"INSERT INTO store_spendday ({COLUMNS}, day) VALUES (%s, %s, %s, %s, %s, %s, %s)", lines)
    _carry(connection_id, [day], "= 'person'", 1)


def _add_persons(connection_id: int, day: date, sums: Sums) -> None:
    for table, name, at in (("store_spendday", "day", day), ("store_spendmonth", "month", day.replace(day=1))):
        with database.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({COLUMNS}, {name}) VALUES (%s, 'person', %s, %s, %s, %s, %s) "
                + _adding(table, name),
                [(connection_id, *person, amount, _day(at)) for person, amount in sums.items()],
            )


def _carry(connection_id: int, days: Sequence[date], dimension: str, sign: int) -> None:
    """Takes the days' sums out of their months, or puts them in."""
    months: dict[date, list[date]] = defaultdict(list)
    for day in days:
        months[day.replace(day=1)].append(day)
    for month, some in months.items():
        marks = ", ".join(["%s"] * len(some))
        _execute(
            f"INSERT INTO store_spendmonth ({COLUMNS}, month) "
            f"SELECT connection_id, dimension, key, method, currency, {sign} * SUM(amount), {_month()} "
            f"FROM store_spendday WHERE connection_id = %s AND day IN ({marks}) AND dimension {dimension} "
            "GROUP BY connection_id, dimension, key, method, currency " + _adding("store_spendmonth", "month"),
            [_day(month), connection_id, *map(_day, some)],
        )


def _adding(table: str, name: str) -> str:
    return (
        f"ON CONFLICT (connection_id, dimension, {name}, key, method, currency) "
        f"DO UPDATE SET amount = {table}.amount + excluded.amount"
    )


def _month() -> str:
    return "CAST(%s AS date)" if database.vendor == "postgresql" else "%s"


def _day(day: date) -> Any:
    return str(day) if database.vendor == "sqlite" else day


def _execute(sql: str, arguments: list[Any]) -> None:
    with database.cursor() as cursor:
        cursor.execute(sql, arguments)
