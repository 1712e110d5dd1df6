"""Sums that screens read, kept with the rows they sum. Call these in the transaction that changes a day's costs.

Persons come last (`persons.py` works them out): what is not worked out yet is nobody's, so they always sum to the bill.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection as database
from django.db.models import Count

from seatwise.store.models import Cost, Run, SpendDay, SpendMonth, Unsettled, User
from seatwise.store.models.spend import rank
from seatwise.store.sums import COLUMNS as DIMENSIONS

from .lease import held, pieces
from .persons import Sums, owners_of, persons

OF_ROWS = f"IN ({', '.join(repr(name) for name in DIMENSIONS)})"
OF_PERSONS = "IN ('person', 'method')"
COLUMNS = "connection_id, dimension, key, method, currency, amount"
AT_ONCE = 500
DAYS_AT_ONCE, PARTS = 10, 20_000
"""Days whose costs and usage are read together to work out their persons, and rows of costs: they are in memory."""


def rebuild(connection_id: int, days: Sequence[date]) -> None:
    """All sums of these days, whose costs have changed. The difference is nobody's until the persons are settled."""
    before = _totals(connection_id, days)
    if had := sorted({day for day, _ in before}):
        _carry(connection_id, had, OF_ROWS, -1)
        SpendDay.objects.filter(connection_id=connection_id, dimension__in=DIMENSIONS, day__in=had).delete()
    marks = ", ".join(["%s"] * len(days))
    for name, column in DIMENSIONS.items():
        _execute(
            f"INSERT INTO store_spendday ({COLUMNS}, day) "
            f"SELECT {int(connection_id)}, %s, COALESCE({column}, ''), '', currency, SUM(amount), day FROM store_cost "
            f"WHERE connection_id = %s AND day IN ({marks}) GROUP BY day, COALESCE({column}, ''), currency",
            [name, connection_id, *map(_day, days)],
        )
    _carry(connection_id, days, OF_ROWS, 1)
    after = _totals(connection_id, days)
    moved = {at: after.get(at, 0) - before.get(at, 0) for at in after.keys() | before.keys()}
    _add_nobodys(connection_id, {at: by for at, by in moved.items() if by})
    unsettle(connection_id, days)
    renew(connection_id, "costs")


def unsettle(connection_id: int, days: Iterable[date]) -> None:
    """Notes that the persons of these days are to be worked out anew."""
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO store_unsettled (connection_id, day) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(connection_id, _day(day)) for day in days],
        )


def unsettle_keys(connection_id: int, keys: Sequence[str]) -> None:
    """The same of every day on which one of these keys cost something: it has an owner now, or another one."""
    waiting = Unsettled.objects.filter(connection_id=connection_id).values("day")
    days = SpendDay.objects.filter(connection_id=connection_id, dimension="total")
    if keys and days.exclude(day__in=waiting).exists():  # in a first sync all wait
        _execute(
            "INSERT INTO store_unsettled (connection_id, day) SELECT DISTINCT connection_id, day FROM store_cost "
            f"WHERE connection_id = %s AND api_key_id IN ({', '.join(['%s'] * len(keys))}) ON CONFLICT DO NOTHING",
            [connection_id, *keys],
        )


def renew(connection_id: int, kind: str) -> None:
    """Another edition of the connection's usage or costs. The number is drawn: it never was before."""
    _execute(
        "INSERT INTO store_edition (connection_id, kind, number) VALUES (%s, %s, %s) "
        "ON CONFLICT (connection_id, kind) DO UPDATE SET number = excluded.number",
        [connection_id, kind, secrets.randbits(62)],
    )


def settle(run: Run) -> Iterator[set[str]]:
    """Works out the persons of every day that waits for it, newest first: a short transaction of whole days a step. Of
    each step those whose spend of this month may have moved."""
    waiting = Unsettled.objects.filter(connection_id=run.connection_id).order_by("-day")
    days = list(waiting.values_list("day", flat=True))
    owners = owners_of(run.connection_id) if days else {}
    for some in _at_once(run.connection_id, days):
        for fresh in _batches(persons(run.connection_id, some, owners)):
            with held(run):
                moved = _replace_persons(run.connection_id, fresh)
                Unsettled.objects.filter(connection_id=run.connection_id, day__in=list(fresh)).delete()
            yield moved


def place(run: Run, moved: set[str], *, arrived: bool = False, torn: bool = False) -> None:
    """Puts this month's spend on the rows of whom it `moved` of, of users that `arrived`, and of everybody after a run
    that was `torn` off."""
    if arrived or torn:
        moved |= _of_this_month(run.connection_id, unranked=not torn)
    for piece in pieces(sorted(moved), AT_ONCE):
        with held(run):
            _rank(run.connection_id, piece)


def _at_once(connection_id: int, days: Sequence[date]) -> Iterator[list[date]]:
    """Days together whose costs are about PARTS rows at most, and ten days of usage."""
    costs = Cost.objects.filter(connection_id=connection_id, day__in=days).order_by()
    rows = dict(costs.values_list("day").annotate(Count("pk")))
    some: list[date] = []
    for day in days:
        if len(some) == DAYS_AT_ONCE or (some and sum(rows.get(each, 0) for each in [*some, day]) > PARTS):
            yield some
            some = []
        some.append(day)
    if some:
        yield some


def _batches(found: dict[date, Sums]) -> Iterator[dict[date, Sums]]:
    """Days together that have about AT_ONCE sums at most."""
    batch: dict[date, Sums] = {}
    rows = 0
    for day, sums in found.items():
        if batch and rows + len(sums) > AT_ONCE:
            yield batch
            batch, rows = {}, 0
        batch[day] = sums
        rows += len(sums)
    if batch:
        yield batch


def _totals(connection_id: int, days: Sequence[date]) -> dict[tuple[date, str], int]:
    rows = SpendDay.objects.filter(connection_id=connection_id, dimension="total", day__in=days)
    return {(day, currency): amount for day, currency, amount in rows.values_list("day", "currency", "amount")}


def _replace_persons(connection_id: int, fresh: dict[date, Sums]) -> set[str]:
    """Gives the persons whose spend of this month may have moved."""
    days = [*fresh]
    current = [day for day in days if day >= _this_month()]
    moved = _persons_of(connection_id, current)
    _carry(connection_id, days, OF_PERSONS, -1)
    marks = ", ".join(["%s"] * len(days))
    _execute(
        f"DELETE FROM store_spendday WHERE connection_id = %s AND dimension {OF_PERSONS} AND day IN ({marks})",
        [connection_id, *map(_day, days)],
    )
    lines: list[tuple[Any, ...]] = []
    for day, sums in fresh.items():
        methods: dict[tuple[str, str], int] = defaultdict(int)
        for (_, method, currency), amount in sums.items():
            methods[method, currency] += amount
        at = _day(day)
        lines += [(connection_id, "person", *whose, amount, at) for whose, amount in sums.items() if amount]
        lines += [(connection_id, "method", by, "", of, n, at) for (by, of), n in methods.items() if n]
    with database.cursor() as cursor:
        cursor.executemany(f"INSERT INTO store_spendday ({COLUMNS}, day) VALUES (%s, %s, %s, %s, %s, %s, %s)", lines)
    _carry(connection_id, days, OF_PERSONS, 1)
    renew(connection_id, "costs")
    return moved | {person for day in current for person, _, _ in fresh[day] if person}


def _persons_of(connection_id: int, days: Sequence[date]) -> set[str]:
    if not days:
        return set()
    rows = SpendDay.objects.filter(connection_id=connection_id, dimension="person", day__in=days).exclude(key="")
    return set(rows.values_list("key", flat=True))


def _of_this_month(connection_id: int, *, unranked: bool) -> set[str]:
    """Who spent something; `unranked`: only those whose row has no rank."""
    spent = SpendMonth.objects.filter(connection_id=connection_id, dimension="person", month=_this_month())
    keys = set(spent.exclude(key="").values_list("key", flat=True))
    if not unranked or not keys:
        return keys
    rows = User.objects.filter(connection_id=connection_id, spend_rank=None).exclude(kind="invite")
    return keys & set(rows.values_list("vendor_id", flat=True))


def _rank(connection_id: int, keys: Sequence[str]) -> None:
    """Puts this month's spend of these persons on their rows. Of several currencies the largest amount counts."""
    month, different = _this_month(), "IS NOT" if database.vendor == "sqlite" else "IS DISTINCT FROM"
    spent: dict[tuple[str, str], int] = defaultdict(int)
    found = SpendMonth.objects.filter(connection_id=connection_id, dimension="person", month=month, key__in=keys)
    for key, currency, amount in found.values_list("key", "currency", "amount"):
        spent[key, currency] += amount
    most: dict[str, int] = {}
    for (key, _), amount in spent.items():
        most[key] = max(most.get(key, amount), amount)
    ranks = [(rank(month, amount), key) for key, amount in most.items()]
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE store_user SET spend_rank = %s WHERE connection_id = {int(connection_id)} "
            f"AND kind IN ('user', 'service_account') AND vendor_id = %s AND spend_rank {different} %s",
            [(number, key, number) for number, key in ranks],
        )


def _this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


def _add_nobodys(connection_id: int, moved: dict[tuple[date, str], int]) -> None:
    """What the totals moved by, by day and currency."""
    if not moved:
        return
    for table, name in (("store_spendday", "day"), ("store_spendmonth", "month")):
        with database.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({COLUMNS}, {name}) VALUES (%s, %s, '', '', %s, %s, %s) " + _adding(table, name),
                [
                    (connection_id, of, currency, by, _day(day if name == "day" else day.replace(day=1)))
                    for of in ("person", "method")
                    for (day, currency), by in moved.items()
                ],
            )


def _carry(connection_id: int, days: Sequence[date], dimensions: str, sign: int) -> None:
    """Takes the days' sums out of their months, or puts them in."""
    months: dict[date, list[date]] = defaultdict(list)
    for day in days:
        months[day.replace(day=1)].append(day)
    for month, some in months.items():
        marks = ", ".join(["%s"] * len(some))
        _execute(
            f"INSERT INTO store_spendmonth ({COLUMNS}, month) "
            f"SELECT connection_id, dimension, key, method, currency, {sign} * SUM(amount), {_month()} "
            f"FROM store_spendday WHERE connection_id = %s AND day IN ({marks}) AND dimension {dimensions} "
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
