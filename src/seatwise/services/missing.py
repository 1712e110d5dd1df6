"""What a listing does not tell: said by the page, by the command line and by the API in the same words. A list or a
count never looks whole while a stream behind it is not.
"""

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from seatwise.store.models import Stream

from .gaps import gaps
from .paging import Page
from .rights import Actor, Permission, require
from .rows import all_rows, describe_row
from .standing import ConnectionInfo
from .texts import connections_called

T = TypeVar("T")
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


class PageWithGaps(Page[T], Generic[T], frozen=True):
    """`unknown` says in sentences what keeps the listing from being whole; it is empty where it is."""

    unknown: list[str] = []


class Gap(NamedTuple):
    connection: ConnectionInfo
    text: str


def with_gaps(page: Page[T], listing: str, connection: str) -> PageWithGaps[T]:
    """The page with what is not known of its listing, in the connections called so."""
    return PageWithGaps(page.items, page.next, page.previous, page.total, page.more_than, _said(listing, connection))


def unknown_of(operator: Actor, *, listing: str, connection: str = "") -> list[str]:
    """What is not known of a listing of STREAMS: a sentence for each connection and stream that is not whole."""
    require(operator, Permission.SEE_USERS)
    return _said(listing, connection)


def _said(listing: str, connection: str) -> list[str]:
    called = connections_called(connection)
    rows = [row for row in all_rows() if called is None or row.pk in called]
    return [f"{row.name}: {text}" for row in rows for text in gaps(describe_row(row).streams, STREAMS[listing])]


def missing(connections: Sequence[ConnectionInfo], chosen: str, listing: str) -> list[Gap]:
    """The same for a page that knows its connections, of the one named `chosen` or of all. A first sync that is under
    way is said above the list already."""
    return [
        Gap(connection, text)
        for connection in connections
        if (not chosen or connection.name == chosen) and connection.last_complete_sync_at is not None
        for text in gaps(connection.streams, STREAMS[listing])
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
