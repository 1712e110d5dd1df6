"""What is not known of keys: a list or a count must never look whole when a stream behind it is not."""

from collections.abc import Sequence
from typing import NamedTuple

from seatwise.services.connections import ConnectionInfo
from seatwise.services.gaps import gaps

STREAMS = ("api_keys", "admin_keys", "service_accounts")


class Gap(NamedTuple):
    connection: ConnectionInfo
    text: str


def missing(connections: Sequence[ConnectionInfo], chosen: str, streams: Sequence[str] = STREAMS) -> list[Gap]:
    """A line for each stream that is off, forbidden, or was never read whole, of the connections in view. A first sync
    that is under way is said above the list already."""
    return [
        Gap(connection, text)
        for connection in connections
        if (not chosen or connection.name == chosen) and connection.last_complete_sync_at is not None
        for text in gaps(connection.streams, streams)
    ]


def never_read(connections: Sequence[ConnectionInfo], chosen: str, streams: Sequence[str]) -> bool:
    """Whether nothing at all is known: none of these streams was ever read whole, of any connection in view."""
    in_view = [c for c in connections if not chosen or c.name == chosen]
    return not any(s.synced_at for c in in_view for s in c.streams if s.name in streams)
