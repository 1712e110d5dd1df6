"""The keys of one user, for a card on the user's page."""

from typing import NamedTuple

from seatwise.services.connections import ConnectionInfo
from seatwise.services.keys import list_keys
from seatwise.services.missing import never_read
from seatwise.services.rights import Actor
from seatwise.services.users import UserInfo

from .rows import Row, rows

SHOWN = 10


class KeysOfUser(NamedTuple):
    """`unknown`: no list of keys was ever read whole, so that none here means nothing."""

    rows: list[Row]
    total: int
    unknown: bool

    @property
    def more(self) -> bool:
        return self.total > len(self.rows)


def keys_of_user(operator: Actor, user: UserInfo, connections: list[ConnectionInfo]) -> KeysOfUser | None:
    """None for somebody who is only invited."""
    if user.kind == "invite":
        return None
    page = list_keys(operator, connection=user.connection, owner=user.id, sort="-last_use_at", limit=SHOWN)
    return KeysOfUser(rows(page.items), page.total or 0, never_read(connections, user.connection, ("api_keys",)))
