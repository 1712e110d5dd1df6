"""The names of every object scripts get, in order. They are a promise: a name is added, never changed.

A name stands alone, or with the names of the objects in its list.
"""

from collections.abc import Mapping
from typing import Any

Names = tuple[str | tuple[str, "Names"], ...]

STREAM: Names = ("name", "state", "records", "synced_at", "message")
ENABLED: Names = (*STREAM, "enabled")
COUNTS: Names = ("arrived", "changed", "departed", "returned", "unchanged")

USER: Names = (
    "connection", "id", "kind", "email", "name", "role", "status", "vendor_status", "licenses",
    ("projects", ("id", "name", "role")), "joined_at", "invited_at", "expires_at", "last_active_at",
    "last_active_source", "first_seen_at", "departed_at", "month_spend", "month_spend_currency",
    "scim_managed",
)  # fmt: skip
CONNECTION: Names = (
    "name", "integration", "organization_id", "state", "attention", "last_complete_sync_at", "next_sync_at",
    ("streams", ENABLED), "streams_off",
)  # fmt: skip
RUN: Names = (
    "id", "connection", "trigger", "state", "started_at", "finished_at", "requests", "error",
    ("streams", (*STREAM, *COUNTS)),
)  # fmt: skip
CHANGE: Names = ("connection", "at", "stream", "id", "kind", "before", "after")
PROJECT: Names = (
    "connection", "id", "name", "status", "vendor_status", "members", "groups", "service_accounts", "api_keys",
    "created_at", "archived_at",
)  # fmt: skip
GROUP: Names = (
    "connection", "id", "name", "kind", "scim_managed", "members", "projects", "roles", "created_at",
)  # fmt: skip
GROUP_MEMBER: Names = ("connection", "group_id", "group", "id", "email", "name", "status")
PROJECT_GROUP: Names = ("connection", "project_id", "project", "id", "name", "members", "roles", "permissions")
LIMIT: Names = (
    "connection", "project", "what", "name", "value", "names", "amount", "currency", "interval", "enforcement",
    "requests_per_minute", "tokens_per_minute", "images_per_minute", "audio_megabytes_per_minute",
    "requests_per_day", "batch_tokens_per_day",
)  # fmt: skip
ROLE: Names = (
    "connection", "id", "kind", "name", "description", "permissions", "predefined", "stands_for", "project",
    "project_id", "groups",
)  # fmt: skip
ACCESS: Names = (
    "connection", "user_id", "email", "name", "project_id", "project", "role", "permissions", "reason", "why", "group",
)  # fmt: skip
KEY: Names = (
    "connection", "id", "kind", "name", "redacted_value", "project_id", "project", "owner_kind", "owner_id",
    "owner_name", "owner_email", "owner_standing", "owner_has_access", "created_at", "used", "last_used_at",
    "last_use_at", "last_use_source", "expires", "expires_at", "first_seen_at", "departed_at",
    ("issues", ("name", "evidence")),
)  # fmt: skip
SERVICE_ACCOUNT: Names = (
    "connection", "id", "name", "project_id", "project", "role", "keys", "last_use_at", "created_at", "first_seen_at",
    "departed_at",
)  # fmt: skip
HOLDER: Names = ("id", "email", "name", "last_active_at")
ADVICE: Names = ("connection", "license", "id", "kind", "email", "name", "action", "reason")
TREND: Names = ("connection", "license", "day", "assigned", "idle", "invited", "unknown")
LICENSE: Names = ("connection", "license", "rule", "assigned", "idle", "invited", "unknown", "idle_days")
AUDIT_EVENT: Names = (
    "connection", "id", "type", "at", "actor_kind", "actor_id", "actor_email", "actor", "api_key_id", "ip_address",
    "user_agent", "target_id", "target", "project_id", "project", "payload", "withheld",
)  # fmt: skip
FIGURE: Names = ("card", "name", "label", "value", "currency", "notes")
AUDIT: Names = ("id", "at", "operator", "operation", "target", "outcome", "detail")
SPEND: Names = (
    "connection", "id", "name", "about", "departed", "amount", "currency", "share", "before", "methods",
)  # fmt: skip
USAGE: Names = (
    "connection", "family", "id", "name", "about", "departed", "requests", "input_tokens", "cached_tokens",
    "output_tokens", "quantity", "unit",
)  # fmt: skip
COST: Names = (
    "connection", "day", "project_id", "project", "user_id", "user", "api_key_id", "api_key", "model", "line_item",
    "amount", "currency", "quantity", "quantity_unit", "partial",
)  # fmt: skip
USAGE_ROW: Names = (
    "connection", "day", "family", "project_id", "project", "user_id", "user", "api_key_id", "api_key", "model",
    "requests", "input_tokens", "cached_tokens", "output_tokens", "quantity", "unit", "partial",
)  # fmt: skip
MONTH: Names = ("connection", "dimension", "id", "month", "currency", "amount", "methods", "known", "running")
COVERAGE: Names = (
    "connection", "stream", "problem", "message", "permission", "covered_from", "covered_to", "running",
    "restated_from", "read_at", "unsettled",
)  # fmt: skip
BUDGET: Names = (
    "id", "name", "scope", "connection", "subject", "subject_name", "amount", "currency", "month", "spent", "percent",
    "forecast", "forecast_percent", "state", ("thresholds", ("percent", "basis", "fired_at")), "other_currencies",
    "forecast_why", ("coverage", COVERAGE), "created_at",
)  # fmt: skip
ALERT: Names = (
    "key", "kind", "at", "connection", "title", "text", "facts", "link", "acknowledged_at", "acknowledged_by",
    ("deliveries", ("channel", "state", "reason")),
)  # fmt: skip
CHANNEL: Names = (
    "id", "kind", "name", "shown", "kinds", "digest_hour", "enabled", "created_at", "options", "waiting", "failed",
    "delivered_at", "problem",
)  # fmt: skip
DELIVERY: Names = (
    "id", "channel", "channel_id", "alert", "alert_key", "state", "reason", "created_at", "next_try_at", "finished_at",
    ("tries", ("at", "done", "reason")),
)  # fmt: skip
HOST: Names = ("host", "allowed_by", "at")
CAPABILITIES: Names = (
    "integration", "name", "user_fields", "license_types", "several_accounts",
    ("streams", ("name", "summary", "fields", "needs", "freshness", "required", "allowed", "permission")),
    ("on_demand", ("name", "of", "summary", "needs", "freshness")),
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
