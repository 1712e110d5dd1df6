"""The names of every object scripts get, in order. They are a promise: a name is added, never changed.

A name stands alone, or with the names of the objects in its list.
"""

from collections.abc import Mapping
from typing import Any

Names = tuple[str | tuple[str, "Names"], ...]

STREAM: Names = ("name", "state", "records", "synced_at", "message")
COUNTS: Names = ("arrived", "changed", "departed", "returned", "unchanged")

USER: Names = (
    "connection", "id", "kind", "email", "name", "role", "status", "vendor_status", "licenses",
    ("projects", ("id", "name", "role")), "joined_at", "invited_at", "expires_at", "last_active_at",
    "last_active_source", "first_seen_at", "departed_at", "month_spend", "month_spend_currency",
)  # fmt: skip
CONNECTION: Names = (
    "name", "integration", "organization_id", "state", "attention", "last_complete_sync_at", "next_sync_at",
    ("streams", STREAM),
)  # fmt: skip
RUN: Names = (
    "id", "connection", "trigger", "state", "started_at", "finished_at", "requests", "error",
    ("streams", (*STREAM, *COUNTS)),
)  # fmt: skip
CHANGE: Names = ("connection", "at", "stream", "id", "kind", "before", "after")
PROJECT: Names = ("connection", "id", "name", "status", "vendor_status", "members", "created_at", "archived_at")
HOLDER: Names = ("id", "email", "name", "last_active_at")
LICENSE: Names = ("connection", "license", "rule", "assigned", "idle", "invited", "unknown", "idle_days")
AUDIT: Names = ("id", "at", "operator", "operation", "target", "outcome", "detail")
CAPABILITIES: Names = (
    "integration", "name", "user_fields", "license_types", "several_accounts",
    ("streams", ("name", "summary", "fields", "needs", "freshness", "required", "allowed", "permission")),
)  # fmt: skip
FINDING: Names = ("ok", "what", "what_to_do")


def plain(item: Any, names: Names) -> dict[str, Any]:
    """The named fields of a services' value, as the object scripts get. A text that is empty is absent: null."""
    found = {}
    for name in names:
        if isinstance(name, str):
            value = item.get(name) if isinstance(item, Mapping) else getattr(item, name)
            found[name] = None if value == "" else value
        else:
            found[name[0]] = [plain(part, name[1]) for part in getattr(item, name[0])]
    return found


def flat(names: Names) -> list[str]:
    """The outer names: the columns of the CSV file."""
    return [name if isinstance(name, str) else name[0] for name in names]
