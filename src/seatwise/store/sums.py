"""Sums as they are read: whole calendar months of a range from the months' sums, the rest from the days', and what no
sum covers from the rows by index. One statement for each question; amounts are the columns' integers.

SQLite gathers no statistics, so there each statement says which index serves it.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection as database

ONE = timedelta(days=1)
BY_DAY = {True: " INDEXED BY spend_day_once", False: ""}
BY_KEY = {True: " INDEXED BY spend_day_of_key", False: ""}
COLUMNS = {"total": "''", "project": "project_id", "api_key": "api_key_id", "line_item": "line_item", "model": "model"}
"""Dimension: its column in the rows of costs."""
COUNTED = ("requests", "input_tokens", "cached_tokens", "output_tokens", "quantity")


class Span(NamedTuple):
    """UTC days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


class Sum(NamedTuple):
    """`day` is the first of the month where months are asked for; None where nothing is."""

    connection_id: int
    key: str
    method: str
    currency: str
    amount: int
    day: date | None = None


def parts(span: Span) -> tuple[list[date], list[Span]]:
    """The whole months of a range, by their first days, and the days around them."""
    begin = span.first if span.first.day == 1 else next_month(span.first)
    months: list[date] = []
    while (after := next_month(begin)) - ONE <= span.last:
        months.append(begin)
        begin = after
    if not months:
        return [], [span] if span.days > 0 else []
    around = (Span(span.first, months[0] - ONE), Span(begin, span.last))
    return months, [each for each in around if each.days > 0]


def amounts(dimension: str, connections: Sequence[int], span: Span) -> list[tuple[int, str, str, int]]:
    """Of every key of a dimension: (connection_id, currency, key, amount), on SQLite in several parts: to add them up
    here takes a fifth of the time of its GROUP BY over texts."""
    months, spans = parts(span)
    selected, values = [], []
    name = "connection_id, currency, key, amount"
    among = f"dimension = %s AND connection_id IN ({_numbers(connections)})"
    if months:
        selected.append(f"SELECT {name} FROM store_spendmonth WHERE {among} AND month IN ({_marks(months)})")
        values += [dimension, *map(_day, months)]
    for each in spans:
        origin = f"store_spendday{BY_DAY[_on_sqlite()]}"
        selected.append(f"SELECT {name} FROM {origin} WHERE {among} AND day >= %s AND day <= %s")
        values += [dimension, _day(each.first), _day(each.last)]
    sql = " UNION ALL ".join(selected)
    if not _on_sqlite():
        sql = f"SELECT connection_id, currency, key, SUM(amount)::bigint FROM ({sql}) AS part GROUP BY 1, 2, 3"
    return _fetch(sql, values) if selected else []


def of_keys(dimension: str, keys: Mapping[int, Sequence[str]], span: Span, *, daily: bool = False) -> list[Sum]:
    """The sums of these keys of each connection, over the range or (`daily`) of each day of it."""
    found: list[Sum] = []
    day = "day" if daily else "NULL"
    for connection_id, some in keys.items():
        sql = (
            f"SELECT connection_id, key, method, currency, SUM(amount), {day} "
            f"FROM store_spendday{BY_KEY[_on_sqlite()]} "
            f"WHERE connection_id = %s AND dimension = %s AND key IN ({_marks(some)}) AND day >= %s AND day <= %s "
            f"GROUP BY connection_id, key, method, currency{', day' if daily else ''}"
        )
        values = [connection_id, dimension, *some, _day(span.first), _day(span.last)]
        found += [_sum(row) for row in _fetch(sql, values)] if some else []
    return found


def of_days(dimension: str, connections: Sequence[int], span: Span) -> list[Sum]:
    """Every key of each day: for dimensions of few keys, such as total and method."""
    sql = (
        f"SELECT connection_id, key, method, currency, amount, day FROM store_spendday{BY_DAY[_on_sqlite()]} "
        f"WHERE dimension = %s AND connection_id IN ({_numbers(connections)}) AND day >= %s AND day <= %s"
    )
    return [_sum(row) for row in _fetch(sql, [dimension, _day(span.first), _day(span.last)])]


def of_months(dimension: str, connections: Sequence[int], first: date, last: date, key: str | None = None) -> list[Sum]:
    """The sums of months, of one key or of all. Each month is named, so that a key is found by the index."""
    months = _months(first, last)
    narrow, more = ("", []) if key is None else ("AND key = %s", [key])
    sql = (
        "SELECT connection_id, key, method, currency, amount, month FROM store_spendmonth"
        f"{' INDEXED BY spend_month_once' if _on_sqlite() else ''} WHERE dimension = %s "
        f"AND connection_id IN ({_numbers(connections)}) AND month IN ({_marks(months)}) {narrow}"
    )
    return [_sum(row) for row in _fetch(sql, [dimension, *map(_day, months), *more])]


def of_rows(
    dimension: str, connections: Sequence[int], span: Span, narrowed: Mapping[str, str], *, daily: bool = False
) -> list[Sum]:
    """Sums of the costs' rows that have these values (column: value, '' for none) by a dimension."""
    column, day = COLUMNS[dimension], "day" if daily else "NULL"
    conditions, values = _conditions(narrowed)
    found: list[Sum] = []
    for connection_id in connections:
        sql = (
            f"SELECT connection_id, COALESCE({column}, '') AS key, '' AS method, currency, SUM(amount), {day} "
            f"FROM store_cost{_index(narrowed)} WHERE connection_id = %s {conditions} AND day >= %s AND day <= %s "
            f"GROUP BY 1, 2, currency{', day' if daily else ''}"
        )
        found += [_sum(row) for row in _fetch(sql, [connection_id, *values, _day(span.first), _day(span.last)])]
    return found


def used(
    column: str, connections: Sequence[int], span: Span, streams: Sequence[str], narrowed: Mapping[str, str]
) -> list[tuple[Any, ...]]:
    """Usage by stream and a column ('' for all of it) of rows that have these values (column: value, '' for none):
    (connection_id, stream, key, unit, *COUNTED)."""
    conditions, more = _conditions(narrowed)
    key = f"COALESCE({column}, '')" if column else "''"
    counted = ", ".join(f"SUM({name})" for name in COUNTED)
    origin = f"store_usage{' INDEXED BY usage_once' if _on_sqlite() else ''}"
    sql = (
        f"SELECT connection_id, stream, {key} AS key, MAX(unit), {counted} FROM {origin} "
        f"WHERE connection_id IN ({_numbers(connections)}) AND stream IN ({_marks(streams)}) "
        f"AND day >= %s AND day <= %s {conditions} GROUP BY 1, 2, 3"
    )
    rows = _fetch(sql, [*streams, _day(span.first), _day(span.last), *more]) if streams else []
    return [(*row[:4], *map(int, row[4:])) for row in rows]


def editions(kind: str, connections: Sequence[int]) -> tuple[tuple[int, int], ...] | None:
    """The edition of each connection; None where one has none, so that nothing may be kept of it."""
    among = f"kind = %s AND connection_id IN ({_numbers(connections)})"
    sql = f"SELECT connection_id, number FROM store_edition WHERE {among}"
    found = sorted(_fetch(sql, [kind]))
    return tuple((pk, number) for pk, number in found) if len(found) == len(connections) else None


def _conditions(narrowed: Mapping[str, str]) -> tuple[str, list[str]]:
    said = [f"AND {column} = %s" if value else f"AND {column} IS NULL" for column, value in narrowed.items()]
    return " ".join(said), [value for value in narrowed.values() if value]


def _index(narrowed: Mapping[str, str]) -> str:
    if not _on_sqlite():
        return ""
    for column, index in (("api_key_id", "cost_of_key"), ("project_id", "cost_of_project")):
        if column in narrowed:
            return f" INDEXED BY {index}"
    return ""


def _sum(row: Sequence[Any]) -> Sum:
    connection_id, key, method, currency, amount, day = row
    return Sum(
        connection_id, key, method, currency, int(amount), date.fromisoformat(day) if isinstance(day, str) else day
    )


def _months(first: date, last: date) -> list[date]:
    months = [first.replace(day=1)]
    while (after := next_month(months[-1])) <= last:
        months.append(after)
    return months


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _numbers(connections: Sequence[int]) -> str:
    return ", ".join(str(int(pk)) for pk in connections) or "0"


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"


def _day(day: date) -> Any:
    return str(day) if _on_sqlite() else day


def _on_sqlite() -> bool:
    return database.vendor == "sqlite"


def _fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
