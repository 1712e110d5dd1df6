"""Where SQLite finds the rows of a listing: it gathers no statistics, so each query says which index serves it.

Walking in the listing's order where many rows match, a narrow index and a sort where few do, the trigram index for a
text. Rows that are not settled yet are scanned beside it in the same statement, so that no row is missed or seen twice.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection as database

from .wanted import ID_FROM, LAST, Wanted, ids_beginning

FEW = 5000
"""Rows that are looked at one by one and sorted, rather than walked to in order: about 1 µs each."""
SCARCE = ("active", "unknown")
"""Statuses the index by status leaves out: nearly everybody has one of them."""
TRIGRAMS = 24
"""Trigrams of a text that are looked up; a hit is compared with the whole text anyway."""
WALKS = {
    "email_key": "user_by_email", "name_key": "user_by_name", "joined_at": "user_by_joined",
    "last_active_at": "user_by_active",
}  # fmt: skip
UNSETTLED = "id > (SELECT upto FROM user_settled)"
SETTLED = "settled AND listed AND departed_at IS NULL"


class Source(NamedTuple):
    """FROM and a condition beside the listing's own, with the values of each."""

    origin: str
    condition: str = "1 = 1"
    before: tuple[Any, ...] = ()
    values: tuple[Any, ...] = ()


class Hits(NamedTuple):
    """What a text finds. `source` is None where it finds too many to be looked at one by one; `share` is then about the
    part of all rows it finds."""

    source: Source | None
    share: float = 0.0


REST = Source("store_user NOT INDEXED", UNSETTLED)


def hits(wanted: Wanted) -> Hits:
    term = wanted.term
    if len(term) < 3:
        return Hits(None if wanted.departed else _joined(_beginnings(), (term, term + LAST) * 2))
    grams = _trigrams(term)
    with database.cursor() as cursor:
        found = "SELECT rowid FROM user_text WHERE user_text MATCH %s LIMIT %s"
        cursor.execute(f"SELECT count(*), max(rowid) FROM ({found})", [grams, FEW])
        count, last = cursor.fetchone()
    if count == FEW:
        return Hits(None, count / last)
    ids = "SELECT rowid AS hit FROM user_text WHERE user_text MATCH %s"
    values: tuple[str, ...] = (grams,)
    if len(wanted.typed) >= ID_FROM:
        ids += f" UNION {ids_beginning()}"
        values = (grams, wanted.typed, wanted.typed + LAST)
    return Hits(_joined(ids, values))


def walk(wanted: Wanted, groups: Iterable[tuple[int, str, str, str]], key: str, people: int) -> list[Source]:
    """Sources that give the order of `key` by themselves, or few rows. `groups` are connection, kind, status and role
    of those who are meant."""
    rare = not set(wanted.standing) & set(SCARCE)
    if wanted.departed or (rare and (key == "email_key" or people <= FEW)):
        condition = "settled AND listed AND status NOT IN ('active', 'unknown') AND connection_id = %s AND status = %s"
        pairs = sorted({(connection, status) for connection, _, status, _ in groups})
        return [*(Source("store_user INDEXED BY user_by_status", condition, (), pair) for pair in pairs), REST]
    if wanted.role is not None and (key == "email_key" or people <= FEW):
        return [*_of_role(wanted.role, sorted({connection for connection, *_ in groups})), REST]
    condition = f"{SETTLED} AND connection_id = %s AND kind = %s"
    kinds = sorted({(connection, kind) for connection, kind, *_ in groups})
    return [*(Source(f"store_user INDEXED BY {WALKS[key]}", condition, (), pair) for pair in kinds), REST]


def scan(wanted: Wanted) -> list[Source]:
    """Sources of every row that can be meant, from the narrowest index that covers the question."""
    if wanted.departed:
        return [
            Source(
                "store_user INDEXED BY user_by_status", "settled AND listed AND status NOT IN ('active', 'unknown')"
            ),
            REST,
        ]
    index = "user_by_active" if wanted.idle_before or wanted.use_unknown else "user_by_email"
    return [Source(f"store_user INDEXED BY {index}", SETTLED), REST]


def _of_role(role: str, connections: list[int]) -> list[Source]:
    origin = "store_user INDEXED BY user_by_role"
    condition = f"{SETTLED} AND connection_id = %s AND role"
    if role:
        return [Source(origin, f"{condition} = %s", (), (connection, role)) for connection in connections]
    return [
        Source(origin, f"{condition} {nobody}", (), (connection,))
        for connection in connections
        for nobody in ("= ''", "IS NULL")
    ]


def _beginnings() -> str:
    everybody = (
        f"{SETTLED} AND connection_id IN (SELECT id FROM store_connection) "
        "AND kind IN ('user', 'invite', 'service_account')"
    )
    return " UNION ".join(
        f"SELECT id AS hit FROM store_user INDEXED BY {index} WHERE {everybody} AND {key} >= %s AND {key} < %s"
        for key, index in (("email_key", "user_by_email"), ("name_key", "user_by_name"))
    )


def _joined(ids: str, values: tuple[Any, ...]) -> Source:
    rest = f"SELECT id FROM store_user NOT INDEXED WHERE {UNSETTLED}"
    return Source(f"({ids} UNION {rest}) CROSS JOIN store_user ON id = hit", before=values)


def _trigrams(term: str) -> str:
    """The FTS5 expression that every row with the text in its e-mail or name fulfils, and others may."""
    grams = list(dict.fromkeys(term[i : i + 3] for i in range(len(term) - 2)))[:TRIGRAMS]
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
