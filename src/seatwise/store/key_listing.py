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
ALWAYS = {(IDLE, "last_use_at"), ("expired", "expires_at"), ("expiring_soon", "expires_at")}
NEVER = {("never_used", "last_use_at"), ("no_expiry", "expires_at")}
"""Issues whose keys all have a value to sort by, or have none."""
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
    """Rows from one index: FROM and a condition, with the values of both."""

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
            if (self.wanted.issue, key) in (ALWAYS if unknown else NEVER):
                continue
            inside = after if after and after[0] is unknown else None
            found += self._stretch(key, unknown, descending is not backwards, inside, limit - len(found))
            if len(found) == limit:
                break
        return found

    def _stretch(self, key: str, unknown: bool, descending: bool, after: Place | None, limit: int) -> list[Place]:
        """Of the rows with a value, by value and number; or of those without one, by number."""
        sign, order = ("<", " DESC") if descending else (">", "")
        span, bounds = f"{key} IS {'' if unknown else 'NOT '}NULL", list[Any]()
        if after:  # without NOT NULL, lest it keeps SQLite from beginning there
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
        index, more, values = INDEXES[key], *self._beside()
        if self.total <= FEW:
            if self.wanted.narrow:
                return [self._narrow()]
            if found := self._issue_index():
                index, more, values = found
        pairs = [pair for pair, counts in self.counts.items() if counts[self.wanted.issue]]
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

    def _beside(self) -> tuple[str, list[Any]]:
        """What is asked for beside connection, kind and issue: project, owner and text."""
        wanted, conditions, values = self.wanted, "", list[Any]()
        for column, some in (("project_id", wanted.projects), ("owner_id", wanted.owners)):
            if some is not None:
                conditions += f" AND {column} IN ({', '.join(['%s'] * len(some))})" if some else " AND 1 = 0"
                values += some
        if wanted.term:
            text, texts = _holds(wanted.term)
            conditions, values = f"{conditions} AND {text}", [*values, *texts]
        return conditions, values

    def _narrow(self) -> Source:
        """Every row of a text, an owner or a project, from the index that says most; of a frequent text from all."""
        more, values = self._beside()
        among = f"connection_id IN ({self._connections()})"
        if self.wanted.kind:
            among, values = f"{among} AND kind = %s", [self.wanted.kind, *values]
        if self.wanted.owners is not None:
            origin = _by("key_owner")
        elif self._hits is not None:
            origin = "store_key NOT INDEXED"  # that is: by their numbers
            among = f"id IN ({', '.join(map(str, self._hits)) or '0'}) AND {among}"
        elif self.wanted.projects is not None:
            origin = _by("key_by_project")
        else:
            origin = "store_key NOT INDEXED" if _on_sqlite() else "store_key"
        return Source(origin, f"{among}{more}", tuple(values))

    @cached_property
    def _hits(self) -> list[int] | None:
        """On SQLite the rows that may hold the text; None where they are too many, or Postgres finds them by itself."""
        if not self.wanted.term or not _on_sqlite():
            return None
        sql, values = _candidates(self.wanted.term, self._connections())
        found = [pk for (pk,) in _fetch(f"{sql} LIMIT {FEW + 1}", values)]
        return found if len(found) <= FEW else None

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
        month = wanted.idle_before.strftime("%Y-%m")
        for connection, kind, troubles, used, keys in _fetch(
            "SELECT connection_id, kind, troubles, use_month, keys FROM store_keycount WHERE keys <> 0", []
        ):
            if wanted.kind in ("", kind) and (wanted.connections is None or connection in wanted.connections):
                of = counted.setdefault((connection, kind), Counter())
                of[""] += keys
                of[IDLE] += keys if "" < used < month else 0
                for issue in _told(troubles):
                    of[issue] += keys
        for pair, of in counted.items():
            of[IDLE] += self._used_in_month(pair)
            for troubles, idle, expired, keys in self._expiring(pair):
                of["expired" if expired else "expiring_soon"] += keys
                for issue in (*_told(troubles), *([IDLE] if idle else [])) if expired else ():
                    of[issue] -= keys
        return counted

    def _used_in_month(self, pair: tuple[int, str]) -> int:
        """How many were last used in the month of the limit, and before it."""
        end = self.wanted.idle_before
        begin = end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        sql = (
            f"SELECT count(*) FROM {_by('key_by_use')} WHERE connection_id = %s AND kind = %s AND {PRESENT} "
            "AND last_use_at >= %s AND last_use_at < %s"
        )
        return int(_fetch(sql, [*pair, _moment(begin), _moment(end)])[0][0])

    def _expiring(self, pair: tuple[int, str]) -> list[tuple[int, bool, bool, int]]:
        """Of keys that have expired or soon will: troubles, whether idle, whether expired, how many."""
        now, idle, soon = map(_moment, (self.wanted.now, self.wanted.idle_before, self.wanted.soon))
        return _fetch(
            "SELECT troubles, CASE WHEN last_use_at < %s THEN 1 ELSE 0 END, "
            f"CASE WHEN expires_at <= %s THEN 1 ELSE 0 END, count(*) FROM {_by('key_by_expiry')} "
            f"WHERE connection_id = %s AND kind = %s AND {PRESENT} AND expires_at <= %s GROUP BY 1, 2, 3",
            [idle, now, *pair, soon],
        )  # fmt: skip


def _told(troubles: int) -> list[str]:
    return [issue for issue, bit in TROUBLES.items() if troubles & bit]


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


def _holds(term: str) -> tuple[str, list[Any]]:
    """The condition of a text: held anywhere; shorter than three characters, how the name or the owner begins."""
    if len(term) < 3:
        return "(name_key >= %s AND name_key < %s OR owner_key >= %s AND owner_key < %s)", [term, term + LAST] * 2
    if _on_sqlite():
        return "instr(search_key, %s) > 0", [term]
    return "search_key LIKE %s", ["%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"]


def _candidates(term: str, connections: str) -> tuple[str, list[Any]]:
    """On SQLite: the numbers of all rows with the text, and of others."""
    if len(term) < 3:
        among = f"{PRESENT} AND connection_id IN ({connections}) AND kind IN ('project', 'admin')"
        ids = " UNION ".join(
            f"SELECT id FROM {_by(INDEXES[key])} WHERE {among} AND {key} >= %s AND {key} < %s"
            for key in ("name_key", "owner_key")
        )
        return ids, [term, term + LAST] * 2
    grams = list(dict.fromkeys(term[i : i + 3] for i in range(len(term) - 2)))[:TRIGRAMS]
    match = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
    return (
        "SELECT rowid FROM key_text WHERE key_text MATCH %s UNION ALL "
        "SELECT id FROM store_key NOT INDEXED WHERE id > (SELECT upto FROM key_settled)"
    ), [match]


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
