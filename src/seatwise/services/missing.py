"""What a listing does not tell: said by the page, by the command line and by the API in the same words. A list or a
count never looks whole while a stream behind it is not.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from seatwise.store.models import Stream

from .gaps import gap, gaps
from .rights import Actor, Permission, require
from .rows import all_rows, describe_row
from .standing import ConnectionInfo, is_late
from .texts import connections_called

STREAMS = {
    "users": ("users", "invites"),
    "projects": ("projects", "project_members", "project_groups", "service_accounts", "api_keys"),
    "groups": ("groups", "group_members", "role_assignments", "project_groups"),
    "roles": ("roles", "role_assignments", "project_groups"),
    "keys": ("api_keys", "admin_keys", "service_accounts"),
    "service_accounts": ("service_accounts", "api_keys"),
    "audit_events": ("audit_events",),
}
"""What each listing rests on."""


class Gap(NamedTuple):
    connection: ConnectionInfo
    text: str


def unknown_of(operator: Actor, *, listing: str, connection: str = "") -> list[str]:
    """What is not known of a listing of STREAMS: a sentence for each connection and stream that is not whole."""
    require(operator, Permission.SEE_USERS)
    called = connections_called(connection)
    return not_whole([describe_row(row) for row in all_rows() if called is None or row.pk in called], STREAMS[listing])


def not_whole(connections: Sequence[ConnectionInfo], streams: Sequence[str]) -> list[str]:
    """What keeps these streams of any connection from being whole and kept up to date, each with the connection's
    name."""
    said = [f"{each.name}: {text}" for each in connections for text in gaps(each, streams)]
    return said + [f"{each.name}: {text}" for each in connections if (text := _no_longer(each, streams))]


def _no_longer(connection: ConnectionInfo, names: Sequence[str]) -> str:
    """Of a connection that does not follow its vendor: the last time that those streams that have no gap were read."""
    gone = connection.state == "disconnected"
    here = [stream for stream in connection.streams if stream.name in names and not gap(connection, stream)]
    read = min((stream.synced_at for stream in here if stream.synced_at), default=None)
    if read is None or not (gone or is_late(read, connection.sync_every, datetime.now(UTC))):
        return "disconnected." if gone else ""
    return f"{'disconnected, ' if gone else ''}last complete on {read.astimezone(UTC):%Y-%m-%d %H:%M} UTC."


def missing(connections: Sequence[ConnectionInfo], chosen: str, listing: str) -> list[Gap]:
    """The same for a page that knows its connections, of the one named `chosen` or of all. A first sync that is under
    way is said above the list already."""
    return [
        Gap(connection, text)
        for connection in connections
        if (not chosen or connection.name == chosen) and not first_sync(connection)
        for text in gaps(connection, STREAMS[listing])
    ]


def never_read(connections: Sequence[ConnectionInfo], chosen: str, streams: Sequence[str]) -> bool:
    """Whether nothing at all is known: none of these streams was ever read whole, of any connection in view."""
    in_view = [c for c in connections if not chosen or c.name == chosen]
    return not any(s.synced_at for c in in_view for s in c.streams if s.name in streams)


def first_sync(connection: ConnectionInfo) -> bool:
    """Users that were never listed completely are on their way, or about to be."""
    never = any(stream.required and stream.synced_at is None for stream in connection.streams)
    return never and connection.state in ("pending", "syncing")


def read_once(connections: Iterable[int]) -> set[tuple[int, str]]:
    """Connections with the names of their streams that were read completely once: of others no count is known."""
    read = Stream.objects.filter(connection__in=set(connections), synced_at__isnull=False)
    return set(read.values_list("connection_id", "name"))
