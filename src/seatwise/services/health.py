"""Looks at an install the way its admin would: what is wrong, and what to do."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from django.conf import settings
from django.db import DatabaseError
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

from seatwise.connectors.catalog import connectors
from seatwise.store.keys import secret_keys
from seatwise.store.models import Connection, Run
from seatwise.store.secrets import SecretUnreadable, opened
from seatwise.sync.probing import reachable

from .links import owner_exists
from .rights import Actor, Permission, require

APART = timedelta(minutes=5)
PATIENCE = timedelta(minutes=2)


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at; `what_to_do` is empty where it is well."""

    ok: bool
    what: str
    what_to_do: str = ""


def check(operator: Actor) -> list[Finding]:
    """Data directory, keys, database, operators, each connection's credentials, whether its vendor can be reached."""
    require(operator, Permission.SEE_CONNECTIONS)
    findings = [*_directory(), *_keys()]
    tables = list(_tables())
    findings += tables
    if all(finding.ok for finding in tables):
        findings += [*_owner(), *_clock(), *_worker(), *_credentials(), *_vendors()]
    return findings


def _directory() -> Iterator[Finding]:
    path = settings.DATA_DIR
    what = f"Data directory {path}"
    if not os.access(path, os.W_OK):
        yield Finding(False, f"{what} cannot be written", "Give it to the user that runs Seatwise.")
    elif os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding(False, f"{what} is open to other users", f"chmod 700 {path}")
    else:
        yield Finding(True, f"{what} is private and writable")


def _keys() -> Iterator[Finding]:
    try:
        count = len(secret_keys(settings.DATA_DIR))
        yield Finding(True, f"Key store: {count} key{'s' if count > 1 else ''}")
    except (ValueError, OSError) as error:
        yield Finding(False, f"Key store: {error}", "Correct SEATWISE_SECRET_KEYS, or put back the file secret_keys.")


def _tables() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(database)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Finding(False, f"The database does not answer: {error}", "Start it, or correct SEATWISE_DATABASE_URL.")
        return
    if not executor.loader.applied_migrations:
        yield Finding(False, "The database is empty", "Start `seatwise serve` once: it makes the tables.")
    elif waiting:
        yield Finding(
            False, "The database is older than this Seatwise", "Start `seatwise serve` once: it brings it up."
        )
    else:
        yield Finding(True, f"Database ({database.vendor}) answers and is up to date")


def _owner() -> Iterator[Finding]:
    if owner_exists():
        yield Finding(True, "There is an owner")
    else:
        yield Finding(False, "Nobody owns this Seatwise yet", "Start `seatwise serve` and open the link it prints.")


def _clock() -> Iterator[Finding]:
    """What was written down in the future, or a database that lives at another time."""
    here = datetime.now(UTC)
    there = _database_time() if database.vendor == "postgresql" else here
    newest = Run.objects.order_by("-id").values_list("created_at", flat=True).first() or here
    if abs(there - here) > APART or newest - here > APART:
        yield Finding(False, "The clock of this machine is not right", "Let it be set by the network (NTP).")
    else:
        yield Finding(True, "The clock agrees with what is stored")


def _database_time() -> datetime:
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def _worker() -> Iterator[Finding]:
    """A sync that is due for long and that nobody has begun."""
    busy = Run.objects.filter(state__in=("queued", "running")).values("connection_id")
    due = Connection.objects.filter(disconnected_at=None, next_sync_at__lt=datetime.now(UTC) - PATIENCE)
    if name := due.exclude(pk__in=busy).values_list("name", flat=True).first():
        yield Finding(False, f"{name} is due for a sync, and no worker has begun it", "Start `seatwise serve`.")
    else:
        yield Finding(True, "No sync waits for a worker")


def _credentials() -> Iterator[Finding]:
    for connection in Connection.objects.exclude(sealed="").order_by("name"):
        try:
            with opened(connection):
                yield Finding(True, f"{connection.name}: its credentials can be opened")
        except SecretUnreadable as error:
            yield Finding(False, f"{connection.name}: its credentials cannot be opened", str(error))


def _vendors() -> Iterator[Finding]:
    used = set(Connection.objects.filter(disconnected_at=None).values_list("integration", flat=True))
    for slug in sorted(used):
        why = reachable(connectors()[slug])
        name = connectors()[slug].manifest.name
        if why:
            yield Finding(False, f"{name} cannot be reached: {why}", "Let this machine reach it, or set its proxy.")
        else:
            yield Finding(True, f"{name} can be reached")
