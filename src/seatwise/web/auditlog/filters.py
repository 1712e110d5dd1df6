"""What the address of the audit log says."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from seatwise.web import addresses
from seatwise.web.words import LOOKS

OPERATIONS = (
    "accept_invite", "accept_reset", "accept_setup", "acknowledge_alert", "acknowledge_alerts", "allow_host",
    "cancel_sync", "change_budget", "change_channel", "change_connection", "change_operator_role",
    "change_settings", "connect", "create_budget", "create_channel", "create_token", "delete_budget",
    "delete_channel", "disable_operator", "disconnect", "enable_operator", "export_audit_events",
    "export_costs", "export_groups", "export_keys", "export_project_access", "export_projects", "export_roles",
    "export_service_accounts", "export_spend", "export_usage", "export_usage_rows", "export_users", "forbid_host",
    "invite_operator", "pause", "probe_connection", "probe_credentials", "read_project_limits", "read_user_roles",
    "reconnect", "renew_signing_secret", "request_sync", "reset_password", "resume", "revoke_token", "rotate_secrets",
    "scheduled_sync", "send_again", "sync_now", "try_channel",
)  # fmt: skip
"""What the services write down, by name."""


@dataclass(frozen=True)
class Filters(addresses.Filters):
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
        return {**self.said, "since": addresses.day(self.since)}
