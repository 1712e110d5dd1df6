"""Where a figure comes from: sums that sync keeps, rows by index where no sum covers the question, and the parts of
each day's costs where persons are looked at within something else. Each way adds up to the same."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from heapq import nlargest
from itertools import chain
from operator import countOf
from typing import NamedTuple

from seatwise.store import sums
from seatwise.store.sums import ONE, Span, Sum
from seatwise.sync.persons import Part, owners_of, parts

from .errors import Refusal
from .kept import kept

DIMENSIONS = ("total", "project", "person", "api_key", "model", "line_item")
NARROWING = ("project", "person", "api_key", "model", "line_item")
FEW = 200
"""Lines that are found without putting all of them in order: the first pages."""
SHARED = ("model", "line_item")
"""Words rather than ids: the same word of two connections is one line."""


class Question(NamedTuple):
    """What is asked: `narrowed` are pairs of dimension and key ('' for what is attributed to none)."""

    by: str
    connections: tuple[int, ...]
    span: Span
    narrowed: tuple[tuple[str, str], ...] = ()


class Standing(NamedTuple):
    """One line of a ranking; the connection is 0 where a line is of several."""

    amount: int
    connection_id: int
    key: str

    @property
    def place(self) -> tuple[int, str]:
        return self.connection_id, self.key


class Ranked:
    """The lines of one currency, the largest first; what sums to nothing is left out. There may be 100,000, of which
    most are never looked at: they are put in order as far as somebody asks. `parts` are key → amount by connection (0
    where lines are of several), `nobodys` those attributed to none, `total` what all sum to.
    """

    def __init__(self, parts: Mapping[int, Mapping[str, int]], *, nobodys: Sequence[Standing] = ()) -> None:
        self.parts, self.nobodys = parts, list(nobodys)
        self.total = sum(sum(amounts.values()) for amounts in parts.values())
        self._size = sum(len(amounts) - countOf(amounts.values(), 0) for amounts in parts.values())
        self._first: list[tuple[int, str, int]] = []

    def __len__(self) -> int:
        return self._size

    @cached_property
    def order(self) -> list[tuple[int, str, int]]:
        """All of them, as (minus the amount, key, connection)."""
        return sorted(self._lines())

    def cut(self, begin: int, end: int) -> list[Standing]:
        begin, end = max(0, begin), min(end, self._size)
        order = self._begin(end) if end <= FEW and "order" not in self.__dict__ else self.order
        return [Standing(-amount, connection, key) for amount, key, connection in order[begin:end]]

    def _begin(self, most: int) -> list[tuple[int, str, int]]:
        if len(self._first) < most:
            amounts = chain.from_iterable(amounts.values() for amounts in self.parts.values())
            least = nlargest(FEW, amounts)[-1]
            self._first = sorted(self._lines(least)) if least > 0 else self.order
        return self._first

    def _lines(self, least: int | None = None) -> Iterator[tuple[int, str, int]]:
        for connection, amounts in self.parts.items():
            if least is None:
                yield from ((-amount, key, connection) for key, amount in amounts.items() if amount)
            else:
                yield from ((-amount, key, connection) for key, amount in amounts.items() if amount >= least)


NOTHING = Ranked({})
Ranking = dict[str, Ranked]
"""By currency."""
Lines = defaultdict[int, dict[str, int]]
"""Connection: key: amount."""


def check(by: str, narrowed: Sequence[tuple[str, str]]) -> None:
    """Raises Refusal for a question that cannot be answered."""
    within = {dimension for dimension, _ in narrowed}
    if by not in DIMENSIONS:
        raise Refusal(f"Spend is not kept by {by}.", fields={"by": f"One of {', '.join(DIMENSIONS)}."})
    if "person" in within and (len(within) > 1 or by in ("api_key", "line_item")):
        raise Refusal(
            "What one person costs is known by project and by model, and in total. Ask for one of these.",
            fields={"by": "project, model or total."},
        )


def ranking(question: Question) -> Ranking:
    """Every key with its amount."""
    if not question.connections:
        return {}
    return kept("costs", question.connections, ("ranking", question), lambda: _Sized(_ranking(question)))


def daily(question: Question, places: Sequence[tuple[int, str]]) -> list[Sum]:
    """The sums of each day of these lines of the ranking."""
    wanted = set(places)
    if not question.narrowed and question.by == "total":
        return sums.of_days("total", question.connections, question.span)
    if not question.narrowed:
        keys: dict[int, list[str]] = defaultdict(list)
        for connection, key in wanted:
            for each in (connection,) if connection else question.connections:
                keys[each].append(key)
        return sums.of_keys(question.by, keys, question.span, daily=True)
    return [each for each in _detailed(question) if _place(question.by, each) in wanted]


def totals(question: Question) -> list[Sum]:
    """What every day sums to."""
    if not question.narrowed:
        return sums.of_days("total", question.connections, question.span) if question.connections else []
    return _detailed(question)


def sums_of(question: Question) -> dict[str, int]:
    """What the whole range sums to, in each currency."""
    return kept("costs", question.connections, ("sums", question), lambda: _per_currency(totals(question)))


def of_places(question: Question, places: Sequence[tuple[int, str]]) -> list[Sum]:
    """These lines of the ranking, by method."""
    asked = ("places", question, tuple(places))
    return kept("costs", question.connections, asked, lambda: _of_places(question, places)) if places else []


def _of_places(question: Question, places: Sequence[tuple[int, str]]) -> list[Sum]:
    if question.narrowed:
        return _summed(daily(question, places))
    keys: dict[int, list[str]] = defaultdict(list)
    for connection, key in places:
        for each in (connection,) if connection else question.connections:
            keys[each].append(key)
    return sums.of_keys(question.by, keys, question.span)


def methods(question: Question) -> list[Sum]:
    """How persons came by their amounts, over the whole range."""
    if question.narrowed:
        return _detailed(question)
    found = sums.amounts("method", question.connections, question.span)
    return [
        Sum(connection, "", method, currency, amount)
        for connection, currency, amounts in found
        for method, amount in amounts.items()
    ]


def _per_currency(found: Sequence[Sum]) -> dict[str, int]:
    amounts: dict[str, int] = defaultdict(int)
    for each in found:
        amounts[each.currency] += each.amount
    return amounts


def _ranking(question: Question) -> Ranking:
    by, found = question.by, defaultdict[str, Lines](lambda: defaultdict(lambda: defaultdict(int)))
    if question.narrowed:
        for each in _detailed(question):
            connection, key = _place(by, each)
            found[each.currency][connection][key] += each.amount
    else:
        for connection, currency, amounts in sums.amounts(by, question.connections, question.span):
            lines = found[currency]
            if by in SHARED:
                for key, amount in amounts.items():
                    lines[0][key] += amount
                continue
            if by != "total" and (nobodys := amounts.pop("", 0)):
                lines[0][""] += nobodys
            lines[connection] = amounts
    return {currency: _ranked(by, lines) for currency, lines in sorted(found.items()) if any(lines.values())}


def _ranked(by: str, lines: Lines) -> Ranked:
    nobodys = lines[0].get("", 0) if by != "total" and 0 in lines else 0
    return Ranked(lines, nobodys=[Standing(nobodys, 0, "")] if nobodys else [])


def _place(by: str, each: Sum) -> tuple[int, str]:
    shared = by in SHARED or (not each.key and by != "total")
    return (0 if shared else each.connection_id), each.key


def _detailed(question: Question) -> list[Sum]:
    """Each day's sums of a question that no sum covers."""
    return kept("costs", question.connections, ("detailed", question), lambda: list(_read(question)))


def _read(question: Question) -> Iterator[Sum]:
    narrowed = dict(question.narrowed)
    if question.by in (*narrowed, "total") and len(narrowed) == 1:
        yield from _of_one(question, *question.narrowed)
    elif question.by == "person" or "person" in narrowed:
        yield from _of_parts(question, narrowed)
    else:
        columns = {sums.COLUMNS[dimension]: key for dimension, key in narrowed.items()}
        yield from sums.of_rows(question.by, question.connections, question.span, columns, daily=True)


def _of_one(question: Question, one: tuple[str, str]) -> Iterator[Sum]:
    """The sums of one key, which are kept."""
    dimension, key = one
    keys = {connection: [key] for connection in question.connections}
    for each in sums.of_keys(dimension, keys, question.span, daily=True):
        yield each if question.by == dimension else each._replace(key="")


def _of_parts(question: Question, narrowed: Mapping[str, str]) -> Iterator[Sum]:
    person = narrowed.get("person")
    columns = {sums.COLUMNS[name]: key or None for name, key in narrowed.items() if name != "person"}
    for connection in question.connections:
        days = _days_of(connection, person, question.span)
        owners = owners_of(connection) if days else {}
        found: dict[tuple[str, str, str, date], int] = defaultdict(int)
        for begin in range(0, len(days), 31):
            for day, part in parts(connection, days[begin : begin + 31], owners, **columns):
                if person is None or part.person == person:
                    found[_key(question.by, part), part.method, part.currency, day] += part.amount
        yield from (Sum(connection, key, method, of, amount, day) for (key, method, of, day), amount in found.items())


def _days_of(connection: int, person: str | None, span: Span) -> list[date]:
    """The days to look at: all, or those the person spent on."""
    if person is None:
        return [span.first + n * ONE for n in range(span.days)]
    spent = sums.of_keys("person", {connection: [person]}, span, daily=True)
    return sorted({each.day for each in spent if each.day})


def _key(by: str, part: Part) -> str:
    return {"person": part.person, "project": part.project, "model": part.model}.get(by, "")


def _summed(found: Sequence[Sum]) -> list[Sum]:
    amounts: dict[tuple[int, str, str, str], int] = defaultdict(int)
    for each in found:
        amounts[each[:4]] += each.amount
    return [Sum(*at, amount) for at, amount in amounts.items()]


class _Sized(dict[str, Ranked]):
    """A ranking that says how many lines it has."""

    def __len__(self) -> int:
        return sum(map(len, self.values()))
