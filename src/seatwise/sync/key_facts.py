"""What a key's own row cannot say: on which day was it last seen in usage, settled once keys and usage have come, and
does its owner still stand, once the users have. In short transactions of what differs; an unchanged organization
writes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection as database

from seatwise.sdk.records import AdminKey, Key, Record, ServiceAccount, Usage, User
from seatwise.store import key_roster
from seatwise.store.models import Run

from .lease import PIECE, held, pieces
from .series import Reading
from .snapshot import Listing
from .tables import moment

EVER = date(2000, 1, 1)
OWNERS: dict[str, type[Record]] = {"user": User, "service_account": ServiceAccount}

STANDINGS = """
    SELECT id, standing FROM (SELECT k.id, k.owner_standing, CASE
        WHEN coalesce(k.owner_id, '') = '' THEN 'unnamed'
        WHEN s.id IS NOT NULL THEN CASE WHEN s.departed_at IS NULL THEN 'present' ELSE 'left' END
        WHEN u.departed_at IS NOT NULL THEN 'left'
        WHEN u.status IN ('disabled', 'banned') THEN 'disabled'
        WHEN u.status = 'active' THEN 'present'
        WHEN u.id IS NULL AND (k.owner_kind IN ({complete}) OR k.owner_standing = 'unlisted') THEN 'unlisted'
        ELSE 'unknown' END AS standing
    FROM store_key k
    LEFT JOIN store_serviceaccount s ON k.owner_kind = 'service_account'
        AND s.connection_id = k.connection_id AND s.vendor_id = k.owner_id
    LEFT JOIN store_user u ON u.connection_id = k.connection_id
        AND u.kind IN ('user', 'service_account') AND u.vendor_id = k.owner_id
    WHERE k.connection_id = %s AND k.departed_at IS NULL) AS told WHERE standing <> owner_standing"""
"""An account of a machine can have an id like a user's, so it is looked for among accounts first."""

DAYS = """
    SELECT k.id, t.day FROM store_key k {join} (
        SELECT api_key_id, max(day) AS day FROM store_usage
        WHERE connection_id = %s AND day >= %s AND api_key_id IS NOT NULL GROUP BY api_key_id
    ) AS t ON k.vendor_id = t.api_key_id
    WHERE k.connection_id = %s AND k.kind IN ('project', 'admin') AND ({moved})"""


def settle_use(run: Run, came: Sequence[Listing | Reading], *, torn: bool) -> Iterator[None]:
    """Last days of usage and the full text, from what the run has listed and read, in steps. After a run that was
    `torn` off all usage is looked at: what that one had found may not have come this far."""
    usage = [one for one in came if isinstance(one, Reading) and one.stream.record is Usage]
    vanished = torn or any(reading.result.departed for reading in usage)
    if vanished or any(
        one.result.arrived or one.result.returned for one in came if one.stream.record in (Key, AdminKey)
    ):
        yield from _settle_use(run, EVER, vanished=vanished)
    elif since := min((min(reading.came) for reading in usage if reading.came), default=None):
        yield from _settle_use(run, since, vanished=False)
    while key_roster.settle() == key_roster.PIECE:
        yield


def settle_owners(run: Run, came: Iterable[Listing]) -> None:
    """Does each key's owner still stand? Ask once the users have ended."""
    complete = {one.stream.record for one in came if one.result.state == "complete"}
    kinds = ", ".join(f"'{kind}'" for kind, record in OWNERS.items() if record in complete) or "''"
    for _ in _write(run, "owner_standing", _read(STANDINGS.format(complete=kinds), [run.connection_id])):
        pass


def _settle_use(run: Run, since: date, *, vanished: bool) -> Iterator[None]:
    """Where usage has `vanished`, a key's last day can be an earlier one now, or none."""
    known = "date(k.last_usage_at)" if database.vendor == "sqlite" else "(k.last_usage_at AT TIME ZONE 'UTC')::date"
    unlike = "IS NOT" if database.vendor == "sqlite" else "IS DISTINCT FROM"
    moved = f"{known} {unlike} t.day" if vanished else f"k.last_usage_at IS NULL OR {known} < t.day"
    first = str(since) if database.vendor == "sqlite" else since
    sql = DAYS.format(join="LEFT JOIN" if vanished else "JOIN", moved=moved)
    found = _read(sql, [run.connection_id, first, run.connection_id])
    yield from _write(run, "last_usage_at", ((pk, day and _midnight(day)) for pk, day in found))


def _midnight(day: Any) -> Any:
    of = date.fromisoformat(day) if isinstance(day, str) else day
    return moment(datetime(of.year, of.month, of.day, tzinfo=UTC))


def _read(sql: str, values: list[Any]) -> list[tuple[int, Any]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _write(run: Run, column: str, rows: Iterable[tuple[int, Any]]) -> Iterator[None]:
    """Mostly many rows get the same value: a statement a value takes half as long as one a row."""
    for piece in pieces(sorted(rows), PIECE):
        same: dict[Any, list[int]] = {}
        for pk, new in piece:
            same.setdefault(new, []).append(pk)
        with held(run), database.cursor() as cursor:
            for new, keys in same.items():
                marks = ", ".join(["%s"] * len(keys))
                cursor.execute(f"UPDATE store_key SET {column} = %s WHERE id IN ({marks})", [new, *keys])
        yield
