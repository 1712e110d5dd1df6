"""What the address of the audit log says."""

from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.web import addresses
from seatwise.web.words import LOOKS

OPERATIONS = (
    "accept_invite", "accept_reset", "accept_setup", "cancel_sync", "change_connection", "change_operator_role",
    "change_settings", "connect", "create_token", "disable_operator", "disconnect", "enable_operator",
    "export_audit_events", "export_users", "invite_operator", "pause", "probe_connection", "probe_credentials",
    "reconnect", "request_sync", "reset_password", "resume", "revoke_token", "rotate_secrets", "sync_now",
)  # fmt: skip
"""What the services write down, by name."""


class Filters(NamedTuple):
    """The names are those of the service's arguments; `since` is a day, from its first moment in UTC."""

    search: str = ""
    name: str = ""
    outcome: str = ""
    since: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        since = query.get("since", "")
        return cls(
            search=addresses.text(query, "search"),
            name=addresses.one_of(query, "name", OPERATIONS),
            outcome=addresses.one_of(query, "outcome", tuple(LOOKS["outcome"])),
            since=since if addresses.day(since) else "",
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the service takes them."""
        return {**self._asdict(), "since": addresses.day(self.since)}

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)
