"""Which days of costs and usage had not ended when they were read: their figures will grow."""

from datetime import UTC, date, datetime

from seatwise.store.models import Stream
from seatwise.store.sums import ONE

from .money import today


def running_day(covered_to: date | None, read_at: datetime | None) -> date | None:
    """The last day that is read, where it had not ended then, or no reading was ever whole."""
    last = covered_to and covered_to - ONE
    ended = last and read_at and read_at.astimezone(UTC).date() > last
    return None if ended else last


class Running:
    """As the streams stand now, for the rows of one answer or one file."""

    def __init__(self) -> None:
        self.today = today()
        read = Stream.objects.exclude(covered_to=None).values_list("connection_id", "name", "covered_to", "synced_at")
        self.days = {(pk, stream): running_day(covered_to, read_at) for pk, stream, covered_to, read_at in read}

    def partial(self, connection: int, stream: str, day: date) -> bool:
        """Whether this UTC day is running, or was when it was read last."""
        return day >= self.today or day == self.days.get((connection, stream))
