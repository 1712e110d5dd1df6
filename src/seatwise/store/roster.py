"""Puts new users into the listings' indexes and the headcount in bulk, on SQLite.

In the short transactions of a sync they would cost 40 µs a row, in bulk 12 (migration 0002 has the measurement). So a
new row is not `settled` at first: listings find it by its number, above `user_settled.upto`, and scan it; exactness
never depends on this room. Triggers keep settled rows true. Postgres does this by itself, but for the texts: what its
trigram index has not entered yet is read from end to end by each search, which took twice as long after a sync.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from django.db import connection as database
from django.db import transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from .models import User
from .sources import UNSETTLED

PIECE = 4000
"""Rows a transaction: 4,000 hold the write lock for about 50 ms; 1,000 cost twice as much a row."""

_TEXT = "ifnull(email_key, '') || char(10) || ifnull(name_key, '')"
_RANGE = "id > %s AND id <= %s"


_STATUS = (
    "CASE WHEN status = 'unknown' AND connection_id = %s AND kind <> 'invite' AND departed_at IS NULL "
    "THEN 'active' ELSE status END"
)


def settle(most: int = PIECE, confirmed: int = 0) -> int:
    """Settles the oldest `most` of the rows that are not; how many there were (fewer than `most`: all are settled).
    In a transaction of its own. `confirmed` is a connection all whose users are in a complete listing: those unknown
    among these rows become active, which is cheaper before they are in any index."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('user_text')")
        return 0
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT upto, (SELECT max(id) FROM store_user) FROM user_settled")
        upto, newest = cursor.fetchone()
        if newest is None or newest <= upto:
            return 0
        cursor.execute("SELECT id FROM store_user WHERE id > %s ORDER BY id LIMIT 1 OFFSET %s", [upto, most - 1])
        last = (cursor.fetchone() or (newest,))[0]
        span = [upto, last]
        cursor.execute(f"INSERT INTO user_text (rowid, text) SELECT id, {_TEXT} FROM store_user WHERE {_RANGE}", span)
        cursor.execute(
            "INSERT INTO store_headcount (connection_id, kind, status, role, people) "
            f"SELECT connection_id, kind, {_STATUS}, ifnull(role, ''), count(*) FROM store_user NOT INDEXED "
            f"WHERE {_RANGE} AND listed GROUP BY 1, 2, 3, 4 "
            "ON CONFLICT (connection_id, kind, status, role) DO UPDATE SET people = people + excluded.people",
            [confirmed, *span],
        )
        cursor.execute(f"UPDATE store_user SET settled = 1, status = {_STATUS} WHERE {_RANGE}", [confirmed, *span])
        rows = int(cursor.rowcount)
        cursor.execute("UPDATE user_settled SET upto = %s", [last])
        return rows


def of_role(connection_id: int, role: str) -> list[QuerySet[User]]:
    """The present users of a connection who have a role, found by the index of roles: in parts, to be united."""
    have = User.objects.filter(role=role, listed=True, departed_at=None)
    rows = have.filter(connection_id=connection_id)
    if database.vendor == "postgresql":
        return [rows]
    # The + keeps SQLite from going through the whole connection by another index.
    rest = f"{UNSETTLED} AND +connection_id = %s"
    return [rows.filter(settled=True), have.filter(RawSQL(rest, (connection_id,), BooleanField()))]  # noqa: S611


def gather_statistics(*tables: str) -> None:
    """After a first listing, of these tables or of all. Postgres gathers them by itself a minute later, and until then
    joins 20,000 invitations with 100,000 users row by row, for many minutes; SQLite never does, and takes the members
    of a project from an index by user. A sample is enough: a fraction of a second, or some milliseconds."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(f"ANALYZE {', '.join(tables)}")
            return
        cursor.execute("PRAGMA analysis_limit = 400")
        for statement in [f"ANALYZE {table}" for table in tables] or ["ANALYZE"]:
            cursor.execute(statement)
