"""Who does a run: the worker of `serve`, which keeps the schedule, or the command that asked.

Correctness lives in the database (lease.py); this room only distributes work. A lost or doubled call costs one tick.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import DatabaseError, close_old_connections, connections

from seatwise.store.models import Connection, Run

from . import engine, lease, schedule

log = logging.getLogger("seatwise.sync")
TICK = 0.5
"""Seconds between two looks at what is due."""
SIDE_BY_SIDE = 4
"""Runs at once in one worker: SQLite takes about four writers with short transactions well."""


def request(connection: Connection, trigger: str, confirmed: dict[str, int] | None = None) -> None:
    """Makes a sync due now; call it in the transaction that is the reason for it. `confirmed` names how many departures
    of a stream an operator has agreed to."""
    Connection.objects.filter(pk=connection.pk, disconnected_at=None).update(
        next_sync_at=datetime.now(UTC), next_trigger=trigger, **({"confirmed": confirmed} if confirmed else {})
    )


def cancel(connection: Connection) -> bool:
    """Asks the open run to stop; False where there is none. A run whose worker is gone is ended here."""
    lease.bury(connection)
    return bool(Run.objects.filter(connection=connection, state__in=lease.OPEN).update(stop_requested=True))


def sync_now(
    connection: Connection,
    trigger: str,
    confirmed: dict[str, int] | None = None,
    progress: engine.Progress = lambda run: None,
) -> Run:
    """Syncs in this process, or joins the run under way, and gives the run once it has ended. Raises DatabaseError."""
    while True:
        run = lease.claim(connection, trigger, confirmed or {})
        if run is not None:
            _take(connection)
            return engine.sync(run, progress=progress)
        other = Run.objects.filter(connection=connection, state__in=lease.OPEN).first()
        if other is None:
            continue
        joined = _join(connection, other, progress)
        if joined.error != lease.DIED and not confirmed:
            return joined


def _join(connection: Connection, run: Run, progress: engine.Progress) -> Run:
    while run.state in lease.OPEN:
        time.sleep(TICK)
        lease.bury(connection)
        run.refresh_from_db()
        progress(run)
    return run


def _take(connection: Connection) -> None:
    """Takes the request out of the outbox: whoever asks from here on asks for another run."""
    Connection.objects.filter(pk=connection.pk).update(next_sync_at=None)


Begun = Callable[[Run], None]
"""Told of each run that begins."""


def work(stop: threading.Event, begun: Begun = lambda run: None) -> None:
    """Keeps the schedule and does what is due, until `stop` is set; then running syncs end as canceled, and are due at
    the next start. Survives a database that is away."""
    running: dict[int, threading.Thread] = {}
    while not stop.wait(TICK):
        running = {key: thread for key, thread in running.items() if thread.is_alive()}
        try:
            close_old_connections()
            lease.bury()
            for connection in schedule.due():
                if connection.pk not in running and len(running) < SIDE_BY_SIDE:
                    running[connection.pk] = _start(connection, stop, begun)
        except DatabaseError as error:
            log.error("the schedule waits, the database does not answer: %s", error)
            connections.close_all()
    for thread in running.values():
        thread.join(20)
    connections.close_all()


def _start(connection: Connection, stop: threading.Event, begun: Begun) -> threading.Thread:
    thread = threading.Thread(
        target=_run, args=(connection, stop.is_set, begun), name=f"sync-{connection.pk}", daemon=True
    )
    thread.start()
    return thread


def _run(connection: Connection, stopping: Callable[[], bool], begun: Begun) -> None:
    try:
        connection.refresh_from_db()
        run = lease.claim(connection, connection.next_trigger, connection.confirmed)
        if run is None:
            return
        _take(connection)
        begun(run)
        log.info("sync of %s: begun (%s)", connection.name, run.trigger)
        run = engine.sync(run, stopping)
        if run.state == "canceled" and stopping():
            request(connection, run.trigger)
        log.info("sync of %s: %s, %d requests", connection.name, run.state, run.requests)
    except lease.LeaseLost:
        pass  # said in the log by the engine; the other worker's run goes on
    except Exception:
        log.exception("sync of %s: broke off", connection.name)
    finally:
        connections.close_all()
