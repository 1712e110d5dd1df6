"""Which days of costs and usage had not ended when they were read: their figures will grow."""

from datetime import UTC, date

from seatwise.store.models import Stream
from seatwise.store.sums import ONE

from .money import today


class Running:
    """As the streams stand now, for the rows of one answer or one file."""

    def __init__(self) -> None:
        self.today = today()
        read = Stream.objects.exclude(covered_to=None).values_list("connection_id", "name", "covered_to", "synced_at")
        self.days: dict[tuple[int, str], date] = {}
        for connection, stream, covered_to, synced_at in read:
            last = (covered_to or self.today) - ONE
            if synced_at is None or synced_at.astimezone(UTC).date() <= last:
                self.days[connection, stream] = last

    def partial(self, connection: int, stream: str, day: date) -> bool:
        """Whether this UTC day is running, or was when it was read last."""
        return day >= self.today or day == self.days.get((connection, stream))
