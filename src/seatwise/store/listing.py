"""Listings of users at 100,000 rows: how many, and the next page by key, each from an index. A number is exact or none.

The order is the same on both databases: by code point of the compared form, rows without a key behind all others in
both directions, the row's number breaking ties.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection as database

from .sources import FEW, SORTED, UNSETTLED, Source, about, on_sqlite, scan, texts, walk
from .wanted import Condition, Wanted

KEYS = {
    "email": "email_key", "name": "name_key", "joined_at": "joined_at", "last_active_at": "last_active_at",
    "month_spend": "spend_rank",
}  # fmt: skip
GROUPED = ("role", "status")
"""Columns with few values: one after the other, each by e-mail."""
COUNTED = 1000
"""What a text finds is counted up to here; beyond, a listing says that there are more. The rest is in the headcount."""
GROUP = "connection_id, kind, status, coalesce(role, '')"


class Heads(NamedTuple):
    """How many users of one connection are of one kind, status and role ('' where the vendor names none)."""

    connection_id: int
    kind: str
    status: str
    role: str
    people: int


class Place(NamedTuple):
    """A row's place in an order: the value of the group it stands in, whether it has no key, its key and number."""

    group: str | None
    unknown: bool
    key: str | None
    id: int


class _Row(NamedTuple):
    """A row that a text finds: its key in the order and its number, and which group it is in."""

    key: Any
    id: int
    connection_id: int
    kind: str
    status: str
    role: str


class Listing:
    """The users that are wanted, to be listed by column `by`. Each question is one statement, so that each answer is of
    one moment; what a text finds, where it finds few, is read once and answers them all."""

    def __init__(self, wanted: Wanted, by: str = "email") -> None:
        self.wanted, self.by = wanted, by
        self._key = KEYS.get(by, "email_key")

    @cached_property
    def number(self) -> int:
        """How many there are; of those with a text COUNTED and one more are enough."""
        if self.wanted.counted or not self._possible:
            return self._people
        if self.wanted.term:
            return COUNTED + 1 if self.heads is None else sum(heads.people for heads in self.heads)
        rows, values = self._meant("1")
        ((found,),) = _fetch(f"SELECT count(*) FROM ({rows}) AS found", values)
        return int(found)

    @property
    def total(self) -> int | None:
        """How many there are; None where a text finds more than COUNTED."""
        return None if self.wanted.term and self.number > COUNTED else self.number

    @cached_property
    def heads(self) -> list[Heads] | None:
        """How many there are, by connection, kind, status and role; None where there is no `total`."""
        if self.wanted.counted or not self._possible:
            return self._possible
        if self._found is not None:
            heads = [(*group, people) for group, people in Counter(row[2:] for row in self._found).items()]
        else:
            rows, values = self._meant(GROUP)
            most = f" LIMIT {COUNTED + 1}" if self.wanted.term else ""
            heads = _fetch(f"SELECT *, count(*) FROM ({rows}{most}) AS found GROUP BY 1, 2, 3, 4", values)
        return None if self.wanted.term and sum(row[-1] for row in heads) > COUNTED else list(map(Heads._make, heads))

    @cached_property
    def _possible(self) -> list[Heads]:
        """Those who are meant, whatever text and last use they have."""
        return [heads for heads in _all_heads() if self.wanted.means(*heads[:4])]

    @cached_property
    def _named(self) -> Wanted:
        """What is wanted, with every connection named in which somebody can be."""
        return replace(self.wanted, connections=tuple(sorted({heads.connection_id for heads in self._possible})))

    @cached_property
    def _people(self) -> int:
        return sum(heads.people for heads in self._possible)

    @cached_property
    def _found(self) -> list[_Row] | None:
        """Everybody a text finds, in no order; None where that may be more than a few, or there is no text."""
        if not self.wanted.term or not self._possible or min(self._about[0], self._people) >= FEW:
            return None
        rows, values = self._meant(f"{self._key}, id, {GROUP}")
        found = _fetch(f"{rows} LIMIT {FEW + 1}", values)
        return list(map(_Row._make, found)) if len(found) <= FEW else None

    def places(
        self, *, descending: bool = False, after: Place | None = None, limit: int, backwards: bool = False
    ) -> list[Place]:
        """The next `limit` places behind `after` (backwards: before it, nearest first)."""
        segments = self._segments(descending, after)
        if backwards:
            segments.reverse()
        if after:
            here = (after.group, after.unknown)
            segments = segments[segments.index(here) :] if here in segments else []
        places: list[Place] = []
        for group, unknown in segments:
            inside = after if after and (after.group, after.unknown) == (group, unknown) else None
            stretch = _Stretch(self._key, descending != backwards, inside, unknown)
            rows = self._stretch(stretch, group, limit - len(places))
            places += [Place(group, unknown, key, pk) for pk, key in rows]
            if len(places) == limit or (self.wanted.term and not after and len(places) == self.number):
                break
        return places

    def _segments(self, descending: bool, after: Place | None) -> list[tuple[str | None, bool]]:
        groups: list[str | None] = [None]
        if self.by in GROUPED:
            likely = (self.wanted.term and self.heads) or self._possible
            values = {getattr(each, self.by) for each in likely} | ({after.group or ""} if after else set())
            groups = [*sorted(values - {""}, reverse=descending), *([""] if "" in values else [])]
        return [(group, unknown) for group in groups for unknown in (False, True)]

    def _stretch(self, stretch: "_Stretch", group: str | None, limit: int) -> list[tuple[int, str | None]]:
        if self._found is not None:
            return stretch.pick([row for row in self._found if group is None or getattr(row, self.by) == group], limit)
        narrow = self._named if group is None else replace(
            self._named, **({"role": group} if self.by == "role" else {"statuses": (group,)})
        )  # fmt: skip
        meant = [heads for heads in self._possible if narrow.means(*heads[:4])]
        if not meant:
            return []
        people, groups = sum(heads.people for heads in meant), [heads[:4] for heads in meant]
        if narrow.term and self._about[0] < people and (self._about[0] < SORTED or stretch.is_of(narrow)):
            return stretch.read(narrow, texts(narrow, self._about[1], groups, stretch.key), limit)
        if narrow.by_use and not narrow.term and self.number <= SORTED:
            return stretch.read(narrow, scan(narrow), limit)
        return stretch.read(narrow, walk(narrow, groups, stretch.key, people), limit)

    @cached_property
    def _about(self) -> tuple[int, str]:
        return about(self._named)

    def _meant(self, columns: str) -> Condition:
        """SQL of those who are meant, in no order."""
        wanted, groups = self._named, [heads[:4] for heads in self._possible]
        if not wanted.term:
            sources = scan(wanted)
        elif self._about[0] < self._people:
            sources = texts(wanted, self._about[1], groups)
        else:
            sources = walk(wanted, groups, "email_key", self._people)
        return _union(wanted, sources, lambda origin, condition: f"SELECT {columns} FROM {origin} WHERE {condition}")


class _Stretch(NamedTuple):
    """One stretch of an order: rows that have a key by key and number, or rows without one by number."""

    key: str
    descending: bool
    after: Place | None
    unknown: bool

    def is_of(self, wanted: Wanted) -> bool:
        """Whether the text can only stand at the beginning of this order's key: all of it is in one place then."""
        return wanted.short and self.key in ("email_key", "name_key")

    def read(self, wanted: Wanted, sources: list[Source], limit: int) -> list[tuple[int, str | None]]:
        """From the database: each source in order, then all of them merged."""
        span, bounds = self._span()
        order = " DESC" if self.descending else ""
        by = f"{self.key}{order}, id{order}"  # where all keys are unknown too: so the order's index serves them
        rows, every = _union(wanted, sources, lambda origin, condition: (
            f"SELECT * FROM (SELECT id, {self.key} AS place FROM {origin} WHERE {condition} AND {span} "
            f"ORDER BY {by} LIMIT {limit}) AS part"
        ), bounds)  # fmt: skip
        whole = f"{rows} ORDER BY {by.replace(self.key, 'place')} LIMIT {limit}"
        return [(pk, _text(key)) for pk, key in _fetch(whole, every)]

    def pick(self, rows: Iterable[_Row], limit: int) -> list[tuple[int, str | None]]:
        """As `read`, from rows that are here already."""
        mine = sorted(((row.key, row.id) for row in rows if (row.key is None) is self.unknown), reverse=self.descending)
        if self.after and mine:
            edge = (_like(mine[0][0], self.after.key), self.after.id)
            mine = [place for place in mine if (place < edge if self.descending else place > edge)]
        return [(pk, _text(key)) for key, pk in mine[:limit]]

    def _span(self) -> tuple[str, list[Any]]:
        sign = "<" if self.descending else ">"
        if not self.after:
            return f"{self.key} IS {'' if self.unknown else 'NOT '}NULL", []
        if self.unknown:
            return f"{self.key} IS NULL AND id {sign} %s", [self.after.id]
        return f"({self.key}, id) {sign} (%s, %s)", [self.after.key, self.after.id]


def _all_heads() -> list[Heads]:
    """The headcount the triggers keep, and with it the rows that are not settled yet."""
    sql = "SELECT connection_id, kind, status, role, people FROM store_headcount WHERE people <> 0"
    if on_sqlite():
        sql += (
            f" UNION ALL SELECT {GROUP}, count(*) FROM store_user NOT INDEXED WHERE {UNSETTLED} AND listed "
            "GROUP BY 1, 2, 3, 4"
        )
    counted: Counter[tuple[Any, ...]] = Counter()
    for *group, people in _fetch(sql, []):
        counted[tuple(group)] += people
    return [Heads._make((*group, people)) for group, people in counted.items() if people]


def _union(
    wanted: Wanted, sources: list[Source], select: Callable[[str, str], str], more: Sequence[Any] = ()
) -> Condition:
    """What `select(origin, condition)` says of each source, one after the other. `more` are its own values."""
    conditions, values = wanted.conditions()
    parts, every = [], []
    for source in sources:
        text, typed = ("1 = 1", []) if source.exact else wanted.matches()
        origin, condition = source.origin, f"{source.condition} AND {conditions} AND {text}"
        if source.fenced:
            origin, condition = f"(SELECT * FROM {origin} WHERE {condition} OFFSET 0) AS found", "1 = 1"
        parts.append(select(origin, condition))
        every += [*source.before, *source.values, *values, *typed, *more]
    return " UNION ALL ".join(parts), every


def _fetch(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _like(key: Any, text: str | None) -> Any:
    """A cursor's key as the database gives this one."""
    if isinstance(key, datetime) and text is not None:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(text) if isinstance(key, int) and text is not None else text


def _text(key: Any) -> str | None:
    """A key as a cursor holds it, and as either database compares it with the column."""
    return None if key is None else str(key)
