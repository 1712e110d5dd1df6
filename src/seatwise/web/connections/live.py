"""When a page should look again by itself: while a sync runs or is about to, and never afterwards."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from seatwise.services.connections import ConnectionInfo

PATIENCE = 60
"""Seconds a due sync may wait before the page says that nobody takes it."""


class Live(NamedTuple):
    """`seconds` until the next look (0: no more), `waiting` whether a sync is due but not begun, `late` since when
    it is due, where that is longer than it should be, `percent` of what the last complete sync came to, where known."""

    seconds: int = 0
    waiting: bool = False
    late: datetime | None = None
    percent: int | None = None


def live(connection: ConnectionInfo) -> Live:
    """How a page showing this connection keeps itself true."""
    if connection.run is not None:
        return Live(seconds=1, waiting=connection.run.state == "queued", percent=_percent(connection))
    due = connection.next_sync_at
    if due is None or connection.paused or connection.state == "disconnected" or due > timezone.now():
        return Live()
    if (timezone.now() - due).total_seconds() < PATIENCE:
        return Live(seconds=1, waiting=True)
    return Live(seconds=10, waiting=True, late=due)


def _percent(connection: ConnectionInfo) -> int | None:
    expected = {stream.name: stream.records for stream in connection.streams if stream.enabled and stream.synced_at}
    if connection.run is None or not sum(expected.values()) or len(expected) < len(connection.run.streams):
        return None
    came = sum(min(stream.records, expected.get(stream.name, 0)) for stream in connection.run.streams)
    return min(99, came * 100 // sum(expected.values()))


def soonest(connections: list[ConnectionInfo]) -> int:
    """The shortest of their waits; 0 where none needs a look."""
    return min((seconds for c in connections if (seconds := live(c).seconds)), default=0)
