"""What is not known: sentences for every stream an answer rests on that is off, forbidden, never complete or broken."""

from collections.abc import Mapping, Sequence

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


def gaps(streams: Sequence[StreamInfo], names: Mapping[str, str] | Sequence[str]) -> list[str]:
    """One sentence for each of these streams that is not whole; empty where all are complete."""
    return [said for stream in streams if stream.name in names and (said := _gap(stream))]


def _gap(stream: StreamInfo) -> str:
    more = f"there may be more {MAY_ADD.get(stream.name, 'than is shown')}."
    called = f"“{stream.label}”"
    if stream.state == "forbidden" or (stream.allowed is False and stream.synced_at is None):
        lacking = stream.permission or stream.needs
        return f"The Admin Key may not read {called}: it lacks {lacking}. So {more}"
    if not stream.enabled:
        return f"The stream {called} is switched off, so {more}"
    if stream.synced_at is None:
        return f"The stream {called} was never read completely, so {more}"
    if stream.state in ("failed", "held", "canceled"):
        day = f"{stream.synced_at:%Y-%m-%d %H:%M} UTC"
        return f"The last listing of {called} was not complete; what is shown was complete at {day}."
    return ""
