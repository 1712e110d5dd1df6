"""Where the rows of a listing are found: walking in the listing's order where many rows match, a narrow index and a
sort where few do, the trigram index for a text.

On SQLite each query says which index serves it: its statistics know nothing of a text or of this very organization.
Rows that are not settled yet are scanned beside it in the same statement, so that no row is missed or seen twice.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection as database

from .wanted import Wanted, begins, in_texts

FEW = 500
"""Hits of a text that are read at once, and counted and sorted by us."""
SORTED = 2500
"""Hits of a text, or rows of a narrow index, that are sorted rather than walked to in the listing's order."""
SCARCE = ("active", "unknown")
"""Statuses the index by status leaves out: nearly everybody has one of them."""
LOOKED_UP = 12
"""Characters of a text that are looked up: all of a whole address took four times as long, mostly over what everybody's
address has. A hit is compared with the whole text anyway."""
WALKS = {
    "email_key": "user_by_email", "name_key": "user_by_name", "joined_at": "user_by_joined",
    "last_active_at": "user_by_active", "spend_rank": "user_by_spend",
}  # fmt: skip
PRESENT = "listed AND departed_at IS NULL"
RARE = "listed AND status NOT IN ('active', 'unknown')"
UNSETTLED = "id > (SELECT upto FROM user_settled)"
MATCHING = "SELECT rowid AS hit FROM user_text WHERE user_text MATCH %s"
Group = tuple[int, str, str, str]
"""Connection, kind, status and role."""


class Source(NamedTuple):
    """FROM and a condition beside the listing's own, with the values of each. What is `exact` holds no row without the
    text that is looked for; what is `fenced` is found first and sorted then: Postgres' planner would rather walk a
    whole order for a handful."""

    origin: str
    condition: str = "1 = 1"
    before: tuple[Any, ...] = ()
    values: tuple[Any, ...] = ()
    exact: bool = False
    fenced: bool = False


def on_sqlite() -> bool:
    return database.vendor == "sqlite"


def about(wanted: Wanted) -> tuple[int, str]:
    """About how many rows a text finds, whatever else is wanted, and the piece of it to look up: its beginning, or its
    end where that finds fewer."""
    beginning, end = wanted.term[:LOOKED_UP], wanted.term[-LOOKED_UP:]
    found = _hits(wanted, beginning), beginning
    return found if found[0] < FEW or beginning == end else min(found, (_hits(wanted, end), end))


def _hits(wanted: Wanted, piece: str) -> int:
    if not on_sqlite():
        return _planned(*in_texts(piece))
    if wanted.short:
        present = f"{_settled(PRESENT)} AND {wanted.everybody}"
        kept = (("user_by_email", "email_key"), ("user_by_name", "name_key"))
        found = [
            _some(f"SELECT 1 AS hit FROM {_by(index)} WHERE {present} AND {begins(key)}", wanted.beginnings)[0]
            for index, key in kept
        ]
        return sum(found) if max(found) < FEW else SORTED
    hits, last, newest = _some(MATCHING, (_trigrams(piece),))
    by_id = _some(f"SELECT 1 AS hit FROM {wanted.whose_id_begins}", wanted.ids)[0] if wanted.by_id else 0
    return max(hits if hits < FEW else hits * newest // last, by_id)


def texts(wanted: Wanted, piece: str, groups: Iterable[Group], order: str = "") -> list[Source]:
    """Sources of what a text finds, each row in one of them: by e-mail and name, then by id what these do not find.
    `piece` is looked up; `groups` are those who are meant; `order` is the key they will be sorted by."""
    if wanted.short:
        return scan(wanted) if wanted.departed else [*_beginnings(wanted, _kinds(groups), order), *_rest()]
    text, values = in_texts(wanted.term)
    if on_sqlite():
        origin = f"({MATCHING}) CROSS JOIN store_user ON id = hit"
        sources = [Source(origin, f"({text})", (_trigrams(piece),), values, exact=True)]
    else:
        held, bounds = in_texts(piece)
        condition = f"listed AND ({held}) AND ({text})"
        sources = [Source("store_user", condition, (), bounds + values, exact=True, fenced=True)]
    if wanted.by_id:
        others = f"{wanted.whose_id_begins} AND {_settled('listed')} AND ({text}) IS NOT TRUE"
        sources.append(Source(f"(SELECT * FROM {others}) AS others", before=(*wanted.ids, *values), exact=True))
    return [*sources, *_rest()]


def walk(wanted: Wanted, groups: Iterable[Group], key: str, people: int) -> list[Source]:
    """Sources that give the order of `key` by themselves, or few rows. `groups` are those who are meant."""
    rare = not set(wanted.standing) & set(SCARCE)
    if wanted.departed or (rare and (key == "email_key" or people <= SORTED)):
        condition = f"{_settled(RARE)} AND connection_id = %s AND status = %s"
        pairs = sorted({(connection, status) for connection, _, status, _ in groups})
        return [*(Source(_by("user_by_status"), condition, (), pair) for pair in pairs), *_rest()]
    if wanted.role is not None and (key == "email_key" or people <= SORTED):
        return [*_of_role(wanted.role, sorted({connection for connection, *_ in groups})), *_rest()]
    condition = f"{_settled(PRESENT)} AND connection_id = %s AND kind = %s"
    return [*(Source(_by(WALKS[key]), condition, (), pair) for pair in _kinds(groups)), *_rest()]


def scan(wanted: Wanted) -> list[Source]:
    """Sources of every row that can be meant, from the narrowest index that covers the question."""
    if wanted.departed:
        return [Source(_by("user_by_status"), _settled(RARE)), *_rest()]
    if wanted.by_use:
        return [Source(_by("user_by_active"), f"{_settled(PRESENT)} AND {wanted.everybody}"), *_rest()]
    return [Source(_by("user_by_email"), _settled(PRESENT)), *_rest()]


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


def _beginnings(wanted: Wanted, kinds: Iterable[tuple[int, str]], order: str) -> list[Source]:
    present = f"{_settled(PRESENT)} AND connection_id = %s AND kind = %s"
    email, name = begins("email_key"), f"{begins('name_key')} AND ({begins('email_key')}) IS NOT TRUE"
    sources = (
        ("email_key", "user_by_email", email, wanted.beginnings),
        ("name_key", "user_by_name", name, wanted.beginnings * 2),
    )
    return [
        Source(_by(index), f"{present} AND {text}", (), pair + values, True, not on_sqlite() and order not in ("", key))
        for key, index, text, values in sources
        for pair in kinds
    ]


def _kinds(groups: Iterable[Group]) -> list[tuple[int, str]]:
    return sorted({(connection, kind) for connection, kind, *_ in groups})


def _some(rows: str, values: tuple[str, ...]) -> tuple[int, int, int]:
    """How many hits there are, at most FEW; the last of these, and the last row there is."""
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), max(hit), (SELECT upto FROM user_settled) FROM ({rows} LIMIT {FEW})", values
        )  # fmt: skip
        some: tuple[int, int, int] = cursor.fetchone()
    return some


def _planned(condition: str, values: tuple[str, ...]) -> int:
    """How many rows Postgres' planner expects; half of them, since a text stands in most e-mails whose name has it, and
    the planner takes the two for independent."""
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT id FROM store_user WHERE listed AND ({condition})", values)
        ((explained,),) = cursor.fetchone()
    return int(explained["Plan"]["Plan Rows"]) // 2


def _trigrams(term: str) -> str:
    """The FTS5 expression that every row with the text in its e-mail or name fulfils, and others may."""
    starts = [*range(0, len(term) - 2, 3), len(term) - 3]
    grams = dict.fromkeys(term[i : i + 3] for i in starts)
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
