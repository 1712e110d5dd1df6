"""Connecting: credentials are tried at the vendor, outside any transaction, before anything of them is saved."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from seatwise.connectors.catalog import connectors
from seatwise.sdk.connector import Connector
from seatwise.sdk.errors import Refused, VendorError
from seatwise.sdk.probe import ProbeLine
from seatwise.store.models import Connection, Stream
from seatwise.store.secrets import SecretUnreadable, opened, seal
from seatwise.sync import dispatch
from seatwise.sync.probing import try_credentials

from .audit import attempt, operation, write
from .errors import Conflict, NotFound, Refusal, Unreachable
from .rights import Actor, Permission
from .rows import LONGEST_NAME, NAME, describe_row, enabled_streams, keep_name_free, live_row, switch_streams
from .standing import ConnectionInfo
from .texts import plain

TWIN = "This name or organization was connected a moment ago. Look at the Integrations page."


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
        row = live_row(connection)
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
        switch_streams(row, connector, on)
        dispatch.request(row, "connect")
    return describe_row(row.pk)


def reconnect(operator: Actor, *, connection: int, credentials: Mapping[str, str]) -> ConnectionInfo:
    """Replaces the secret fields, with the same checks; the organization stays. Raises as `connect` does."""
    with attempt(operator, Permission.MANAGE_CONNECTIONS, "reconnect", str(connection)) as entry:
        row = live_row(connection)
        entry.target = row.name
        connector = connectors()[row.integration]
        secret = {field: credentials.get(field, "") for field in connector.manifest.secrets}
        given = _shaped(connector, {**secret, connector.manifest.account_field: row.organization_id})
        lines = _probed(connector, given)
    with operation(operator, Permission.MANAGE_CONNECTIONS, "reconnect", row.name):
        row = live_row(connection, lock=True)
        row.attention = ""
        _keep(row, given, lines)
        dispatch.request(row, "connect")
    return describe_row(connection)


def _connector(slug: str) -> Connector:
    try:
        return connectors()[slug]
    except KeyError:
        raise NotFound(f"There is no integration called {slug}.") from None


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
    keep_name_free(name, same)


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
    enabled_streams(connector, [*on, *(set(off) - set(declared))])
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
        fields["untried"] = line.message if allowed is None else ""
        Stream.objects.update_or_create(connection=row, name=line.stream, defaults=fields)
