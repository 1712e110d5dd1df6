"""Connections: listed, changed, paused, and taken away again. How they come to be is in connecting.py."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from seatwise.connectors.catalog import connectors
from seatwise.store.models import Connection
from seatwise.sync import dispatch, schedule
from seatwise.sync.erase import erase as erase_all

from .audit import operation
from .connecting import connect, probe_connection, probe_credentials, reconnect
from .errors import Conflict, Refusal
from .rights import Actor, Permission, require
from .rows import LONGEST_NAME, NAME, all_rows, describe_row, find_row, keep_name_free, live_row, switch_streams
from .standing import ConnectionInfo, StreamInfo
from .texts import connections_called, plain

__all__ = ["ConnectionInfo", "StreamInfo", "connect", "probe_connection", "probe_credentials", "reconnect"]
EVERY = range(5, 10081)
"""Minutes between two syncs: five minutes to a week."""


def list_connections(operator: Actor, *, integration: str = "") -> list[ConnectionInfo]:
    """All connections by name, those disconnected too."""
    require(operator, Permission.SEE_CONNECTIONS)
    return [describe_row(row) for row in all_rows() if integration in ("", row.integration)]


def get_connection(operator: Actor, *, name: str = "", id: int | None = None) -> ConnectionInfo:
    """By name, however it is spelled, or by number. Raises NotFound."""
    require(operator, Permission.SEE_CONNECTIONS)
    which = Q(pk=id) if id is not None else Q(pk__in=connections_called(name) or ())
    return describe_row(find_row(which, name or str(id)))


def disconnect(operator: Actor, *, connection: int, erase: bool = False) -> None:
    """Stops syncing and destroys the key. Data stays, marked as disconnected, unless `erase`."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "disconnect", str(connection), erase=erase) as entry:
        row = find_row(Q(pk=connection), str(connection))
        entry.target = row.name
        dispatch.cancel(row)
        Connection.objects.filter(pk=row.pk).update(
            sealed="", disconnected_at=datetime.now(UTC), next_sync_at=None, attention=""
        )
    if erase:
        erase_all(row)


def change_connection(
    operator: Actor,
    *,
    connection: int,
    name: str | None = None,
    sync_every: int | None = None,
    streams: Sequence[str] | None = None,
) -> ConnectionInfo:
    """Renames, sets the interval in minutes, switches on exactly `streams`. Raises Refusal, Conflict and NotFound."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "change_connection", str(connection)) as entry:
        row = live_row(connection, lock=True)
        entry.target = row.name
        if name is not None and (name := plain(name).strip()) != row.name:
            entry.detail["name"] = name
            _rename(row, name)
        if sync_every is not None and sync_every != row.sync_every:
            if sync_every not in EVERY:
                raise Refusal("Choose 5 minutes to 7 days.", fields={"sync_every": "Choose 5 to 10080 minutes."})
            entry.detail["sync_every"] = sync_every
            _plan_anew(row, sync_every)
        if streams is not None:
            entry.detail["streams"] = list(streams)
            switch_streams(row, connectors()[row.integration], streams)
    return describe_row(connection)


def pause(operator: Actor, *, connection: int) -> ConnectionInfo:
    """From here on it syncs only when asked."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "pause", str(connection)) as entry:
        row = live_row(connection)
        entry.target = row.name
        Connection.objects.filter(pk=row.pk).update(paused=True, next_sync_at=None)
    return describe_row(connection)


def resume(operator: Actor, *, connection: int) -> ConnectionInfo:
    """Back on its schedule, beginning now."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "resume", str(connection)) as entry:
        row = live_row(connection)
        entry.target = row.name
        if row.paused:
            Connection.objects.filter(pk=row.pk).update(paused=False)
            dispatch.request(row, "schedule")
    return describe_row(connection)


def _rename(row: Connection, name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refusal(NAME, fields={"name": NAME})
    keep_name_free(name, row)
    try:
        with transaction.atomic():
            Connection.objects.filter(pk=row.pk).update(name=name)
    except IntegrityError:
        raise Conflict(f"The name {name} is taken.", fields={"name": "Another connection has this name."}) from None


def _plan_anew(row: Connection, minutes: int) -> None:
    Connection.objects.filter(pk=row.pk).update(sync_every=minutes)
    if row.next_sync_at and not row.paused and row.next_sync_at > datetime.now(UTC):
        Connection.objects.filter(pk=row.pk).update(next_sync_at=datetime.now(UTC) + schedule.interval(minutes))
