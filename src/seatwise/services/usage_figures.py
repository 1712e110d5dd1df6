"""Which lines of usage there are and in which order, and what each counts. Sums of days have all of it at once. Of
persons there are about as many lines as rows: they are ranked by one number, and those that are looked at are counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seatwise.store import sums
from seatwise.store.sums import Span

from .kept import kept
from .paging import bad_cursor
from .spend_figures import NOTHING, Ranked, Standing
from .spend_lines import behind as behind_within
from .spend_names import Place

COLUMNS = {"total": "", "project": "project_id", "person": "user_id", "api_key": "api_key_id", "model": "model"}
PREFIX = "usage_"
MANY = "person"
Counts = tuple[int, ...]
NO_COUNTS = (0,) * len(sums.COUNTED)


class Question(NamedTuple):
    """`narrowed` are pairs of column and value ('' for none)."""

    by: str
    connections: tuple[int, ...]
    span: Span
    streams: tuple[str, ...]
    narrowed: tuple[tuple[str, str], ...] = ()


class Family(NamedTuple):
    """What is never added to another."""

    name: str
    unit: str


class Line(NamedTuple):
    """One line in its order: the most requests of a family first, else the largest quantity, else the most tokens."""

    family: Family
    standing: Standing

    @property
    def values(self) -> tuple[str, str, int, str, int]:
        """Where it stands, for a cursor."""
        return *self.family, self.standing.amount, self.standing.key, self.standing.connection_id


class Lines:
    """All lines of a question; `counts` where they are known already."""

    def __init__(self, sizes: Mapping[Family, Mapping[int, dict[str, int]]], counts: Mapping[Any, Counts]) -> None:
        self.families = {family: Ranked(sizes[family]) for family in sorted(sizes)}
        self.counts = counts

    def __len__(self) -> int:
        return sum(map(len, self.families.values()))

    def __iter__(self) -> Iterator[Line]:
        for family, ranked in self.families.items():
            yield from (Line(family, each) for each in ranked.cut(0, len(ranked)))


def lines(question: Question) -> Lines:
    """The lines as pages show them."""
    read = _ranked if question.by == MANY else _counted
    return kept("usage", question.connections, ("lines", question), lambda: read(question))


def all_lines(question: Question) -> Lines:
    """The same with all their counts, for a file."""
    return _counted(question)


def counts_of(question: Question, of: Lines, some: Sequence[Line]) -> list[Counts]:
    """What these lines count, as in `sums.COUNTED`: nothing where a sync has just taken its rows away."""
    counts = of.counts
    if some and not counts:
        places = tuple((line.family, line.standing.place) for line in some)
        asked = ("counts", question, places)
        counts = kept("usage", question.connections, asked, lambda: _of_places(question, places))
    return [counts.get((line.family, line.standing.place), NO_COUNTS) for line in some]


def behind(of: Lines, values: Sequence[Any], most: int, *, backwards: bool) -> list[Line]:
    """The lines next to a place, the nearest first. Raises Refusal for a place that is none."""
    name, unit, *at = values or ("", "")
    if not (isinstance(name, str) and isinstance(unit, str)):
        raise bad_cursor()
    here = Family(name, unit)
    within = behind_within(of.families.get(here, NOTHING), at, most, backwards=backwards) if values else []
    found = [Line(here, each) for each in within]
    for family in reversed(of.families) if backwards else of.families:
        if len(found) < most and (family < here if backwards else family > here or not values):
            ranked, left = of.families[family], most - len(found)
            cut = ranked.cut(len(ranked) - left, len(ranked))[::-1] if backwards else ranked.cut(0, left)
            found += [Line(family, each) for each in cut]
    return found


def _counted(question: Question) -> Lines:
    by, connections, span, streams, narrowed = question
    if by in ("total", *sums.USED) and not narrowed:
        counts = _summed(by, sums.used(by, connections, span, streams))
    else:
        counts = _summed(by, sums.used_in_rows(COLUMNS[by], connections, span, streams, dict(narrowed)))
    sizes: dict[Family, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for (family, (connection, key)), some in counts.items():
        requests, read, _, written, quantity = some
        sizes[family][connection][key] = requests or quantity or read + written
    return Lines(sizes, counts)


def _ranked(question: Question) -> Lines:
    by, connections, span, streams, narrowed = question
    sizes: dict[Family, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for connection in connections:
        found = sums.sizes(COLUMNS[by], connection, span, streams, dict(narrowed))
        for (stream, unit), amounts in found.items():
            family = sizes[_family(stream, unit)]
            if nobodys := amounts.pop("", 0):
                family[0][""] = family[0].get("", 0) + nobodys
            family[connection] = amounts
    return Lines(sizes, {})


def _of_places(question: Question, places: Iterable[tuple[Family, Place]]) -> dict[tuple[Family, Place], Counts]:
    by, connections, span, _, narrowed = question
    keys: dict[int, set[str]] = defaultdict(set)
    streams: dict[int, set[str]] = defaultdict(set)
    for family, (connection, key) in places:
        keys[connection].add(key)
        streams[connection].add(PREFIX + family.name)
    found: list[tuple[Any, ...]] = []
    for connection, some in keys.items():
        among = {**dict(narrowed), COLUMNS[by]: sorted(some) if connection else ""}
        of = (connection,) if connection else connections
        found += sums.used_in_rows(COLUMNS[by], of, span, sorted(streams[connection]), among)
    return _summed(by, found)


def _summed(by: str, found: Iterable[tuple[Any, ...]]) -> dict[tuple[Family, Place], Counts]:
    """Counts of lines: a model is the same in all connections, and so is nobody."""
    counts: dict[tuple[Family, Place], Counts] = {}
    for connection, stream, key, unit, *some in found:
        shared = by == "model" or (not key and by != "total")
        at = _family(stream, unit), (0 if shared else connection, key)
        counts[at] = tuple(map(sum, zip(counts[at], some, strict=True))) if at in counts else tuple(some)
    return counts


def _family(stream: str, unit: str | None) -> Family:
    return Family(stream.removeprefix(PREFIX), unit or "")
