"""Users as a table and as a file show them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from seatwise.services.users import UserInfo

COLUMNS = (
    "connection", "id", "kind", "email", "name", "role", "status", "vendor_status", "licenses", "projects", "joined_at",
    "invited_at", "expires_at", "last_active_at", "last_active_source", "first_seen_at", "departed_at",
    "month_spend", "month_spend_currency",
)  # fmt: skip
"""The names that the command line and the API use too."""


class Row(NamedTuple):
    """`title` is the best name there is, `below` what else is known of the address; both as the vendor wrote them."""

    user: UserInfo
    title: str
    below: str


def row(user: UserInfo) -> Row:
    title = user.name or user.email or user.id
    below = (user.email or user.id) if title != (user.email or user.id) else ""
    return Row(user, title, below)


def rows(users: Iterable[UserInfo]) -> list[Row]:
    return [row(user) for user in users]


def cells(users: Iterable[UserInfo]) -> Iterator[list[Any]]:
    """The lines of the file; the projects of a user are one cell of JSON, as on the command line."""
    for user in users:
        yield [_cell(name, getattr(user, name)) for name in COLUMNS]


def _cell(name: str, value: Any) -> Any:
    if name != "projects":
        return value
    return msgspec.json.encode(value).decode() if value else ""
