"""Puts new keys into the full text of SQLite in bulk: in the short transactions of a sync each row would cost four
times as much (migration 0002 has the measurement). Searches scan rows above the mark, so exactness never depends on
this room. Postgres does this by itself, but for its list of entries that wait (store/roster.py says what that costs).
"""

from django.db import connection as database
from django.db import transaction

PIECE = 4000
"""Rows a transaction."""


def settle(most: int = PIECE) -> int:
    """Enters the oldest `most` of the keys that are not in the full text; how many that were. In a transaction of its
    own."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('key_text')")
        return 0
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT upto, (SELECT max(id) FROM store_key) FROM key_settled")
        upto, newest = cursor.fetchone()
        if newest is None or newest <= upto:
            return 0
        cursor.execute("SELECT id FROM store_key WHERE id > %s ORDER BY id LIMIT 1 OFFSET %s", [upto, most - 1])
        last = (cursor.fetchone() or (newest,))[0]
        cursor.execute(
            "INSERT INTO key_text (rowid, text) SELECT id, search_key FROM store_key WHERE id > %s AND id <= %s",
            [upto, last],
        )
        rows = int(cursor.rowcount)
        cursor.execute("UPDATE key_settled SET upto = %s", [last])
        return rows
