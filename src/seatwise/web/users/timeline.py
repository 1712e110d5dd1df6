"""One user's story: what syncs saw change, and what the vendor's audit log says was done, in one line of time."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from seatwise.services.audit_events import AuditEventInfo
from seatwise.web.activity.rows import Row, rows
from seatwise.web.changes.diff import Moment


class Told(NamedTuple):
    """A change, or an event."""

    at: datetime
    moment: Moment | None = None
    row: Row | None = None


def story(moments: Iterable[Moment], events: Iterable[AuditEventInfo]) -> list[Told]:
    """The newest first."""
    changes = [Told(moment.change.at, moment=moment) for moment in moments]
    done = [Told(row.event.at, row=row) for row in rows(events)]
    return sorted([*changes, *done], key=lambda told: told.at, reverse=True)
