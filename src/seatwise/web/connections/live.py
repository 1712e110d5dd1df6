"""When a page should look again by itself: while a sync runs or is about to, and never afterwards."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from seatwise.services.connections import ConnectionInfo

PATIENCE = 60
"""Seconds a due sync may wait before the page says that nobody takes it."""


class Live(NamedTuple):
    """`seconds` until the next look (0: no more), `waiting` whether a sync is due but not begun, `late` since when
    it is due, where that is longer than it should be."""

    seconds: int = 0
    waiting: bool = False
    late: datetime | None = None


def live(connection: ConnectionInfo) -> Live:
    """How a page showing this connection keeps itself true."""
    if connection.run is not None:
        return Live(seconds=1, waiting=connection.run.state == "queued")
    due = connection.next_sync_at
    if due is None or connection.paused or connection.state == "disconnected" or due > timezone.now():
        return Live()
    if (timezone.now() - due).total_seconds() < PATIENCE:
        return Live(seconds=1, waiting=True)
    return Live(seconds=10, waiting=True, late=due)


def soonest(connections: list[ConnectionInfo]) -> int:
    """The shortest of their waits; 0 where none needs a look."""
    return min((seconds for c in connections if (seconds := live(c).seconds)), default=0)
