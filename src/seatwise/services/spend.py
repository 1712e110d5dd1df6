"""Spend: what connected accounts cost, over a range of UTC days, by total, project, person, key, model or line item.

Amounts are as the vendor states them, per currency, never added across currencies. Nothing is left out: what is
attributed to none has a line of its own, and every list sums to the total beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from seatwise.store.models import Connection, SpendDay
from seatwise.store.sums import Span

from . import spend_figures as figures
from .audit import operation
from .coverage import Coverage, coverage_of, is_covered
from .errors import NotFound, Refusal
from .money import before, decimal, span_of
from .paging import Page, turn
from .rights import Actor, Permission, require
from .spend_figures import NARROWING, Question, Ranked
from .spend_lines import DayLine, SpendLine, behind, chart, described
from .spend_names import names_of
from .texts import connections_called, plain

METHODS = {
    "reported": "Reported by the vendor",
    "key_owner": "By owner of the key",
    "token_share": "By share of tokens",
    "": "Unattributed",
}
"""How a person came by an amount."""
UNATTRIBUTED = "unattributed"
"""The word that asks for what is attributed to none."""


class Range(msgspec.Struct, frozen=True):
    """UTC days, both included."""

    first: date
    last: date
    days: int


class CurrencyTotal(msgspec.Struct, frozen=True):
    """What a range sums to in one currency; `before` the same of as many days right before, None where not all of them
    are read; `methods` the amounts by how persons came by them."""

    currency: str
    amount: str
    before: str | None
    methods: dict[str, str]


class Spend(msgspec.Struct, frozen=True):
    """The figures of a range. `currency` is the one that `days` (the chart) and `lines` are in, '' where nothing was
    spent; `compared` whether the days before are all read. `lines` begin with the largest amount."""

    by: str
    range: Range
    previous: Range
    compared: bool
    currency: str
    totals: list[CurrencyTotal]
    days: list[DayLine]
    lines: Page[SpendLine]
    coverage: list[Coverage]


class Narrowed(msgspec.Struct, frozen=True):
    """What a question is narrowed to, by name."""

    dimension: str
    id: str
    name: str


def get_spend(
    operator: Actor,
    *,
    by: str = "total",
    connection: str = "",
    range: str = "",
    start: date | None = None,
    end: date | None = None,
    currency: str = "",
    cursor: str = "",
    limit: int = 50,
    **within: str,
) -> Spend:
    """Totals, the days, the lines, and how far they can be trusted. `within` narrows to one project, person, api_key,
    model or line_item (`unattributed` for what has none). Raises Refusal and NotFound."""
    require(operator, Permission.SEE_SPEND)
    question = _question(by, connection, span_of(range, start, end), within)
    lines = figures.ranking(question)
    earlier = question._replace(span=before(question.span))
    compared = is_covered(question.connections, earlier.span)
    past = figures.sums_of(earlier) if compared and question.connections else {}
    chosen = _currency(lines, currency)
    ranked = lines.get(chosen, figures.NOTHING)
    return Spend(
        by=by,
        range=_range(question.span),
        previous=_range(earlier.span),
        compared=compared,
        currency=chosen,
        totals=_totals(question, lines, past, compared=compared),
        days=chart(question, ranked, chosen),
        lines=_page(question, ranked, chosen, cursor, limit, compared=compared),
        coverage=coverage_of(question.connections, question.span, by=(by, *dict(question.narrowed))),
    )


def export_spend(operator: Actor, **asked: Any) -> Iterator[SpendLine]:
    """Exactly the lines that `get_spend` lists, of every currency unless one is asked for."""
    with operation(operator, Permission.EXPORT, "export_spend", "spend", **{k: str(v) for k, v in asked.items() if v}):
        require(operator, Permission.SEE_SPEND)
        wanted = plain(asked.pop("currency", "")).lower()
        span = span_of(asked.pop("range", ""), asked.pop("start", None), asked.pop("end", None))
        question = _question(asked.pop("by", "project"), asked.pop("connection", ""), span, asked)
        lines = figures.ranking(question)
    return _exported(question, {name: some for name, some in lines.items() if wanted in ("", name)})


def _exported(question: Question, lines: figures.Ranking) -> Iterator[SpendLine]:
    compared = is_covered(question.connections, before(question.span))
    for currency, ranked in lines.items():
        for begin in range(0, len(ranked), 500):
            some = ranked.cut(begin, begin + 500)
            yield from described(question, some, currency, ranked.total, compared=compared)


def _page(
    question: Question, ranked: Ranked, currency: str, cursor: str, limit: int, *, compared: bool
) -> Page[SpendLine]:
    found, following, previous = turn(
        lambda values, backwards, most: behind(ranked, values, most, backwards=backwards),
        lambda line: (line.amount, line.key, line.connection_id),
        3,
        cursor,
        limit,
    )
    lines = described(question, found, currency, ranked.total, compared=compared)
    return Page(lines, following, previous, len(ranked))


def narrowed_to(operator: Actor, *, connection: str = "", **within: str) -> list[Narrowed]:
    """The names of what a question is narrowed to."""
    require(operator, Permission.SEE_SPEND)
    connections = connections_of(connection)
    found = []
    for dimension, key in _within(within):
        known = names_of(dimension, {pk: [key] for pk in connections})
        name = next((named.name for named in known.values() if named.name), key or "Unattributed")
        found.append(Narrowed(dimension, key or UNATTRIBUTED, name))
    return found


def get_coverage(
    operator: Actor,
    *,
    connection: str = "",
    range: str = "",
    start: date | None = None,
    end: date | None = None,
    by: Iterable[str] = (),
) -> list[Coverage]:
    """How far the costs of a range can be trusted, told by these dimensions. Raises Refusal and NotFound."""
    require(operator, Permission.SEE_SPEND)
    return coverage_of(connections_of(connection), span_of(range, start, end), by=by)


def has_costs(operator: Actor) -> bool:
    """Whether any cost was ever read."""
    require(operator, Permission.SEE_SPEND)
    return SpendDay.objects.exists()


def _question(by: str, connection: str, span: Span, within: Mapping[str, str]) -> Question:
    narrowed = _within(within)
    figures.check(by, narrowed)
    return Question(by, connections_of(connection), span, narrowed)


def _within(within: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if strange := set(within) - set(NARROWING):
        raise Refusal(f"Spend cannot be narrowed by {', '.join(sorted(strange))}.")
    asked = ((name, plain(within[name])) for name in NARROWING if within.get(name))
    return tuple((name, "" if key == UNATTRIBUTED else key) for name, key in asked)


def connections_of(name: str) -> tuple[int, ...]:
    """The keys of the connections meant by a name; of all, without one. Raises NotFound for a name that none has: what
    is mistyped, or was renamed, has not spent nothing."""
    called = connections_called(name)
    if called == ():
        raise NotFound(f"There is no connection called {plain(name)}. It may have been renamed: choose another.")
    return tuple(sorted(Connection.objects.values_list("pk", flat=True) if called is None else called))


def _currency(lines: figures.Ranking, asked: str) -> str:
    """The one asked for, else the one with most lines."""
    if asked:
        return plain(asked).lower()
    return max(lines, key=lambda name: (len(lines[name]), name), default="")


def _totals(
    question: Question, lines: figures.Ranking, then: Mapping[str, int], *, compared: bool
) -> list[CurrencyTotal]:
    now = {currency: ranked.total for currency, ranked in lines.items()}
    methods: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if question.by == "person":
        for each in figures.methods(question):
            methods[each.currency][each.method] += each.amount
    return [
        CurrencyTotal(
            currency,
            decimal(now.get(currency, 0)),
            decimal(then.get(currency, 0)) if compared else None,
            {name: decimal(methods[currency][name]) for name in METHODS if methods[currency].get(name)},
        )
        for currency in sorted({*now, *then})
    ]


def _range(span: Span) -> Range:
    return Range(span.first, span.last, span.days)
