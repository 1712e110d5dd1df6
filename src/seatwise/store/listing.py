"""Listings of users at 100,000 rows: how many, exactly, and the next page by key, each from an index.

The order is the same on both databases: by code point of the compared form, rows without a key behind all others in
both directions, the row's number breaking ties.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection as database

from .sources import FEW, UNSETTLED, Source, found, hits, on_sqlite, scan, walk
from .wanted import Wanted

KEYS = {
    "email": "email_key", "name": "name_key", "joined_at": "joined_at", "last_active_at": "last_active_at",
    "month_spend": "spend_rank",
}  # fmt: skip
GROUPED = ("role", "status")
"""Columns with few values: one after the other, each by e-mail."""
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


class Listing:
    """The users that are wanted. Each question is one statement, so that each answer is of one moment."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    @cached_property
    def heads(self) -> list[Heads]:
        """How many there are, by connection, kind, status and role."""
        if self.wanted.counted:
            return [heads for heads in _all_heads() if self.wanted.means(*heads[:4])]
        if self._few:
            return _counted(self._rows(GROUP, [self._few]))
        if self._hits and self._hits.share > 0.5 and not self.wanted.by_use:
            return self._all_but_the_rest()
        if on_sqlite():
            return _counted(self._rows(GROUP, scan(self.wanted)))
        sources = [found(self.wanted)] if self.wanted.term else scan(self.wanted)
        return [Heads._make(row) for row in self._rows(f"{GROUP}, count(*)", sources, "GROUP BY 1, 2, 3, 4")]

    @property
    def total(self) -> int:
        return sum(heads.people for heads in self.heads)

    def places(
        self, by: str, *, descending: bool = False, after: Place | None = None, limit: int, backwards: bool = False
    ) -> list[Place]:
        """The next `limit` places behind `after` (backwards: before it, nearest first) in the order of column `by`."""
        segments = self._segments(by, descending, after)
        if backwards:
            segments.reverse()
        if after:
            here = (after.group, after.unknown)
            segments = segments[segments.index(here) :] if here in segments else []
        places: list[Place] = []
        for group, unknown in segments:
            inside = after if after and (after.group, after.unknown) == (group, unknown) else None
            stretch = _Stretch(KEYS.get(by, "email_key"), descending != backwards, inside, unknown)
            rows = self._stretch(stretch, by, group, limit - len(places))
            places += [Place(group, unknown, key, pk) for pk, key in rows]
            if len(places) == limit:
                break
        return places

    def _segments(self, by: str, descending: bool, after: Place | None) -> list[tuple[str | None, bool]]:
        groups: list[str | None] = [None]
        if by in GROUPED:
            values = {getattr(heads, by) for heads in self.heads} | ({after.group or ""} if after else set())
            groups = [*sorted(values - {""}, reverse=descending), *([""] if "" in values else [])]
        return [(group, unknown) for group in groups for unknown in (False, True)]

    def _stretch(self, stretch: "_Stretch", by: str, group: str | None, limit: int) -> list[tuple[int, str | None]]:
        narrow = self.wanted if group is None else replace(
            self.wanted, **({"role": group} if by == "role" else {"statuses": (group,)})
        )  # fmt: skip
        meant = [heads for heads in self.heads if narrow.means(*heads[:4])]
        if not meant:
            return []
        people = sum(heads.people for heads in meant)
        if self._few:
            return stretch.read(narrow, [self._few], limit)
        if narrow.term and people <= FEW and not on_sqlite():
            return stretch.read(narrow, [found(narrow)], limit)
        return stretch.read(narrow, walk(narrow, [heads[:4] for heads in meant], stretch.key, people), limit)

    @cached_property
    def _hits(self) -> Any:
        return hits(self.wanted) if self.wanted.term and on_sqlite() else None

    @property
    def _few(self) -> Source | None:
        """Where a text finds so few that they are looked at one by one."""
        return self._hits.source if self._hits else None

    def _all_but_the_rest(self) -> list[Heads]:
        """The headcount of a text that finds nearly all: everybody less those it does not find."""
        rest = _counted(self._rows(GROUP, scan(self.wanted), "IS NOT TRUE"))
        left = {heads[:4]: heads.people for heads in rest}
        every = [heads for heads in _all_heads() if self.wanted.means(*heads[:4])]
        return [heads._replace(people=n) for heads in every if (n := heads.people - left.get(heads[:4], 0)) > 0]

    def _rows(self, columns: str, sources: list[Source], more: str = "") -> list[tuple[Any, ...]]:
        conditions, values = self.wanted.conditions()
        parts, every = [], []
        for source in sources:
            text, texts = ("1 = 1", []) if source.exact else self.wanted.matches()
            parts.append(
                f"SELECT {columns} FROM {source.origin} WHERE {source.condition} AND {conditions} AND {text} {more}"
            )
            every += [*source.before, *source.values, *values, *texts]
        return _fetch(" UNION ALL ".join(parts), every)


class _Stretch(NamedTuple):
    """One stretch of an order: rows that have a key by key and number, or rows without one by number."""

    key: str
    descending: bool
    after: Place | None
    unknown: bool

    def read(self, wanted: Wanted, sources: list[Source], limit: int) -> list[tuple[int, str | None]]:
        """From the database: each source in order, then all of them merged."""
        span, bounds = self._span()
        order = " DESC" if self.descending else ""
        by = f"id{order}" if self.unknown else f"{self.key}{order}, id{order}"
        conditions, values = wanted.conditions()
        parts, every = [], []
        for source in sources:
            text, texts = ("1 = 1", []) if source.exact else wanted.matches()
            parts.append(
                f"SELECT * FROM (SELECT id, {self.key} AS place FROM {source.origin} WHERE {source.condition} "
                f"AND {conditions} AND {text} AND {span} ORDER BY {by} LIMIT {limit}) AS part"
            )
            every += [*source.before, *source.values, *values, *texts, *bounds]
        whole = f"{' UNION ALL '.join(parts)} ORDER BY {by.replace(self.key, 'place')} LIMIT {limit}"
        return [(pk, _text(key)) for pk, key in _fetch(whole, every)]

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


def _counted(groups: Iterable[tuple[Any, ...]]) -> list[Heads]:
    """Counting here takes a fifth of the time of SQLite's GROUP BY over texts."""
    return [Heads._make((*group, people)) for group, people in Counter(groups).items()]


def _fetch(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _text(key: Any) -> str | None:
    """A key as a cursor holds it, and as either database compares it with the column."""
    return None if key is None else str(key)
