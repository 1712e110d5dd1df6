"""What a key's own row cannot say, settled when a run has listed what it could: does its owner still stand, and on
which day was it last seen in usage. In short transactions of what differs; an unchanged organization writes nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection as database

from seatwise.store import key_roster
from seatwise.store.models import Key, Run, RunStream, Stream

from .lease import held
from .snapshot import PIECE, pieces
from .tables import moment

EVER = date(2000, 1, 1)
KEYS, OWNERS = ("api_keys", "admin_keys"), {"user": "users", "service_account": "service_accounts"}

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

USED = "(requests > 0 OR input_tokens > 0 OR output_tokens > 0 OR quantity > 0)"
DAYS = """
    SELECT k.id, t.day FROM (
        SELECT api_key_id, max(day) AS day FROM store_usage
        WHERE connection_id = %s AND stream IN ({streams}) AND day >= %s AND api_key_id IS NOT NULL AND {used}
        GROUP BY api_key_id) AS t
    JOIN store_key k ON k.connection_id = %s AND k.kind IN ('project', 'admin') AND k.vendor_id = t.api_key_id
    WHERE k.last_usage_at IS NULL OR {known} {differs} t.day"""


def settle(run: Run, results: Mapping[str, RunStream], since: date | None) -> None:
    """All of it for the run's connection. `since` is the first day of usage that this run has read, if any."""
    _drop_doubles(run)
    _settle_owners(run)
    came = any(results[name].arrived or results[name].returned for name in KEYS if name in results)
    vanished = any(result.departed for name, result in results.items() if name.startswith("usage_"))
    if vanished or came:
        _settle_use(run, EVER, vanished=vanished)
    elif since:
        _settle_use(run, since, vanished=False)
    while key_roster.settle() == key_roster.PIECE:
        pass


def _drop_doubles(run: Run) -> None:
    """The list of admin keys can hold keys of projects: those are the project's. They were never rows of their own."""
    projects = Key.objects.filter(connection_id=run.connection_id, kind="project").values("vendor_id")
    doubles = Key.objects.filter(connection_id=run.connection_id, kind="admin", vendor_id__in=projects)
    for piece in pieces(list(doubles.values_list("pk", flat=True)), PIECE):
        with held(run):
            Key.objects.filter(pk__in=piece).delete()


def _settle_owners(run: Run) -> None:
    complete = Stream.objects.filter(connection_id=run.connection_id, state="complete", enabled=True)
    names = set(complete.values_list("name", flat=True))
    kinds = ", ".join(f"'{kind}'" for kind, stream in OWNERS.items() if stream in names) or "''"
    _write(run, "owner_standing", _read(STANDINGS.format(complete=kinds), [run.connection_id]))


def _settle_use(run: Run, since: date, *, vanished: bool) -> None:
    streams = Stream.objects.filter(connection_id=run.connection_id, name__startswith="usage_")
    names = list(streams.values_list("name", flat=True))
    if not names:
        return
    known = "date(k.last_usage_at)" if database.vendor == "sqlite" else "(k.last_usage_at AT TIME ZONE 'UTC')::date"
    sql = DAYS.format(streams=", ".join(["%s"] * len(names)), used=USED, known=known, differs="<>" if vanished else "<")
    first = str(since) if database.vendor == "sqlite" else since
    found = _read(sql, [run.connection_id, *names, first, run.connection_id])
    _write(run, "last_usage_at", ((pk, _midnight(day)) for pk, day in found))
    if vanished:
        _forget_use(run, names)


def _forget_use(run: Run, names: list[str]) -> None:
    """Keys all whose usage was taken back."""
    marks = ", ".join(["%s"] * len(names))
    gone = _read(
        f"SELECT id, NULL FROM store_key WHERE connection_id = %s AND last_usage_at IS NOT NULL AND vendor_id NOT IN ("
        f"SELECT api_key_id FROM store_usage WHERE connection_id = %s AND stream IN ({marks}) "
        f"AND api_key_id IS NOT NULL AND {USED})",
        [run.connection_id, run.connection_id, *names],
    )
    _write(run, "last_usage_at", gone)


def _midnight(day: Any) -> Any:
    of = date.fromisoformat(day) if isinstance(day, str) else day
    return moment(datetime(of.year, of.month, of.day, tzinfo=UTC))


def _read(sql: str, values: list[Any]) -> list[tuple[int, Any]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _write(run: Run, column: str, rows: Iterable[tuple[int, Any]]) -> None:
    """Mostly many rows get the same value: a statement a value takes half as long as one a row."""
    for piece in pieces(sorted(rows), PIECE):
        same: dict[Any, list[int]] = {}
        for pk, new in piece:
            same.setdefault(new, []).append(pk)
        with held(run), database.cursor() as cursor:
            for new, keys in same.items():
                marks = ", ".join(["%s"] * len(keys))
                cursor.execute(f"UPDATE store_key SET {column} = %s WHERE id IN ({marks})", [new, *keys])
