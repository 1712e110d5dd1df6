"""What is not known: words for every stream an answer rests on that is off, forbidden, never complete or broken."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from .coverage import GRANT, SWITCH
from .standing import StreamInfo

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


def gaps(streams: Sequence[StreamInfo], names: Mapping[str, str] | Sequence[str]) -> list[str]:
    """What is missing of each of these streams that is not whole, and who can do what about it; empty where all are
    complete."""
    return [said for stream in streams if stream.name in names and (said := _gap(stream))]


def _gap(stream: StreamInfo) -> str:
    more = f"there may be more {MAY_ADD.get(stream.name, 'than is shown')}."
    called = f"“{stream.label}”"
    if stream.state == "forbidden" or (stream.allowed is False and stream.synced_at is None):
        lacking = stream.permission or stream.needs
        return f"The Admin Key may not read {called}: it lacks {lacking}. So {more} {GRANT}"
    if not stream.enabled:
        return f"The stream {called} is switched off, so {more} {SWITCH}"
    if stream.synced_at is None:
        return f"The stream {called} was never read completely, so {more}{_why(stream)}"
    if stream.state in BROKEN:
        day = f"{stream.synced_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"The last listing of {called} was not complete; what is shown was complete at {day}.{_why(stream)}"
    return ""


def _why(stream: StreamInfo) -> str:
    """What its last listing said, and what comes next."""
    if stream.state not in BROKEN:
        return " The next complete sync reads it."
    said = f" {stream.message}" if stream.message else ""
    return said or " The page of the connection says what came in between."
