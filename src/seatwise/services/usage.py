"""Usage: tokens, requests and other quantities, by family and one dimension, over a range of UTC days.

Tokens of different families, and quantities in different units, are never added: each family has lines of its own.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.records import Usage as UsageRecord
from seatwise.store import sums
from seatwise.store.models import Connection
from seatwise.store.sums import Span

from .audit import operation
from .coverage import Coverage, coverage_of
from .errors import Refusal
from .kept import kept
from .money import span_of
from .paging import Page, bad_cursor, turn
from .rights import Actor, Permission, require
from .spend import UNATTRIBUTED, Range, connections_of
from .spend_names import Named, Place, names_of
from .texts import plain

COLUMNS = {"total": "", "project": "project_id", "person": "user_id", "api_key": "api_key_id", "model": "model"}
PREFIX = "usage_"


class UsageLine(msgspec.Struct, frozen=True):
    """What one project, person, key or model used of one family. `id` is None for what names none. Input includes
    cached tokens; `quantity` counts `unit` (bytes kept over several days are byte-days)."""

    connection: str | None
    connection_id: int | None
    family: str
    id: str | None
    name: str | None
    about: str | None
    row: int | None
    departed: bool
    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    quantity: int
    unit: str | None


class Usage(msgspec.Struct, frozen=True):
    """`lines` go by family, the most requests (or the largest quantity) first."""

    by: str
    range: Range
    lines: Page[UsageLine]
    coverage: list[Coverage]


class Used(NamedTuple):
    """A line before it has its names, in its order: `size` is negative, so that the largest comes first."""

    family: str
    size: int
    key: str
    connection_id: int
    unit: str
    counts: tuple[int, ...]


def get_usage(
    operator: Actor,
    *,
    by: str = "model",
    connection: str = "",
    range: str = "",
    start: date | None = None,
    end: date | None = None,
    family: str = "",
    cursor: str = "",
    limit: int = 50,
    **within: str,
) -> Usage:
    """The lines of one family or all, and how far they can be trusted. Raises Refusal."""
    require(operator, Permission.SEE_SPEND)
    span, connections = span_of(range, start, end), connections_of(connection)
    streams = _streams(family)
    lines = _lines(by, connections, span, streams, _narrowed(within))
    found, following, previous = turn(
        lambda values, backwards, most: _behind(lines, values, most, backwards=backwards),
        lambda line: line[:4],
        4,
        cursor,
        limit,
    )
    return Usage(
        by=by,
        range=Range(span.first, span.last, span.days),
        lines=Page(_described(by, found, span), following, previous, len(lines)),
        coverage=coverage_of(connections, span, streams, by=(by, *(name for name, key in within.items() if key))),
    )


def export_usage(operator: Actor, **asked: Any) -> Iterator[UsageLine]:
    """Exactly the lines that `get_usage` lists."""
    with operation(operator, Permission.EXPORT, "export_usage", "usage", **{k: str(v) for k, v in asked.items() if v}):
        require(operator, Permission.SEE_SPEND)
        span = span_of(asked.pop("range", ""), asked.pop("start", None), asked.pop("end", None))
        by, connections = asked.pop("by", "model"), connections_of(asked.pop("connection", ""))
        lines = _lines(by, connections, span, _streams(asked.pop("family", "")), _narrowed(asked))
    return (line for begin in range(0, len(lines), 500) for line in _described(by, lines[begin : begin + 500], span))


def families() -> list[str]:
    """All that any vendor counts."""
    streams = (stream for connector in connectors().values() for stream in connector.streams)
    return [stream.name.removeprefix(PREFIX) for stream in streams if stream.record is UsageRecord]


def _streams(family: str) -> list[str]:
    known = families()
    if family and family not in known:
        raise Refusal(f"There is no family {family}.", fields={"family": f"One of {', '.join(known)}."})
    return [PREFIX + name for name in ([family] if family else known)]


def _narrowed(within: Mapping[str, str]) -> dict[str, str]:
    if strange := {name for name, key in within.items() if key} - set(COLUMNS):
        raise Refusal(f"Usage cannot be narrowed by {', '.join(sorted(strange))}.")
    asked = {COLUMNS[name]: plain(key) for name, key in within.items() if key and COLUMNS[name]}
    return {column: "" if key == UNATTRIBUTED else key for column, key in asked.items()}


def _lines(
    by: str, connections: tuple[int, ...], span: Span, streams: Sequence[str], narrowed: Mapping[str, str]
) -> list[Used]:
    if by not in COLUMNS:
        raise Refusal(f"Usage is not kept by {by}.", fields={"by": f"One of {', '.join(COLUMNS)}."})
    if not connections:
        return []
    question = (by, connections, span, tuple(streams), tuple(sorted(narrowed.items())))
    return kept("usage", connections, question, lambda: _read(by, connections, span, streams, narrowed))


def _read(
    by: str, connections: Sequence[int], span: Span, streams: Sequence[str], narrowed: Mapping[str, str]
) -> list[Used]:
    if by in ("total", *sums.USED) and not narrowed:
        found = sums.used(by, connections, span, streams)
    else:
        found = sums.used_in_rows(COLUMNS[by], connections, span, streams, narrowed)
    lines, shared = [], defaultdict[tuple[str, str, str], list[tuple[int, ...]]](list)
    for row in found:
        connection, stream, key, unit = row[:4]
        family, counts = stream.removeprefix(PREFIX), row[4:]
        if by == "model" or (not key and by != "total"):
            shared[family, key, unit or ""].append(counts)
        elif any(counts):
            lines.append(Used(family, -(counts[0] or counts[-1]), key, connection, unit or "", counts))
    for (family, key, unit), some in shared.items():
        counts = tuple(map(sum, zip(*some, strict=True)))
        if any(counts):
            lines.append(Used(family, -(counts[0] or counts[-1]), key, 0, unit, counts))
    lines.sort()
    return lines


def _order(line: Used) -> tuple[str, int, str, int]:
    return line.family, line.size, line.key, line.connection_id


def _behind(lines: Sequence[Used], values: Sequence[Any], most: int, *, backwards: bool) -> list[Used]:
    if not values:
        return list(lines[:most])
    family, size, key, connection = values
    if not (isinstance(family, str) and type(size) is int and isinstance(key, str) and type(connection) is int):
        raise bad_cursor()
    at = (family, size, key, connection)
    if backwards:
        end = bisect_left(lines, at, key=_order)
        return list(reversed(lines[max(0, end - most) : end]))
    begin = bisect_right(lines, at, key=_order)
    return list(lines[begin : begin + most])


def _described(by: str, lines: Sequence[Used], span: Span) -> list[UsageLine]:
    keys: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        keys[line.connection_id].append(line.key)
    called = dict(Connection.objects.filter(pk__in=set(keys)).values_list("pk", "name"))
    named: Mapping[Place, Named] = names_of(by, keys)
    if by == "total":
        named = {(pk, ""): Named(name) for pk, name in called.items()}
    return [_line(line, named.get((line.connection_id, line.key), Named()), called, span) for line in lines]


def _line(line: Used, known: Named, called: Mapping[int, str], span: Span) -> UsageLine:
    counts = dict(zip(sums.COUNTED, line.counts, strict=True))
    return UsageLine(
        connection=called.get(line.connection_id),
        connection_id=line.connection_id or None,
        family=line.family,
        id=line.key or None,
        name=known.name or line.key or None,
        about=known.about,
        row=known.row,
        departed=known.departed,
        requests=counts["requests"],
        input_tokens=counts["input_tokens"],
        cached_tokens=counts["cached_tokens"],
        output_tokens=counts["output_tokens"],
        quantity=counts["quantity"],
        unit="byte-days" if line.unit == "bytes" and span.days > 1 else line.unit or None,
    )
