"""Listings of keys at 100,000 rows: how many of each issue, exactly, and the next page by key, each from an index.

An issue is a bit of `Key.troubles` or a matter of the clock; all but `expired` are of keys that still work. The order
is the same on both databases: by code point of the compared form, rows without a value last, ties by the row's number.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection as database

from .models.keys import TROUBLES
from .wanted import LAST, storable

SORTS = {
    "name": "name_key",
    "owner": "owner_key",
    "created_at": "created_at",
    "last_use_at": "last_use_at",
    "expires_at": "expires_at",
}
INDEXES = {
    "name_key": "key_by_name",
    "owner_key": "key_by_owner",
    "created_at": "key_by_created",
    "last_use_at": "key_by_use",
    "expires_at": "key_by_expiry",
}
KINDS = ("project", "admin")
IDLE = "unused_90_days"
"""The name is for 90 days, the setting's default; how many they are is told by `KeysWanted.idle_before`."""
ISSUES = ("orphaned", "owner_left", "owner_disabled", "never_used", IDLE, "no_expiry", "expiring_soon", "expired")
FEW = 2500
"""Keys that are gathered and sorted, rather than walked to in the listing's order."""
TRIGRAMS = 24
"""Trigrams of a text that are looked up; a hit is compared with the whole text anyway."""
PRESENT = "departed_at IS NULL"

Counts = dict[tuple[int, str], Counter[str]]
"""(connection, kind) → keys with each issue; '' is all of them."""
Place = tuple[bool, str | None, int]
"""A row's place in an order: whether it has no value, its value, its number."""


@dataclass(frozen=True)
class KeysWanted:
    """None or empty is any. `connections` are primary keys; `projects` and `owners` the vendor's ids. `now`,
    `idle_before` and `soon` are the moments the issues are told by."""

    now: datetime
    idle_before: datetime
    soon: datetime
    connections: tuple[int, ...] | None = None
    kind: str = ""
    projects: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    text: str = ""
    issue: str = ""

    @property
    def term(self) -> str:
        return storable(self.text).strip().lower()

    @property
    def narrow(self) -> bool:
        """Whether it asks for less than whole kinds of whole connections."""
        return bool(self.term) or self.projects is not None or self.owners is not None


class Source(NamedTuple):
    """Rows from one index: FROM, a condition, and the values of both in turn."""

    origin: str
    condition: str
    values: tuple[Any, ...] = ()


class KeyListing:
    def __init__(self, wanted: KeysWanted) -> None:
        self.wanted = wanted

    @cached_property
    def counts(self) -> Counts:
        """Of everything but the issue asked for."""
        counted = self._counted_rows() if self.wanted.narrow else self._counted_all()
        return {pair: counts for pair, counts in counted.items() if counts[""]}

    @property
    def total(self) -> int:
        return sum(counts[self.wanted.issue] for counts in self.counts.values())

    def places(
        self, by: str, *, descending: bool = False, after: Place | None = None, limit: int, backwards: bool = False
    ) -> list[Place]:
        """The next `limit` places behind `after` (backwards: before it, nearest first) in the order of SORTS[by]."""
        key, found = SORTS[by], list[Place]()
        stretches = [True, False] if backwards else [False, True]
        for unknown in stretches[stretches.index(after[0]) if after else 0 :]:
            inside = after if after and after[0] is unknown else None
            found += self._stretch(key, unknown, descending is not backwards, inside, limit - len(found))
            if len(found) == limit:
                break
        return found

    def _stretch(self, key: str, unknown: bool, descending: bool, after: Place | None, limit: int) -> list[Place]:
        """Of the rows with a value, by value and number; or of those without one, by number."""
        sign, order = ("<", " DESC") if descending else (">", "")
        span, bounds = f"{key} IS {'' if unknown else 'NOT '}NULL", list[Any]()
        if after:
            span = f"{span} AND id {sign} %s" if unknown else f"({key}, id) {sign} (%s, %s)"
            bounds = [after[2]] if unknown else [after[1], after[2]]
        issue, values = issue_condition(self.wanted.issue, self.wanted)
        end = f"ORDER BY {'' if unknown else f'place{order}, '}id{order} LIMIT {limit}"
        parts, every = [], list[Any]()
        for source in self._sources(key):
            parts.append(
                f"SELECT * FROM (SELECT id, {key} AS place FROM {source.origin} WHERE {source.condition} "
                f"AND {PRESENT} AND {issue} AND {span} {end}) AS part"
            )
            every += [*source.values, *values, *bounds]
        if not parts:
            return []
        whole = f"{' UNION ALL '.join(parts)} {end}"
        return [(unknown, None if place is None else str(place), pk) for pk, place in _fetch(whole, every)]

    def _sources(self, key: str) -> list[Source]:
        """The rows in the listing's order where they stand close; else the few there are, to be sorted."""
        if self.wanted.narrow:
            return [self._narrow()]
        pairs = [pair for pair, counts in self.counts.items() if counts[self.wanted.issue]]
        index = INDEXES[key]
        more, values = "", list[Any]()
        if self.total <= FEW and (found := self._issue_index()):
            index, more, values = found
        return [
            Source(_by(index), f"connection_id = %s AND kind = %s{more}", (*pair, *values)) for pair in sorted(pairs)
        ]

    def _issue_index(self) -> tuple[str, str, list[Any]] | None:
        """The index in which the keys with the issue stand together."""
        issue = self.wanted.issue
        if bit := TROUBLES.get(issue):
            masks = [mask for mask in range(sum(TROUBLES.values()) + 1) if mask & bit]
            return "key_by_troubles", f" AND troubles IN ({', '.join(map(str, masks))})", []
        if issue == IDLE:
            return "key_by_use", " AND last_use_at < %s", [_moment(self.wanted.idle_before)]
        if issue:
            end = self.wanted.now if issue == "expired" else self.wanted.soon
            return "key_by_expiry", " AND expires_at <= %s", [_moment(end)]
        return None

    def _narrow(self) -> Source:
        """Every row of a text, an owner or a project, from the index that says most."""
        wanted, conditions, values = self.wanted, list[str](), list[Any]()
        kinds = (wanted.kind,) if wanted.kind else None
        for column, some in (("kind", kinds), ("project_id", wanted.projects), ("owner_id", wanted.owners)):
            if some is not None:
                conditions.append(f"{column} IN ({', '.join(['%s'] * len(some))})" if some else "1 = 0")
                values += some
        conditions.append(f"connection_id IN ({self._connections()})")
        origin = "store_key"
        if wanted.term:
            text, texts = _found(wanted.term, self._connections())
            conditions.append(text)
            values += texts
        else:
            origin = _by("key_by_project" if wanted.owners is None else "key_owner")
        return Source(origin, " AND ".join(conditions), tuple(values))

    def _connections(self) -> str:
        keys = self.wanted.connections
        if keys is None:
            keys = tuple(pk for (pk,) in _fetch("SELECT id FROM store_connection", []))
        return ", ".join(map(str, keys)) or "0"

    def _counted_rows(self) -> Counts:
        source, sums, values = self._narrow(), list[str](), list[Any]()
        for issue in ISSUES:
            condition, more = issue_condition(issue, self.wanted)
            sums.append(f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)")
            values += more
        rows = _fetch(
            f"SELECT connection_id, kind, count(*), {', '.join(sums)} FROM {source.origin} "
            f"WHERE {source.condition} AND {PRESENT} GROUP BY 1, 2",
            [*values, *source.values],
        )
        return {(row[0], row[1]): Counter(dict(zip(("", *ISSUES), row[2:], strict=True))) for row in rows}

    def _counted_all(self) -> Counts:
        """From the counts that triggers keep, less what has expired; what the clock decides from its indexes."""
        wanted, counted = self.wanted, dict[tuple[int, str], Counter[str]]()
        for connection, kind, troubles, keys in _fetch(
            "SELECT connection_id, kind, troubles, keys FROM store_keycount WHERE keys <> 0", []
        ):
            if wanted.kind in ("", kind) and (wanted.connections is None or connection in wanted.connections):
                of = counted.setdefault((connection, kind), Counter())
                of[""] += keys
                for issue, bit in TROUBLES.items():
                    of[issue] += keys if troubles & bit else 0
        for pair, of in counted.items():
            of[IDLE] = self._count("key_by_use", pair, "last_use_at < %s", _moment(wanted.idle_before))
            for troubles, idle, expired, keys in self._expiring(pair):
                of["expired" if expired else "expiring_soon"] += keys
                if expired:
                    of[IDLE] -= keys if idle else 0
                    for issue, bit in TROUBLES.items():
                        of[issue] -= keys if troubles & bit else 0
        return counted

    def _count(self, index: str, pair: tuple[int, str], span: str, value: Any) -> int:
        sql = f"SELECT count(*) FROM {_by(index)} WHERE connection_id = %s AND kind = %s AND {PRESENT} AND {span}"
        return int(_fetch(sql, [*pair, value])[0][0])

    def _expiring(self, pair: tuple[int, str]) -> list[tuple[int, bool, bool, int]]:
        """Of keys that have expired or soon will: troubles, whether idle, whether expired, how many."""
        now, idle, soon = map(_moment, (self.wanted.now, self.wanted.idle_before, self.wanted.soon))
        return _fetch(
            "SELECT troubles, CASE WHEN last_use_at < %s THEN 1 ELSE 0 END, "
            f"CASE WHEN expires_at <= %s THEN 1 ELSE 0 END, count(*) FROM {_by('key_by_expiry')} "
            f"WHERE connection_id = %s AND kind = %s AND {PRESENT} AND expires_at <= %s GROUP BY 1, 2, 3",
            [idle, now, *pair, soon],
        )  # fmt: skip


def issue_condition(issue: str, wanted: KeysWanted) -> tuple[str, list[Any]]:
    """An issue as a condition on a key's row; every row for none."""
    now, idle, soon = map(_moment, (wanted.now, wanted.idle_before, wanted.soon))
    if not issue:
        return "1 = 1", []
    if issue == "expired":
        return "expires_at <= %s", [now]
    if issue == "expiring_soon":
        return "expires_at > %s AND expires_at <= %s", [now, soon]
    works = "(expires_at IS NULL OR expires_at > %s)"
    if issue == IDLE:
        return f"last_use_at < %s AND {works}", [idle, now]
    return f"(troubles & {TROUBLES[issue]}) <> 0 AND {works}", [now]


def _found(term: str, connections: str) -> tuple[str, list[Any]]:
    """Rows that hold a text; of a text shorter than three characters those whose name or owner begins with it."""
    if len(term) < 3:
        among = f"{PRESENT} AND connection_id IN ({connections}) AND kind IN ('project', 'admin')"
        ids = " UNION ".join(
            f"SELECT id FROM {_by(INDEXES[key])} WHERE {among} AND {key} >= %s AND {key} < %s"
            for key in ("name_key", "owner_key")
        )
        return f"id IN ({ids})", [term, term + LAST] * 2
    if not _on_sqlite():
        pattern = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return "search_key LIKE %s", [pattern]
    grams = list(dict.fromkeys(term[i : i + 3] for i in range(len(term) - 2)))[:TRIGRAMS]
    match = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
    ids = (
        "SELECT rowid FROM key_text WHERE key_text MATCH %s UNION ALL "
        "SELECT id FROM store_key NOT INDEXED WHERE id > (SELECT upto FROM key_settled)"
    )
    return f"id IN ({ids}) AND instr(search_key, %s) > 0", [match, term]


def _by(index: str) -> str:
    return f"store_key INDEXED BY {index}" if _on_sqlite() else "store_key"


def _on_sqlite() -> bool:
    return database.vendor == "sqlite"


def _moment(value: datetime) -> Any:
    return database.ops.adapt_datetimefield_value(value)


def _fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
