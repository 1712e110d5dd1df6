"""The lease: at most one open run a connection, and a worker writes only while the run is still its own.

Claiming and renewing are conditional UPDATEs by the database's clock. A worker that hung and wakes up finds that its
next transaction does not hold, so neither a dead nor a zombie worker can block or corrupt.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import TypeVar
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db import connection as database
from django.db.models import Q
from django.db.models.functions import Now

from seatwise.store.models import Connection, Run, RunStream

LEASE = timedelta(seconds=60)
"""How long a worker may be silent. It renews with every transaction, and every second while it waits for the vendor."""

_SECONDS = int(LEASE.total_seconds())
_TEXT = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW'{})"  # as Django keeps a time in SQLite
_CLOCK = {
    "sqlite": (_TEXT.format(""), _TEXT.format(f", '+{_SECONDS} seconds'")),
    "postgresql": ("STATEMENT_TIMESTAMP()", f"STATEMENT_TIMESTAMP() + INTERVAL '{_SECONDS} seconds'"),
}
"""Now, and when a lease renewed now runs out, by the database's clock."""

T = TypeVar("T")
PIECE = 500
"""Rows a transaction: short ones let a web write in between (engine measurements: 5,000 rows made it wait 0.8 s)."""
OPEN = ("queued", "running")
DIED = "The worker stopped before this sync was finished. What it had stored is true; the next sync lists again."


class LeaseLost(Exception):
    """Another worker has taken this run over; this one must write nothing more."""


class Stopped(Exception):
    """An operator canceled the run, or Seatwise is shutting down."""


def claim(connection: Connection, trigger: str, confirmed: dict[str, int]) -> Run | None:
    """A running run of this connection, held by the caller; None where another worker holds one."""
    bury(connection)
    try:
        with transaction.atomic():
            return Run.objects.create(
                connection=connection, trigger=trigger, state="running", started_at=Now(), heartbeat_at=Now(),
                lease=uuid4().hex, lease_until=Now() + LEASE, confirmed=confirmed,
            )  # fmt: skip
    except IntegrityError:  # run_one_open: somebody was faster
        return None


def bury(connection: Connection | None = None) -> int:
    """Ends the open runs whose worker is gone, and makes their connections due at once. How many there were."""
    dead = Run.objects.filter(Q(lease_until__lt=Now()) | Q(lease_until=None), state__in=OPEN)
    if connection is not None:
        dead = dead.filter(connection=connection)
    if not dead.exists():  # asked twice a second: mostly there is none, and a transaction would wait for writers
        return 0
    with transaction.atomic():
        runs = list(dead.select_for_update().values_list("pk", "connection_id"))
        keys = [pk for pk, _ in runs]
        RunStream.objects.filter(run__in=keys, state__in=("pending", "syncing")).update(state="failed", message=DIED)
        Run.objects.filter(pk__in=keys).update(state="failed", error=DIED, finished_at=Now(), lease="")
        owners = Connection.objects.filter(pk__in=[owner for _, owner in runs])
        owners.filter(disconnected_at=None, next_sync_at=None).update(next_sync_at=Now())
        for stream in RunStream.objects.filter(run__in=keys, state="failed").select_related("run"):
            stream.run.connection.streams.filter(name=stream.name, state="syncing").update(state="failed", message=DIED)
        return len(runs)


@contextmanager
def held(run: Run) -> Iterator[None]:
    """One transaction of this run. Raises LeaseLost or Stopped, and then nothing of it is written."""
    with transaction.atomic():
        renew(run)
        yield


def pieces(rows: Sequence[T], size: int = PIECE) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    rest = iter(rows)
    while piece := list(islice(rest, size)):
        yield piece


def renew(run: Run) -> None:
    """Says 'still mine' in the present transaction. Raises LeaseLost, or Stopped where an operator asked for it."""
    # Every transaction of a sync begins with this: the ORM took longer to put it together than the database to do it.
    now, until = _CLOCK[database.vendor]
    with database.cursor() as cursor:
        cursor.execute(
            f"UPDATE store_run SET heartbeat_at = {now}, lease_until = {until}, requests = %s "
            "WHERE id = %s AND lease = %s AND state = 'running' AND NOT stop_requested",
            [run.requests, run.pk, run.lease],
        )
        if cursor.rowcount:
            return
    if Run.objects.filter(pk=run.pk, lease=run.lease, state="running").exists():
        raise Stopped("Canceled by an operator.")
    raise LeaseLost("Another worker has taken this sync over.")


def release(run: Run, state: str, error: str = "", detail: str = "") -> None:
    """Ends the run in `state`. Raises LeaseLost where it is no longer ours."""
    run.state, run.error, run.detail = state, error, detail
    if not Run.objects.filter(pk=run.pk, lease=run.lease, state="running").update(
        state=state, error=error, detail=detail, finished_at=Now(), lease="", requests=run.requests,
    ):  # fmt: skip
        raise LeaseLost("Another worker has taken this sync over.")
