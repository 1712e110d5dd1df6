"""Connections: tried at the vendor before anything is saved, sealed, changed, and taken away again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, Q

from seatwise.connectors.catalog import connectors
from seatwise.sdk.connector import Connector
from seatwise.sdk.errors import Refused, VendorError
from seatwise.sdk.probe import ProbeLine
from seatwise.store.models import Connection, Run, Stream
from seatwise.store.secrets import SecretUnreadable, opened, seal
from seatwise.sync import dispatch, schedule
from seatwise.sync.erase import erase as erase_all
from seatwise.sync.probing import try_credentials

from .audit import attempt, operation, write
from .errors import Conflict, NotFound, Refusal, Unreachable
from .rights import Actor, Permission, require
from .standing import ConnectionInfo, StreamInfo, describe
from .texts import connections_called, plain

__all__ = ["ConnectionInfo", "StreamInfo"]
EVERY = range(5, 10081)
"""Minutes between two syncs: five minutes to a week."""
LONGEST_NAME = 120
NAME = "Give it a name of 1 to 120 characters."
TWIN = "This name or organization was connected a moment ago. Look at the Integrations page."


def list_connections(operator: Actor, *, integration: str = "") -> list[ConnectionInfo]:
    """All connections by name, those disconnected too."""
    require(operator, Permission.SEE_CONNECTIONS)
    rows = Connection.objects.filter(integration=integration) if integration else Connection.objects.all()
    rows = rows.prefetch_related("streams", _open_runs())
    return [describe(row, _open(row)) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.pk))]


def get_connection(operator: Actor, *, name: str = "", id: int | None = None) -> ConnectionInfo:
    """By name, however it is spelled, or by number. Raises NotFound."""
    require(operator, Permission.SEE_CONNECTIONS)
    row = _row(Q(pk=id) if id is not None else Q(pk__in=connections_called(name) or ()), name or str(id))
    return describe(row, _open(row))


def probe_credentials(operator: Actor, *, integration: str, credentials: Mapping[str, str]) -> list[ProbeLine]:
    """What these credentials may read. Nothing is saved. Raises Refusal and Unreachable."""
    with attempt(operator, Permission.MANAGE_CONNECTIONS, "probe_credentials", integration) as entry:
        connector = _connector(integration)
        lines = _probed(connector, _shaped(connector, credentials))
    write(operator, "probe_credentials", entry, "done")
    return lines


def probe_connection(operator: Actor, *, connection: int) -> list[ProbeLine]:
    """What the key of a connection really has, now. Raises NotFound, Refusal and Unreachable."""
    with attempt(operator, Permission.MANAGE_CONNECTIONS, "probe_connection", str(connection)) as entry:
        row = _live(connection)
        entry.target = row.name
        try:
            with opened(row) as credentials:
                lines = _probed(connectors()[row.integration], credentials)
        except SecretUnreadable as error:
            raise Refusal(str(error)) from None
    with operation(operator, Permission.MANAGE_CONNECTIONS, "probe_connection", row.name):
        _save_probe(row, lines)
    return lines


def connect(
    operator: Actor, *, integration: str, name: str, credentials: Mapping[str, str], streams_off: Sequence[str] = ()
) -> ConnectionInfo:
    """Tries the credentials, then saves them and makes the first sync due. A disconnected organization is opened again
    under the new name, with its history. Raises Refusal (`fields`, `lines`), Conflict and Unreachable."""
    name = plain(name).strip()
    with attempt(operator, Permission.MANAGE_CONNECTIONS, "connect", name, integration=integration) as entry:
        connector = _connector(integration)
        given = _shaped(connector, credentials, {} if 1 <= len(name) <= LONGEST_NAME else {"name": NAME})
        account = given[connector.manifest.account_field]
        entry.detail["organization_id"] = account
        on = _left_on(connector, streams_off)
        _no_twin(connector, name, account)
        lines = _probed(connector, given)  # outside any transaction: the vendor may take a minute
    with operation(operator, Permission.MANAGE_CONNECTIONS, "connect", name, organization_id=account):
        _no_twin(connector, name, account)
        row = _saved(integration, account, name)
        _keep(row, given, lines)
        _switch(row, connector, on)
        dispatch.request(row, "connect")
    return get_connection(operator, id=row.pk)


def reconnect(operator: Actor, *, connection: int, credentials: Mapping[str, str]) -> ConnectionInfo:
    """Replaces the secret fields, with the same checks; the organization stays. Raises as `connect` does."""
    with attempt(operator, Permission.MANAGE_CONNECTIONS, "reconnect", str(connection)) as entry:
        row = _live(connection)
        entry.target = row.name
        connector = connectors()[row.integration]
        secret = {field: credentials.get(field, "") for field in connector.manifest.secrets}
        given = _shaped(connector, {**secret, connector.manifest.account_field: row.organization_id})
        lines = _probed(connector, given)
    with operation(operator, Permission.MANAGE_CONNECTIONS, "reconnect", row.name):
        row = _live(connection, lock=True)
        row.attention = ""
        _keep(row, given, lines)
        dispatch.request(row, "connect")
    return get_connection(operator, id=connection)


def disconnect(operator: Actor, *, connection: int, erase: bool = False) -> None:
    """Stops syncing and destroys the key. Data stays, marked as disconnected, unless `erase`."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "disconnect", str(connection), erase=erase) as entry:
        row = _row(Q(pk=connection), str(connection))
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
        row = _live(connection, lock=True)
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
            _switch(row, connectors()[row.integration], streams)
    return get_connection(operator, id=connection)


def pause(operator: Actor, *, connection: int) -> ConnectionInfo:
    """From here on it syncs only when asked."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "pause", str(connection)) as entry:
        row = _live(connection)
        entry.target = row.name
        Connection.objects.filter(pk=row.pk).update(paused=True, next_sync_at=None)
    return get_connection(operator, id=connection)


def resume(operator: Actor, *, connection: int) -> ConnectionInfo:
    """Back on its schedule, beginning now."""
    with operation(operator, Permission.MANAGE_CONNECTIONS, "resume", str(connection)) as entry:
        row = _live(connection)
        entry.target = row.name
        if row.paused:
            Connection.objects.filter(pk=row.pk).update(paused=False)
            dispatch.request(row, "schedule")
    return get_connection(operator, id=connection)


def _connector(slug: str) -> Connector:
    try:
        return connectors()[slug]
    except KeyError:
        raise NotFound(f"There is no integration called {slug}.") from None


def _row(which: Q, called: str) -> Connection:
    row = Connection.objects.filter(which).prefetch_related("streams", _open_runs()).first()
    if row is None:
        raise NotFound(f"There is no connection called {called}.")
    return row


def _live(connection: int, *, lock: bool = False) -> Connection:
    if lock:  # the row as it is now, and until the transaction ends
        Connection.objects.select_for_update().filter(pk=connection).first()
    row = _row(Q(pk=connection), str(connection))
    if row.disconnected_at:
        raise Conflict(f"{row.name} is disconnected: connect its organization again first.")
    return row


def _open_runs() -> "Prefetch[str]":
    runs = Run.objects.filter(state__in=("queued", "running")).prefetch_related("streams")
    return Prefetch("runs", queryset=runs, to_attr="open_runs")


def _open(row: Connection) -> Run | None:
    return next(iter(getattr(row, "open_runs", ())), None)


def _shaped(connector: Connector, given: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> dict[str, str]:
    """The fields asked for, trimmed. Every wrong one is named at once, before any call."""
    values = {field.name: plain(str(given.get(field.name, ""))).strip() for field in connector.manifest.fields}
    refused = {**(wrong or {}), **connector.refuse(values)}
    if refused:
        raise Refusal("Nothing was saved. " + " ".join(refused.values()), fields=refused)
    return values


def _no_twin(connector: Connector, name: str, account: str) -> None:
    same = Connection.objects.filter(integration=connector.manifest.slug, organization_id=account).first()
    if same and not same.disconnected_at:
        raise Conflict(
            f"This organization is connected already, as {same.name}. To replace its key, reconnect it.",
            fields={connector.manifest.account_field: f"Connected already, as {same.name}."},
        )
    _free(name, same)


def _free(name: str, own: Connection | None) -> None:
    """Raises Conflict where a connection other than `own` has this name, however it is spelled."""
    if set(connections_called(name) or ()) - {own.pk if own else None}:
        raise Conflict(f"The name {name} is taken.", fields={"name": "Another connection has this name."})


def _saved(integration: str, account: str, name: str) -> Connection:
    """The row of a new account, or that of a disconnected one, open again with its history. Raises Conflict."""
    known = Connection.objects.select_for_update().filter(integration=integration, organization_id=account).first()
    if known and not known.disconnected_at:
        raise Conflict(TWIN)
    row = known or Connection(integration=integration, organization_id=account)
    row.name, row.disconnected_at, row.paused, row.attention = name, None, False, ""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(TWIN) from None
    return row


def _left_on(connector: Connector, off: Sequence[str]) -> list[str]:
    """Raises Refusal for a stream that cannot be switched off, or is none."""
    declared = [stream.name for stream in connector.streams]
    on = [name for name in declared if name not in off]
    _enabled(connector, [*on, *(set(off) - set(declared))])
    return on


def _probed(connector: Connector, credentials: Mapping[str, str]) -> list[ProbeLine]:
    """The probe's lines. Raises Refusal where the account, or its required stream, cannot be read."""
    try:
        lines = try_credentials(connector, credentials)
    except Refused as error:
        raise Refusal(f"Nothing was saved. {error.message}", detail=error.detail) from None
    except VendorError as error:
        raise Unreachable(f"Nothing was saved. {error.message}", detail=error.detail) from None
    except TimeoutError:
        raise Unreachable("Nothing was saved: the vendor did not answer within a minute. Try again.") from None
    required = {stream.name for stream in connector.streams if stream.required}
    for line in lines:
        if line.stream in required and line.state == "refused":
            raise Refusal(f"Nothing was saved. This key may not read {line.label.lower()}: {line.message}", lines=lines)
    return lines


def _keep(row: Connection, credentials: Mapping[str, str], lines: Sequence[ProbeLine]) -> None:
    seal(row, credentials)
    row.save(update_fields=["sealed", "attention"])
    _save_probe(row, lines)


def _save_probe(row: Connection, lines: Sequence[ProbeLine]) -> None:
    for line in lines:
        allowed = {"allowed": True, "refused": False}.get(line.state)
        fields: dict[str, Any] = {"allowed": allowed, "permission": line.permission, "probed_at": datetime.now(UTC)}
        Stream.objects.update_or_create(connection=row, name=line.stream, defaults=fields)


def _switch(row: Connection, connector: Connector, on: Sequence[str]) -> None:
    """A stream goes off with its parent. One that is switched on again is pending until it was synced."""
    due = False
    for name, switched_on in _enabled(connector, on).items():
        stored, _ = Stream.objects.get_or_create(connection=row, name=name)
        if stored.enabled != switched_on:
            due |= switched_on or bool(stored.held)  # what was held is looked at anew
            fresh = {"state": "pending", "message": "", "detail": "", "held": 0}
            Stream.objects.filter(pk=stored.pk).update(enabled=switched_on, **fresh)
    if due:
        dispatch.request(row, "operator")


def _enabled(connector: Connector, on: Sequence[str]) -> dict[str, bool]:
    """Which streams are on, where these are asked for. Raises Refusal."""
    if strange := set(on) - {stream.name for stream in connector.streams}:
        said = f"There is no stream called {', '.join(map(plain, sorted(strange)))}."
        raise Refusal(said, fields={"streams": said})
    enabled: dict[str, bool] = {}
    for stream in connector.streams:
        enabled[stream.name] = stream.name in on and (stream.parent is None or enabled[stream.parent.name])
        if stream.required and not enabled[stream.name]:
            said = f"{stream.label} cannot be switched off: everything else hangs on it."
            raise Refusal(said, fields={"streams": said})
    return enabled


def _rename(row: Connection, name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refusal(NAME, fields={"name": NAME})
    _free(name, row)
    try:
        with transaction.atomic():
            Connection.objects.filter(pk=row.pk).update(name=name)
    except IntegrityError:
        raise Conflict(f"The name {name} is taken.", fields={"name": "Another connection has this name."}) from None


def _plan_anew(row: Connection, minutes: int) -> None:
    Connection.objects.filter(pk=row.pk).update(sync_every=minutes)
    if row.next_sync_at and not row.paused and row.next_sync_at > datetime.now(UTC):
        Connection.objects.filter(pk=row.pk).update(next_sync_at=datetime.now(UTC) + schedule.interval(minutes))
