"""When a message goes out: at once, or gathered until an hour of the day; and how long to wait after a failed try."""

import random
from datetime import UTC, datetime, timedelta

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 180, 360, 720))
"""After each failed try; with the last one it is given up. Together about a day."""
LONGEST_HINT = timedelta(days=1)


def due_at(digest_hour: int | None, now: datetime) -> datetime:
    """Now, or the next time it is that hour in UTC."""
    if digest_hour is None:
        return now
    today = now.astimezone(UTC).replace(hour=digest_hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def next_try(tries: int, hint: float | None) -> timedelta | None:
    """How long to wait after so many tries; None where it is given up. `hint` is what the other side asked for, in
    seconds."""
    if tries > len(BACKOFF):
        return None
    wait = BACKOFF[tries - 1] * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
    return max(wait, min(timedelta(seconds=hint or 0), LONGEST_HINT))
