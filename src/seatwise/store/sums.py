"""Sums as they are read: whole calendar months of a range from the months' sums, the rest from the days', and what no
sum covers from the rows by index. One statement for each question; amounts are the columns' integers.

SQLite gathers no statistics, so there each statement says which index serves it.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection as database

ONE = timedelta(days=1)
BY_DAY = {True: " INDEXED BY spend_day_once", False: ""}
BY_MONTH = {True: " INDEXED BY spend_month_once", False: ""}
BY_KEY = {True: " INDEXED BY spend_day_of_key", False: ""}
GROUPED = "GROUP BY key"
MANY_MONTHS = 4
"""From here on it takes less to go through all of a dimension's months by key than to add up these."""
COLUMNS = {"total": "''", "project": "project_id", "api_key": "api_key_id", "line_item": "line_item", "model": "model"}
"""Dimension: its column in the rows of costs."""
USED = {"project": "project_id", "api_key": "api_key_id", "model": "model"}
"""The same of usage. Of persons there are about as many sums as rows."""
COUNTED = ("requests", "input_tokens", "cached_tokens", "output_tokens", "quantity")
BY_USED = "GROUP BY 3, 2, 1, unit"
"""What differs most comes first: that takes two thirds of the time."""
_COUNTS = ", ".join(f"CAST(SUM({name}) AS bigint)" for name in COUNTED)


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


def amounts(dimension: str, connections: Sequence[int], span: Span) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Of every key of a dimension: (connection_id, currency, key → amount). SQLite adds up many months in the order of
    an index; what has another order is added up here, which takes a fifth of the time of its GROUP BY over texts."""
    for connection_id, currency in _currencies(connections):
        parts = _parts_of(dimension, connection_id, currency, span)
        found: dict[str, int] = defaultdict(int)
        for sql, values in parts if _on_sqlite() or not parts else [_together(parts)]:
            with database.cursor() as cursor:
                cursor.execute(sql, values)
                if sql.endswith(GROUPED) and not found:
                    found.update(cursor)
                else:
                    for key, amount in cursor:
                        found[key] += amount
        yield connection_id, currency, found


def _together(parts: Sequence[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    sql = " UNION ALL ".join(sql for sql, _ in parts)
    values = [value for _, some in parts for value in some]
    return f"SELECT key, SUM(amount)::bigint FROM ({sql}) AS part {GROUPED}", values


def _parts_of(dimension: str, connection_id: int, currency: str, span: Span) -> list[tuple[str, list[Any]]]:
    """Statements of (key, amount) that together have what a range sums to."""
    among, more = "connection_id = %s AND dimension = %s AND currency = %s", [connection_id, dimension, currency]
    months, spans = parts(_widened(dimension, connection_id, span))
    found: list[tuple[str, list[Any]]] = []
    if len(months) >= MANY_MONTHS and _on_sqlite():
        sql = (
            f"SELECT key, SUM(amount) FROM store_spendmonth INDEXED BY spend_month_of_key "
            f"WHERE {among} AND month >= %s AND month <= %s {GROUPED}"
        )
        found.append((sql, [*more, _day(months[0]), _day(months[-1])]))
    elif months:
        origin = f"store_spendmonth{BY_MONTH[_on_sqlite()]}"
        sql = f"SELECT key, amount FROM {origin} WHERE {among} AND month IN ({_marks(months)})"
        found.append((sql, [*more, *map(_day, months)]))
    for each in spans:
        sql = f"SELECT key, amount FROM store_spendday{BY_DAY[_on_sqlite()]} WHERE {among} AND day >= %s AND day <= %s"
        found.append((sql, [*more, _day(each.first), _day(each.last)]))
    return found


def _widened(dimension: str, connection_id: int, span: Span) -> Span:
    """With the rest of the months at both ends where that has no sums: the running month is a whole one then."""
    of = f"FROM store_spendday{BY_DAY[_on_sqlite()]} WHERE connection_id = %s AND dimension = %s"
    among = [connection_id, dimension]
    first, last = map(_date, _fetch(f"SELECT (SELECT MIN(day) {of}), (SELECT MAX(day) {of})", among * 2)[0])
    if first is None or last is None:
        return span
    return Span(
        first.replace(day=1) if span.first <= first else span.first,
        next_month(last) - ONE if span.last >= last else span.last,
    )


def _currencies(connections: Sequence[int]) -> list[tuple[int, str]]:
    """Those of any cost, with their connections: few months have one total each."""
    sql = (
        "SELECT DISTINCT connection_id, currency FROM store_spendmonth "
        f"WHERE dimension = 'total' AND connection_id IN ({_numbers(connections)}) ORDER BY 1, 2"
    )
    return [(connection_id, currency) for connection_id, currency in _fetch(sql, [])]


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
        f"{BY_MONTH[_on_sqlite()]} WHERE dimension = %s "
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


def used(dimension: str, connections: Sequence[int], span: Span, streams: Sequence[str]) -> list[tuple[Any, ...]]:
    """Usage by stream and a dimension of `USED`, or 'total': (connection_id, stream, key, unit, *COUNTED)."""
    key = "''" if dimension == "total" else "key"
    origin = f"store_usageday{' INDEXED BY usage_day_once' if _on_sqlite() else ''}"
    sql = (
        f"SELECT connection_id, stream, {key} AS key, unit, {_COUNTS} FROM {origin} "
        f"WHERE connection_id IN ({_numbers(connections)}) AND dimension = %s AND day >= %s AND day <= %s "
        f"AND stream IN ({_marks(streams)}) {BY_USED}"
    )
    kept = "model" if dimension == "total" else dimension
    return _fetch(sql, [kept, _day(span.first), _day(span.last), *streams]) if streams else []


def used_in_rows(
    column: str, connections: Sequence[int], span: Span, streams: Sequence[str], narrowed: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The same by a column ('' for all of it) of rows that have these values (column: value or values, '' for none)."""
    among, values = _usage(connections, span, streams, narrowed)
    key = f"COALESCE({column}, '')" if column else "''"
    sql = f"SELECT connection_id, stream, {key} AS key, unit, {_COUNTS} {among} {BY_USED}"
    return _fetch(sql, values) if streams else []


def sizes(
    column: str, connection_id: int, span: Span, streams: Sequence[str], narrowed: Mapping[str, Any]
) -> dict[tuple[str, str | None], dict[str, int]]:
    """What lines of usage go by: stream and unit: key: its requests; the quantity where there are none, else tokens.
    One number takes half the time of all, so others are asked for only of streams that have keys without requests."""
    found: dict[tuple[str, str | None], dict[str, int]] = {}
    for size in (
        "SUM(requests)",
        "COALESCE(NULLIF(SUM(requests), 0), NULLIF(SUM(quantity), 0), SUM(input_tokens + output_tokens))",
    ):
        among, values = _usage([connection_id], span, streams, narrowed)
        fresh: dict[tuple[str, str | None], dict[str, int]] = defaultdict(dict)
        sql = f"SELECT stream, unit, {column}, CAST({size} AS bigint) {among} GROUP BY {column}, stream, unit"
        for stream, unit, key, amount in _fetch(sql, values) if streams else []:
            fresh[stream, unit][key or ""] = amount
        found |= fresh
        streams = sorted({stream for (stream, _), amounts in fresh.items() if 0 in amounts.values()})
    return found


def _usage(
    connections: Sequence[int], span: Span, streams: Sequence[str], narrowed: Mapping[str, Any]
) -> tuple[str, list[Any]]:
    """From which rows of usage, with its values."""
    conditions, more = _conditions(narrowed)
    origin = f"store_usage INDEXED BY {_used_by(narrowed)}" if _on_sqlite() else "store_usage"
    sql = (
        f"FROM {origin} WHERE connection_id IN ({_numbers(connections)}) AND stream IN ({_marks(streams)}) "
        f"AND day >= %s AND day <= %s {conditions}"
    )
    return sql, [*streams, _day(span.first), _day(span.last), *more]


def editions(kind: str, connections: Sequence[int]) -> tuple[tuple[int, int], ...] | None:
    """The edition of each connection; None where one has none, so that nothing may be kept of it."""
    among = f"kind = %s AND connection_id IN ({_numbers(connections)})"
    sql = f"SELECT connection_id, number FROM store_edition WHERE {among}"
    found = sorted(_fetch(sql, [kind]))
    return tuple((pk, number) for pk, number in found) if len(found) == len(connections) else None


def _conditions(narrowed: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Of columns that have a value, one of some values, or ('') none."""
    said, values = [], list[str]()
    for column, value in narrowed.items():
        some = [value] if isinstance(value, str) else value
        said.append(f"AND {column} IN ({_marks(some)})" if value else f"AND {column} IS NULL")
        values += some if value else []
    return " ".join(said), values


def _used_by(narrowed: Mapping[str, Any]) -> str:
    """What names nobody may be most of all: it is read day by day."""
    return "usage_of_user" if narrowed.get("user_id") else "usage_once"


def _index(narrowed: Mapping[str, str]) -> str:
    if not _on_sqlite():
        return ""
    for column, index in (("api_key_id", "cost_of_key"), ("project_id", "cost_of_project")):
        if column in narrowed:
            return f" INDEXED BY {index}"
    return ""


def _sum(row: Sequence[Any]) -> Sum:
    connection_id, key, method, currency, amount, day = row
    return Sum(connection_id, key, method, currency, int(amount), _date(day))


def _date(day: Any) -> date | None:
    return date.fromisoformat(day) if isinstance(day, str) else day


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
