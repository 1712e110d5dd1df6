"""When each user was last active, from every source there is; and how many held a license today. Worked out after a
run, in short transactions; a row that is right already is not written.

The sources are the vendor's own field in its list of users, the keys they own (when the vendor last saw one used, or
the last day of usage that names it), usage by day that names them, and the audit log. A time that lies ahead counts
once it has passed: clocks differ, and nobody was active tomorrow.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection as database

from seatwise.connectors.catalog import connectors
from seatwise.store.holders import GROUPS, holders
from seatwise.store.listing import Listing
from seatwise.store.models import LicenseDay, Run
from seatwise.store.models.activity import AUDIT_LOG, KEY_USE, OWN_KEY, USAGE

from . import schedule, tables
from .lease import PIECE, held

MOVED = "user_moved"

# One statement over all users. Each source is one pass over one index: 100,000 users, a million usage rows and half a
# million events take about a second, and memory stays flat because what differs goes into a table of this session.
_DIFFER = """
CREATE TEMPORARY TABLE {moved} AS
SELECT row_number() OVER () AS n, id, newest, source FROM (
    SELECT id, was, said, newest, CASE
        WHEN newest IS NULL THEN NULL WHEN field = newest THEN %s WHEN owned = newest THEN %s
        WHEN event = newest THEN %s ELSE %s END AS source
    FROM (
        SELECT users.id AS id, last_active_at AS was, last_active_source AS said, {newest} AS newest,
            {field} AS field, owned, event
        FROM store_user AS users
        LEFT JOIN (
            SELECT owner_id AS owner, MAX(last_use_at) AS owned FROM store_key
            WHERE connection_id = %s AND owner_id IS NOT NULL AND last_use_at <= %s GROUP BY owner_id
        ) AS keys ON owner = vendor_id
        LEFT JOIN (
            SELECT user_id AS person, MAX(day) AS used FROM store_usage
            WHERE connection_id = %s AND user_id IS NOT NULL AND day <= %s GROUP BY user_id
        ) AS days ON person = vendor_id
        LEFT JOIN (
            SELECT actor_id AS actor, MAX(at) AS event FROM store_auditevent
            WHERE connection_id = %s AND actor_id IS NOT NULL AND at <= %s {active} GROUP BY actor_id
        ) AS events ON actor = vendor_id
        WHERE connection_id = %s AND kind <> 'invite'
    ) AS each
) AS every WHERE {differs}"""
_FIELD = "CASE WHEN api_key_last_used_at <= {now} THEN api_key_last_used_at END"
_BY_VENDOR = {
    "sqlite": {
        "newest": "NULLIF(MAX(COALESCE({field}, ''), COALESCE(owned, ''), COALESCE(event, ''), "
        "COALESCE(used || ' 00:00:00', '')), '')",
        "differs": "newest IS NOT was OR source IS NOT said",
    },
    "postgresql": {
        "newest": "GREATEST({field}, owned, event, used::timestamp AT TIME ZONE 'UTC')",
        "differs": "newest IS DISTINCT FROM was OR source IS DISTINCT FROM said",
    },
}


def settle(run: Run) -> None:
    """Writes the last activity of every user of the run's connection where it moved."""
    with database.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {MOVED}")
        sql, values = _statement(run, datetime.now(UTC))
        cursor.execute(sql, values)
        cursor.execute(f"SELECT COUNT(*) FROM {MOVED}")
        count = cursor.fetchone()[0]
    for begin in range(0, count, PIECE):
        with held(run), database.cursor() as cursor:
            cursor.execute(
                f"UPDATE store_user SET last_active_at = newest, last_active_source = source FROM {MOVED} "
                f"WHERE {MOVED}.id = store_user.id AND n > %s AND n <= %s",
                [begin, begin + PIECE],
            )
    with database.cursor() as cursor:
        cursor.execute(f"DROP TABLE {MOVED}")


def _statement(run: Run, now: datetime) -> tuple[str, list[Any]]:
    vendor, moment, connection = _BY_VENDOR[database.vendor], tables.moment(now), run.connection_id
    passive = connectors()[run.connection.integration].passive
    field = _FIELD.format(now="%s")
    sql = _DIFFER.format(
        moved=MOVED,
        newest=vendor["newest"].format(field=field),
        field=field,
        differs=vendor["differs"],
        active=f"AND type NOT IN ({', '.join(['%s'] * len(passive))})" if passive else "",
    )
    today: Any = str(now.date()) if database.vendor == "sqlite" else now.date()
    keys, usage, events = (connection, moment), (connection, today), (connection, moment, *passive)
    return sql, [KEY_USE, OWN_KEY, AUDIT_LOG, USAGE, moment, moment, *keys, *usage, *events, connection]


def count_licenses(run: Run) -> None:
    """Today's line of each license; ask once the users are listed completely."""
    now, days = datetime.now(UTC), schedule.idle_days()
    idle_before = now - timedelta(days=days)
    for kind in connectors()[run.connection.integration].manifest.licenses:
        numbers = {group: Listing(holders(group, (run.connection_id,), idle_before)).number for group in GROUPS}
        numbers["idle_days"] = days
        today = LicenseDay.objects.filter(connection_id=run.connection_id, license=kind.slug, day=now.date())
        if today.filter(**numbers).exists():
            continue
        with held(run):
            if not today.update(**numbers):
                LicenseDay.objects.create(connection_id=run.connection_id, license=kind.slug, day=now.date(), **numbers)
