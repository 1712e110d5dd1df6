"""What is not known: words for every stream an answer rests on that is off, forbidden, never complete or broken."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from .coverage import BLOCKED, GRANT, SWITCH
from .standing import ConnectionInfo, StreamInfo

MAY_ADD = {
    "projects": "projects",
    "project_members": "members of projects",
    "groups": "groups",
    "group_members": "members of groups",
    "role_assignments": "roles of groups",
    "project_groups": "groups in projects",
    "organization_limits": "limits of the organization",
    "users": "users",
    "roles": "roles",
    "api_keys": "keys",
    "admin_keys": "Admin Keys",
    "service_accounts": "service accounts",
}
BROKEN = ("failed", "held", "canceled")


def gaps(connection: ConnectionInfo, names: Mapping[str, str] | Sequence[str]) -> list[str]:
    """What is missing of each of these streams that is not whole, and who can do what about it; empty where all are
    complete, or were before the sync under way."""
    return [said for each in connection.streams if each.name in names and (said := gap(connection, each))]


def gap(connection: ConnectionInfo, stream: StreamInfo) -> str:
    """The same of one stream."""
    more = f"there may be more {MAY_ADD.get(stream.name, 'than is shown')}."
    called, outcome = f"“{stream.label}”", stream.outcome
    if outcome == "forbidden" or (stream.allowed is False and stream.synced_at is None):
        lacking = stream.permission or stream.needs
        return f"The Admin Key may not read {called}: it lacks {lacking}. So {more} {GRANT}"
    if not stream.enabled:
        return f"The stream {called} is switched off, so {more} {SWITCH}"
    if stream.synced_at is None:
        return f"The stream {called} was never read completely, so {more} {_why(connection, stream)}"
    day = f"{stream.synced_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if outcome in BROKEN:
        why = _why(connection, stream)
        return f"The last listing of {called} was not complete; what is shown was complete at {day}. {why}"
    if outcome == "pending":
        return f"The stream {called} was read completely last on {day}. {_next(connection, stream)}"
    return ""


def _why(connection: ConnectionInfo, stream: StreamInfo) -> str:
    """What its last listing said, or what comes next."""
    if stream.outcome not in BROKEN:
        return _next(connection, stream)
    return stream.message or "The page of the connection says what came in between."


def _next(connection: ConnectionInfo, stream: StreamInfo) -> str:
    if stream.state == "syncing":
        return "The sync under way reads it."
    return BLOCKED.get(connection.state, "The next complete sync reads it.")
