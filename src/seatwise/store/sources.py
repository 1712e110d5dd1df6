"""Where the rows of a listing are found: walking in the listing's order where many rows match, a narrow index and a
sort where few do, the trigram index for a text.

SQLite gathers no statistics, so there each query says which index serves it. Rows that are not settled yet are scanned
beside it in the same statement, so that no row is missed or seen twice.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection as database

from .wanted import ID_FROM, LAST, Wanted, everybody, ids_beginning

FEW = 5000
"""Hits of a text that are looked at one by one, rather than walked to in the listing's order: about 2 µs each."""
SORTED = 2500
"""Rows of a narrow index that are sorted rather than walked to."""
SCARCE = ("active", "unknown")
"""Statuses the index by status leaves out: nearly everybody has one of them."""
TRIGRAMS = 24
"""Trigrams of a text that are looked up; a hit is compared with the whole text anyway."""
WALKS = {
    "email_key": "user_by_email", "name_key": "user_by_name", "joined_at": "user_by_joined",
    "last_active_at": "user_by_active", "spend_rank": "user_by_spend",
}  # fmt: skip
PRESENT = "listed AND departed_at IS NULL"
RARE = "listed AND status NOT IN ('active', 'unknown')"
UNSETTLED = "id > (SELECT upto FROM user_settled)"


class Source(NamedTuple):
    """FROM and a condition beside the listing's own, with the values of each. What is `exact` holds no row without the
    text that is looked for."""

    origin: str
    condition: str = "1 = 1"
    before: tuple[Any, ...] = ()
    values: tuple[Any, ...] = ()
    exact: bool = False


class Hits(NamedTuple):
    """What a text finds on SQLite. `source` is None where it finds too many to be looked at one by one; `share` is then
    about the part of all rows it finds."""

    source: Source | None
    share: float = 0.0


def on_sqlite() -> bool:
    return database.vendor == "sqlite"


def hits(wanted: Wanted) -> Hits:
    term = wanted.term
    if len(term) < 3:
        return Hits(None if wanted.departed else _joined(_beginnings(), (term, term + LAST) * 2))
    ids, match = "SELECT rowid AS hit FROM user_text WHERE user_text MATCH %s", (_trigrams(term),)
    with database.cursor() as cursor:
        cursor.execute(f"SELECT count(*), max(hit) FROM ({ids} LIMIT {FEW})", match)
        count, last = cursor.fetchone()
    if count == FEW:
        return Hits(None, count / last)
    return Hits(_joined(*_or_by_id(wanted, ids, match)))


def found(wanted: Wanted) -> Source:
    """What a text finds on Postgres, whose planner knows how many that may be: by each of the columns it may be found
    in, those found by the first left out of the second."""
    term = wanted.term
    text, match = wanted.in_texts()
    first_values: tuple[str, ...] = match
    second_values: tuple[str, ...] = (wanted.typed, wanted.typed + LAST)
    if len(term) < 3:
        first, second = (
            f"{PRESENT} AND {everybody()} AND {key} >= %s AND {key} < %s" for key in ("email_key", "name_key")
        )
        first_values = second_values = (term, term + LAST)
        if wanted.departed:
            return Source("store_user")
    elif len(wanted.typed) >= ID_FROM:
        first, second = f"listed AND ({text})", f"{everybody()} AND vendor_id >= %s AND vendor_id < %s"
    else:  # OFFSET 0 keeps the planner from walking a whole order for a handful
        return Source(
            f"(SELECT * FROM store_user WHERE listed AND ({text}) OFFSET 0) AS found", before=match, exact=True
        )
    both = (
        f"(SELECT * FROM store_user WHERE {first} UNION ALL "
        f"SELECT * FROM store_user WHERE {second} AND ({first}) IS NOT TRUE) AS found"
    )
    return Source(both, before=(*first_values, *second_values, *first_values), exact=True)


def _or_by_id(wanted: Wanted, ids: str, match: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if len(wanted.typed) < ID_FROM:
        return ids, match
    return f"{ids} UNION {ids_beginning()}", (*match, wanted.typed, wanted.typed + LAST)


def walk(wanted: Wanted, groups: Iterable[tuple[int, str, str, str]], key: str, people: int) -> list[Source]:
    """Sources that give the order of `key` by themselves, or few rows. `groups` are connection, kind, status and role
    of those who are meant."""
    rare = not set(wanted.standing) & set(SCARCE)
    if wanted.departed or (rare and (key == "email_key" or people <= SORTED)):
        condition = f"{_settled(RARE)} AND connection_id = %s AND status = %s"
        pairs = sorted({(connection, status) for connection, _, status, _ in groups})
        return [*(Source(_by("user_by_status"), condition, (), pair) for pair in pairs), *_rest()]
    if wanted.role is not None and (key == "email_key" or people <= SORTED):
        return [*_of_role(wanted.role, sorted({connection for connection, *_ in groups})), *_rest()]
    condition = f"{_settled(PRESENT)} AND connection_id = %s AND kind = %s"
    kinds = sorted({(connection, kind) for connection, kind, *_ in groups})
    return [*(Source(_by(WALKS[key]), condition, (), pair) for pair in kinds), *_rest()]


def scan(wanted: Wanted) -> list[Source]:
    """Sources of every row that can be meant, from the narrowest index that covers the question."""
    if wanted.departed:
        return [Source(_by("user_by_status"), _settled(RARE)), *_rest()]
    index = "user_by_active" if wanted.by_use else "user_by_email"
    return [Source(_by(index), _settled(PRESENT)), *_rest()]


def _by(index: str) -> str:
    return f"store_user INDEXED BY {index}" if on_sqlite() else "store_user"


def _settled(condition: str) -> str:
    return f"settled AND {condition}" if on_sqlite() else condition


def _rest() -> list[Source]:
    return [Source("store_user NOT INDEXED", UNSETTLED)] if on_sqlite() else []


def _of_role(role: str, connections: list[int]) -> list[Source]:
    condition = f"{_settled(PRESENT)} AND connection_id = %s AND role"
    origin = _by("user_by_role")
    if role:
        return [Source(origin, f"{condition} = %s", (), (connection, role)) for connection in connections]
    return [
        Source(origin, f"{condition} {nobody}", (), (connection,))
        for connection in connections
        for nobody in ("= ''", "IS NULL")
    ]


def _beginnings() -> str:
    present = f"settled AND {PRESENT} AND {everybody()}"
    return " UNION ".join(
        f"SELECT id AS hit FROM {_by(index)} WHERE {present} AND {key} >= %s AND {key} < %s"
        for key, index in (("email_key", "user_by_email"), ("name_key", "user_by_name"))
    )


def _joined(ids: str, values: tuple[Any, ...]) -> Source:
    ids = f"{ids} UNION SELECT id FROM store_user NOT INDEXED WHERE {UNSETTLED}"
    return Source(f"({ids}) CROSS JOIN store_user ON id = hit", before=values)


def _trigrams(term: str) -> str:
    """The FTS5 expression that every row with the text in its e-mail or name fulfils, and others may."""
    grams = list(dict.fromkeys(term[i : i + 3] for i in range(len(term) - 2)))[:TRIGRAMS]
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
