"""Syncs: asked for, canceled, done here and now, and looked back at."""

import threading
from collections.abc import Callable

from seatwise.store.models import Connection, Run
from seatwise.sync import dispatch

from .audit import SCHEDULED, Entry, operation, write
from .errors import Conflict, NotFound
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .standing import RunInfo, RunStreamInfo, describe_run

__all__ = ["RunInfo", "RunStreamInfo"]


def request_sync(operator: Actor, *, connection: int, confirm_departures: bool = False) -> None:
    """Makes a sync due now. With `confirm_departures` those depart whom the last one held.

    Raises NotFound and Conflict.
    """
    with operation(operator, Permission.SYNC, "request_sync") as entry:
        row = _connection(connection)
        entry.target = row.name
        confirmed = _held(row) if confirm_departures else {}
        if confirm_departures:
            entry.detail["confirmed"] = confirmed
        dispatch.request(row, "operator", confirmed)


def cancel_sync(operator: Actor, *, connection: int) -> bool:
    """Asks the sync under way to stop; False where there is none."""
    with operation(operator, Permission.SYNC, "cancel_sync") as entry:
        row = _connection(connection)
        entry.target = row.name
        return dispatch.cancel(row)


def sync_now(
    operator: Actor,
    *,
    connection: int,
    confirm_departures: bool = False,
    progress: Callable[[RunInfo], None] | None = None,
) -> RunInfo:
    """Syncs here, or joins the sync under way; the run once it has ended. `progress` is called as it goes."""
    require(operator, Permission.SYNC)
    row = _connection(connection)
    confirmed = _held(row) if confirm_departures else {}
    detail = {"confirmed": confirmed} if confirm_departures else {}
    write(operator, "sync_now", Entry(row.name, detail), "done")

    def told(run: Run) -> None:
        if progress:
            progress(_info(run.pk))

    return _info(dispatch.sync_now(row, "operator", confirmed, told).pk)


def keep_schedule(operator: Actor, *, stop: threading.Event) -> None:
    """Does what is due until `stop` is set. A sync that the schedule began is written down as this operator's."""
    require(operator, Permission.SYNC)

    def begun(run: Run) -> None:
        if run.trigger == "schedule":
            write(operator, SCHEDULED, Entry(run.connection.name, {"run": run.pk}), "done")

    dispatch.work(stop, begun)


def list_runs(operator: Actor, *, connection: int | None = None, cursor: str = "", limit: int = 50) -> Page[RunInfo]:
    """Syncs that ran, the latest first."""
    require(operator, Permission.SEE_CONNECTIONS)
    rows = Run.objects.select_related("connection").prefetch_related("streams")
    if connection is not None:
        rows = rows.filter(connection_id=connection)
    return page_of(rows, ("-id",), cursor, limit, lambda run: describe_run(run, run.connection.name))


def get_run(operator: Actor, *, id: int) -> RunInfo:
    """Raises NotFound."""
    require(operator, Permission.SEE_CONNECTIONS)
    return _info(id)


def _info(id: int) -> RunInfo:
    run = Run.objects.select_related("connection").prefetch_related("streams").filter(pk=id).first()
    if run is None:
        raise NotFound(f"There is no sync with the number {id}.")
    return describe_run(run, run.connection.name)


def _connection(id: int) -> Connection:
    row = Connection.objects.filter(pk=id).first()
    if row is None:
        raise NotFound(f"There is no connection with the number {id}.")
    if row.disconnected_at:
        raise Conflict(f"{row.name} is disconnected: connect its organization again first.")
    return row


def _held(row: Connection) -> dict[str, int]:
    """Confirmed are the departures that were shown, and no more."""
    return dict(row.streams.filter(state="held").values_list("name", "held"))
