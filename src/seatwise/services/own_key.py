"""Which of an organization's Admin Keys is the one we work with, and when it expires.

A vendor lists keys by their head and tail alone, so ours is found by those of the sealed key: opened here, compared,
and forgotten. Where several rows fit, there is no telling which is ours: then nothing is said rather than guessed.
"""

import re
from datetime import datetime

from seatwise.store.models import Connection, Key
from seatwise.store.secrets import SecretUnreadable, opened

SHORTEST = 3
"""Letters of a tail that tell a key from others; the head is the same for all of a kind."""
MASK = re.compile(r"[*•.…]{2,}|…")
STEPS = (3, 14, 30)
"""Days before it expires on which it is told."""


def own_key_row(connection: Connection) -> Key | None:
    """The row of the key that this connection works with; None where no row or several fit."""
    rows = [
        row
        for row in Key.objects.filter(connection=connection, kind="admin", departed_at=None)
        if MASK.search(row.redacted_value or "")
    ]
    if not rows or not connection.sealed:
        return None
    try:
        with opened(connection) as credentials:
            ours = [
                row for row in rows if any(_fits(row.redacted_value or "", value) for value in credentials.values())
            ]
    except SecretUnreadable:
        return None
    return ours[0] if len(ours) == 1 else None


def step_of(expires_at: datetime, now: datetime) -> int | None:
    """The smallest of 3, 14 and 30 days that it is within; None while it is further away, or once it has expired: then
    the connection itself says so."""
    left = (expires_at - now).total_seconds() / 86_400
    return next((days for days in STEPS if 0 < left <= days), None)


def _fits(redacted: str, secret: str) -> bool:
    """Whether the short form shown is of this secret."""
    head, tail = MASK.split(redacted, maxsplit=1)[0], MASK.split(redacted)[-1]
    long_enough = len(tail) >= SHORTEST and len(head) + len(tail) < len(secret)
    return long_enough and secret.startswith(head) and secret.endswith(tail)
