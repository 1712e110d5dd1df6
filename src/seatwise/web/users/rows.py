"""Users as a table and as a file show them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from seatwise.services.users import UserInfo, UserSummary
from seatwise.web.templatetags.shown import icon

COLUMNS = (
    "connection", "id", "kind", "email", "name", "role", "status", "vendor_status", "licenses", "projects", "joined_at",
    "invited_at", "expires_at", "last_active_at", "last_active_source", "first_seen_at", "departed_at",
    "month_spend", "month_spend_currency",
)  # fmt: skip
"""The names that the command line and the API use too."""


_WHO = (
    '<a id="user-{}" class="block truncate font-medium hover:underline" href="{}" title="{}"><bdi>{}</bdi></a>{}'
    '<span class="block truncate text-xs text-muted-foreground md:hidden"><bdi>{}</bdi> · <bdi>{}</bdi></span>'
)
_BELOW = '<bdi class="block truncate text-xs text-muted-foreground" title="{}">{}</bdi>'
_MACHINE = (
    '<span class="flex items-center gap-1 text-xs text-muted-foreground">{}'
    '<span class="shrink-0">Service account</span><bdi class="truncate" title="{}">{}</bdi></span>'
)


class Row(NamedTuple):
    """`title` is the best name there is, `below` what else is known of the address; both as the vendor wrote them."""

    user: UserSummary
    title: str
    below: str
    address: str

    @property
    def who(self) -> SafeString:
        """The first cell. As nodes of the template it was half of a list's rendering."""
        user, below = self.user, SafeString()
        if user.kind == "service_account":
            below = format_html(_MACHINE, icon("bot", 12), self.below, self.below)
        elif self.below:
            below = format_html(_BELOW, self.below, self.below)
        role = user.role or "Unknown role"
        return format_html(_WHO, user.key, self.address, self.title, self.title, below, role, user.connection)


def row(user: UserSummary, listed_at: str) -> Row:
    title = user.name or user.email or user.id
    below = (user.email or user.id) if title != (user.email or user.id) else ""
    return Row(user, title, below, f"{listed_at}{user.key}/")


def rows(users: Iterable[UserSummary]) -> list[Row]:
    listed_at = reverse("users")
    return [row(user, listed_at) for user in users]


def cells(users: Iterable[UserInfo]) -> Iterator[list[Any]]:
    """The lines of the file; the projects of a user are one cell of JSON, as on the command line."""
    for user in users:
        yield [_cell(name, getattr(user, name)) for name in COLUMNS]


def _cell(name: str, value: Any) -> Any:
    if name != "projects":
        return value
    return msgspec.json.encode(value).decode() if value else ""
