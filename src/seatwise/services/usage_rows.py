"""Usage row by row, as the vendors told it: one day, project, user, key and model at a time. There may be millions, so
they come a page at a time from the unique index, and nothing is added."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q

from seatwise.store.models import Connection, Usage
from seatwise.store.sums import COUNTED, Span

from .audit import operation
from .costs import days_from
from .money import span_of
from .paging import Page, bad_cursor, turn
from .rights import Actor, Permission, require
from .running import Running
from .spend import connections_of
from .spend_names import Named, names_of
from .usage import narrowed_to, streams_of
from .usage_figures import PREFIX

AT_ONCE = 1000
NAMED = {"project": "project_id", "person": "user_id", "api_key": "api_key_id"}


class UsageRow(msgspec.Struct, frozen=True):
    """What one project, user, key and model used of one family on one UTC day, as far as the vendor tells. Input
    includes cached tokens; `quantity` counts `unit`; `partial` says that the day had not ended when it was read."""

    connection: str
    connection_id: int
    day: date
    family: str
    project_id: str | None
    project: str | None
    user_id: str | None
    user: str | None
    api_key_id: str | None
    api_key: str | None
    model: str | None
    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    quantity: int
    unit: str | None
    partial: bool


class Place(NamedTuple):
    """Where a row stands: the columns of the unique index."""

    connection: int
    day: date
    stream: str
    slot: int


class Asked(NamedTuple):
    connections: Sequence[int]
    span: Span
    streams: Sequence[str]
    narrowed: Mapping[str, str | None]


def list_usage_rows(operator: Actor, *, cursor: str = "", limit: int = 50, **asked: Any) -> Page[UsageRow]:
    """The rows of a range by connection and day, without a total. `asked`: connection, range, start, end, family, and
    the project, person, api_key or model (`unattributed` for none) to narrow to. Raises Refusal and NotFound."""
    require(operator, Permission.SEE_SPEND)
    wanted = _asked(asked)

    def read(values: list[Any], backwards: bool, most: int) -> list[Usage]:
        return list(islice(_rows(wanted, _place(values), most, backwards=backwards), most))

    found, following, previous = turn(
        read, lambda row: (row.connection_id, row.day.isoformat(), row.stream, row.slot), 4, cursor, limit
    )
    return Page(_described(found, Running()), following, previous)


def export_usage_rows(operator: Actor, **asked: Any) -> Iterator[UsageRow]:
    """Exactly the rows that `list_usage_rows` lists, in flat memory."""
    told = {name: str(value) for name, value in asked.items() if value}
    with operation(operator, Permission.EXPORT, "export_usage_rows", "usage", **told):
        require(operator, Permission.SEE_SPEND)
        wanted = _asked(asked)
    return _exported(_rows(wanted, None, AT_ONCE, backwards=False))


def _exported(rows: Iterator[Usage]) -> Iterator[UsageRow]:
    running = Running()
    while some := list(islice(rows, AT_ONCE)):
        yield from _described(some, running)


def _asked(asked: Mapping[str, Any]) -> Asked:
    within = {**asked}
    span = span_of(within.pop("range", ""), within.pop("start", None), within.pop("end", None))
    connections, streams = connections_of(within.pop("connection", "")), streams_of(within.pop("family", ""))
    return Asked(connections, span, streams, {column: key or None for column, key in narrowed_to(within).items()})


def _place(values: Sequence[Any]) -> Place | None:
    """Of a cursor. Raises Refusal for one that is none."""
    if not values:
        return None
    connection, day, stream, slot = values
    try:
        at = date.fromisoformat(day)
    except (TypeError, ValueError):
        raise bad_cursor() from None
    if type(connection) is not int or type(slot) is not int or not isinstance(stream, str):
        raise bad_cursor()
    return Place(connection, at, stream, slot)


def _rows(wanted: Asked, after: Place | None, size: int, *, backwards: bool) -> Iterator[Usage]:
    """Connection by connection, day by day; behind a place, or before it nearest first. So many are read at a time: a
    reader that goes away leaves no cursor open."""
    order = ("-day", "-stream", "-slot") if backwards else ("day", "stream", "slot")
    for connection in sorted(wanted.connections, reverse=backwards):
        if after and ((connection > after.connection) if backwards else (connection < after.connection)):
            continue
        rows = Usage.objects.filter(connection_id=connection, stream__in=wanted.streams, **wanted.narrowed)
        rows = rows.order_by(*order)
        last = after if after and after.connection == connection else None
        while True:
            page = rows.filter(days_from(wanted.span, last and last.day, backwards=backwards))
            some = list((page.filter(_beyond(last, backwards=backwards)) if last else page)[:size])
            yield from some
            if len(some) < size:
                break
            last = Place(connection, some[-1].day, some[-1].stream, some[-1].slot)


def _beyond(place: Place, *, backwards: bool) -> Q:
    way = "lt" if backwards else "gt"
    same_stream = Q(stream=place.stream, **{f"slot__{way}": place.slot})
    same_day = Q(day=place.day) & (Q(**{f"stream__{way}": place.stream}) | same_stream)
    return Q(**{f"day__{way}": place.day}) | same_day


def _described(rows: Sequence[Usage], running: Running) -> list[UsageRow]:
    called = dict(Connection.objects.filter(pk__in={row.connection_id for row in rows}).values_list("pk", "name"))
    names = {}
    for dimension, column in NAMED.items():
        keys: dict[int, set[str]] = defaultdict(set)
        for row in rows:
            keys[row.connection_id].add(getattr(row, column) or "")
        names[dimension] = names_of(dimension, keys)

    def name(dimension: str, row: Usage) -> str | None:
        return names[dimension].get((row.connection_id, getattr(row, NAMED[dimension]) or ""), Named()).name

    return [
        UsageRow(
            connection=called[row.connection_id],
            connection_id=row.connection_id,
            day=row.day,
            family=row.stream.removeprefix(PREFIX),
            project_id=row.project_id,
            project=name("project", row),
            user_id=row.user_id,
            user=name("person", row),
            api_key_id=row.api_key_id,
            api_key=name("api_key", row),
            model=row.model,
            unit=row.unit,
            partial=running.partial(row.connection_id, row.stream, row.day),
            **{count: getattr(row, count) for count in COUNTED},
        )
        for row in rows
    ]
