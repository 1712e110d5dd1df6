"""Lines of spend as people read them: with names, shares and what they were before; and the days of a chart."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from seatwise.store.models import Connection
from seatwise.store.sums import ONE

from . import spend_figures as figures
from .kept import kept
from .money import before, decimal
from .paging import bad_cursor
from .spend_figures import Question, Ranked, Standing
from .spend_names import Named, Place, names_of

SHOWN = 4
"""Keys with a color of their own in the chart."""
TITLES = {"other": "Other", "unattributed": "Unattributed"}


class SpendLine(msgspec.Struct, frozen=True):
    """One project, person, key, model or line item. `id` is the vendor's id or word, None for what is attributed to
    none; `connection` None where a line is of several; `row` our key of what has a page here. `share` is the part of
    the total (0 to 1), None where the total is not above zero."""

    connection: str | None
    connection_id: int | None
    id: str | None
    name: str | None
    about: str | None
    row: int | None
    departed: bool
    amount: str
    currency: str
    share: float | None
    before: str | None
    methods: dict[str, str]


class DayLine(msgspec.Struct, frozen=True):
    """What one line of the chart has on each day of the range. `kind` is key, other or unattributed."""

    kind: str
    id: str | None
    name: str
    amounts: list[str]


def chart(question: Question, ranked: Ranked, currency: str) -> list[DayLine]:
    """The largest keys day by day, the rest as Other, and what is attributed to none."""
    if not len(ranked):
        return []
    drawn = kept(
        "costs", question.connections, ("chart", question, currency), lambda: _drawn(question, ranked, currency)
    )
    titles = _titles(question, [line for kind, line, _ in drawn if kind == "key"])
    return [
        DayLine(kind, line.key or None, TITLES.get(kind) or titles[line.place], amounts)
        for kind, line, amounts in drawn
    ]


def _drawn(question: Question, ranked: Ranked, currency: str) -> list[tuple[str, Standing, list[str]]]:
    """The kind of each line of the chart, what it is of, and its amounts."""
    span, nobodys = question.span, ranked.nobodys
    top = [line for line in ranked.cut(0, SHOWN + len(nobodys)) if line not in nobodys][:SHOWN]
    places = [line.place for line in (*top, *nobodys)]
    cells: dict[Place, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    shared = {line.key: line.place for line in (*top, *nobodys) if not line.connection_id}
    for each in figures.daily(question, places):
        if each.currency == currency and each.day:
            cells[shared.get(each.key, (each.connection_id, each.key))][each.day] += each.amount
    rest: dict[date, int] = defaultdict(int)
    for each in figures.totals(question):
        if each.currency == currency and each.day:
            rest[each.day] += each.amount
    for place in places:
        for day, amount in cells[place].items():
            rest[day] -= amount
    days = [span.first + n * ONE for n in range(span.days)]
    found = [("key", line, _amounts(cells[line.place], days)) for line in top]
    if any(rest.values()):
        found.append(("other", Standing(0, 0, ""), _amounts(rest, days)))
    return found + [("unattributed", line, _amounts(cells[line.place], days)) for line in nobodys]


def _amounts(cells: Mapping[date, int], days: Iterable[date]) -> list[str]:
    return [decimal(cells.get(day, 0)) for day in days]


def _titles(question: Question, lines: Sequence[Standing]) -> dict[Place, str]:
    """Names of these lines; namesakes of several connections have the connection's name beside theirs."""
    named = _names(question, lines)
    titles = {line.place: named.get(line.place, Named()).name or line.key for line in lines}
    namesakes = Counter(titles.values())
    called = dict(Connection.objects.filter(pk__in=question.connections).values_list("pk", "name"))
    return {
        place: f"{title} ({called[place[0]]})" if namesakes[title] > 1 and place[0] in called else title
        for place, title in titles.items()
    }


def _names(question: Question, lines: Sequence[Standing]) -> dict[Place, Named]:
    if question.by == "total":
        called = dict(Connection.objects.filter(pk__in=question.connections).values_list("pk", "name"))
        return {line.place: Named(called.get(line.connection_id)) for line in lines}
    keys: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        keys[line.connection_id].append(line.key)
    return names_of(question.by, keys)


def described(
    question: Question, lines: Sequence[Standing], currency: str, whole: int, *, compared: bool
) -> list[SpendLine]:
    """Lines with their names, what they were before (where that is `compared`), and how they came about."""
    places = [line.place for line in lines]
    earlier = question._replace(span=before(question.span))
    past = _amounts_of(earlier, places, currency) if compared else {}
    now = _amounts_of(question, places, currency) if question.by == "person" else {}
    named = _names(question, lines)
    called = dict(Connection.objects.filter(pk__in=question.connections).values_list("pk", "name"))
    return [
        SpendLine(
            connection=called.get(line.connection_id),
            connection_id=line.connection_id or None,
            id=line.key or None,
            name=(known := named.get(line.place, Named())).name or line.key or None,
            about=known.about,
            row=known.row,
            departed=known.departed,
            amount=decimal(line.amount),
            currency=currency,
            share=round(line.amount / whole, 6) if whole > 0 else None,
            before=decimal(sum(past.get(line.place, {}).values())) if compared else None,
            methods={name: decimal(amount) for name, amount in now.get(line.place, {}).items() if amount and name},
        )
        for line in lines
    ]


def _amounts_of(question: Question, places: Sequence[Place], currency: str) -> dict[Place, dict[str, int]]:
    """Place: method: amount."""
    shared = {key: (0, key) for connection, key in places if not connection}
    found: dict[Place, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in figures.of_places(question, places):
        if each.currency == currency:
            found[shared.get(each.key, (each.connection_id, each.key))][each.method] += each.amount
    return found


def behind(ranked: Ranked, values: Sequence[Any], most: int, *, backwards: bool) -> list[Standing]:
    """The lines next to a place in the ranking, the nearest first. Raises Refusal for a place that is none."""
    if not values:
        return ranked.cut(0, most)
    amount, key, connection = values
    if not (type(amount) is int and isinstance(key, str) and type(connection) is int):
        raise bad_cursor()
    at = (-amount, key, connection)
    if backwards:
        end = bisect_left(ranked.order, at)
        return ranked.cut(end - most, end)[::-1]
    begin = bisect_right(ranked.order, at)
    return ranked.cut(begin, begin + most)
