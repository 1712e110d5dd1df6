"""Usage: tokens, requests and other quantities, by family and one dimension, over a range of UTC days.

Tokens of different families, and quantities in different units, are never added: each family has lines of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.records import Usage as UsageRecord
from seatwise.store import sums
from seatwise.store.models import Connection
from seatwise.store.sums import Span

from .audit import operation
from .coverage import Coverage, coverage_of
from .errors import Refusal
from .money import span_of
from .paging import Page, turn
from .rights import Actor, Permission, require
from .spend import UNATTRIBUTED, Range, connections_of
from .spend_names import Named, Place, names_of
from .texts import plain
from .usage_figures import COLUMNS, PREFIX, Counts, Line, Lines, Question, all_lines, behind, counts_of, lines

AT_ONCE = 500
NONE = Lines({}, {})


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
    streams = streams_of(family)
    question = _question(by, connections, span, streams, within)
    of = lines(question) if connections else NONE
    found, following, previous = turn(
        lambda values, backwards, most: behind(of, values, most, backwards=backwards),
        lambda line: line.values,
        5,
        cursor,
        limit,
    )
    return Usage(
        by=by,
        range=Range(span.first, span.last, span.days),
        lines=Page(_described(question, found, counts_of(question, of, found)), following, previous, len(of)),
        coverage=coverage_of(connections, span, streams, by=(by, *(name for name, key in within.items() if key))),
    )


def export_usage(operator: Actor, **asked: Any) -> Iterator[UsageLine]:
    """Exactly the lines that `get_usage` lists."""
    with operation(operator, Permission.EXPORT, "export_usage", "usage", **{k: str(v) for k, v in asked.items() if v}):
        require(operator, Permission.SEE_SPEND)
        span = span_of(asked.pop("range", ""), asked.pop("start", None), asked.pop("end", None))
        by, connections = asked.pop("by", "model"), connections_of(asked.pop("connection", ""))
        question = _question(by, connections, span, streams_of(asked.pop("family", "")), asked)
        of = all_lines(question) if connections else NONE
    return _exported(question, of)


def _exported(question: Question, of: Lines) -> Iterator[UsageLine]:
    every = iter(of)
    while some := list(islice(every, AT_ONCE)):
        yield from _described(question, some, counts_of(question, of, some))


def families() -> list[str]:
    """All that any vendor counts."""
    streams = (stream for connector in connectors().values() for stream in connector.streams)
    return [stream.name.removeprefix(PREFIX) for stream in streams if stream.record is UsageRecord]


def streams_of(family: str) -> list[str]:
    """Of one family, or of all. Raises Refusal for one that is none."""
    known = families()
    if family and family not in known:
        raise Refusal(f"There is no family {plain(family)}.", fields={"family": f"One of {', '.join(known)}."})
    return [PREFIX + name for name in ([family] if family else known)]


def narrowed_to(within: Mapping[str, str]) -> dict[str, str]:
    """Column: value, '' for none. Raises Refusal for what usage is not told by."""
    if strange := {name for name, key in within.items() if key} - set(COLUMNS):
        raise Refusal(f"Usage cannot be narrowed by {', '.join(sorted(strange))}.")
    asked = {COLUMNS[name]: plain(key) for name, key in within.items() if key and COLUMNS[name]}
    return {column: "" if key == UNATTRIBUTED else key for column, key in asked.items()}


def _question(
    by: str, connections: tuple[int, ...], span: Span, streams: Sequence[str], within: Mapping[str, str]
) -> Question:
    narrowed = tuple(sorted(narrowed_to(within).items()))
    if by not in COLUMNS:
        raise Refusal(f"Usage is not kept by {by}.", fields={"by": f"One of {', '.join(COLUMNS)}."})
    return Question(by, connections, span, tuple(streams), narrowed)


def _described(question: Question, some: Sequence[Line], counts: Sequence[Counts]) -> list[UsageLine]:
    keys: dict[int, list[str]] = defaultdict(list)
    for _, standing in some:
        keys[standing.connection_id].append(standing.key)
    called = dict(Connection.objects.filter(pk__in=set(keys)).values_list("pk", "name"))
    named: Mapping[Place, Named] = names_of(question.by, keys)
    if question.by == "total":
        named = {(pk, ""): Named(name) for pk, name in called.items()}
    return [
        _line(line, each, named.get(line.standing.place, Named()), called, question.span)
        for line, each in zip(some, counts, strict=True)
    ]


def _line(line: Line, some: Counts, known: Named, called: Mapping[int, str], span: Span) -> UsageLine:
    (family, unit), (_, connection, key) = line
    counts = dict(zip(sums.COUNTED, some, strict=True))
    return UsageLine(
        connection=called.get(connection),
        connection_id=connection or None,
        family=family,
        id=key or None,
        name=known.name or key or None,
        about=known.about,
        row=known.row,
        departed=known.departed,
        requests=counts["requests"],
        input_tokens=counts["input_tokens"],
        cached_tokens=counts["cached_tokens"],
        output_tokens=counts["output_tokens"],
        quantity=counts["quantity"],
        unit="byte-days" if unit == "bytes" and span.days > 1 else unit or None,
    )
