"""A change as people read it: what happened in one sentence, and the fields that differ, before and after."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from seatwise.services.changes import ChangeInfo
from seatwise.web.words import day, sentence, within

LABELS = {
    "email": "E-mail", "joined_at": "Joined", "invited_at": "Invited", "expires_at": "Invitation expires",
    "api_key_last_used_at": "API key last used", "removed_by": "Removed by", "removed_at": "Removed at",
    "audit_event": "Audit event", "scim_managed": "Managed by SCIM",
    "vendor_status": "Status at the vendor", "invited_projects": "Invited to projects", "added_at": "Added",
    "created_at": "Created", "archived_at": "Archived", "project_id": "Project", "user_id": "User",
    "group_id": "Group", "role_id": "Role", "stands_for": "Listed as", "assigned_at": "Assigned",
}  # fmt: skip
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|\+00:00)")
_TELLING = ("role",)
"""Of somebody who came or left, what is worth a line; the rest is folded."""


class Value(NamedTuple):
    """`known` is false for what the vendor did not say."""

    text: str
    known: bool = True


class Line(NamedTuple):
    """One field. No `before`: there was no row; no `after`: there is none any more."""

    label: str
    before: Value | None
    after: Value | None


class Moment(NamedTuple):
    """`says` is a sentence; `note` the part of it that pill and fields do not say; `title` what changed."""

    change: ChangeInfo
    title: str
    says: str
    note: str
    lines: list[Line]
    folded: list[Line]


def moments(changes: Iterable[ChangeInfo], projects: Mapping[str, str] | None = None) -> list[Moment]:
    """`projects` are the names known of projects, by their id."""
    return [moment(change, projects or {}) for change in changes]


def moment(change: ChangeInfo, projects: Mapping[str, str]) -> Moment:
    if change.kind == "baseline":
        return Moment(change, change.label, _baseline(change), "", [], [])
    if change.stream == "project_members":
        return _membership(change, projects)
    if change.stream == "group_members":
        return _in_group(change)
    before, after = change.before, change.after
    names = list(dict.fromkeys([*(after or {}), *(before or {})]))
    came_or_left = change.kind in ("arrived", "departed")
    lines = {name: _line(name, before, after, both=not came_or_left) for name in names if name != "invite"}
    shown = [line for name, line in lines.items() if not came_or_left or name in _TELLING]
    folded = [line for name, line in lines.items() if came_or_left and name not in _TELLING]
    says = _says(change, [line.label for line in shown])
    return Moment(change, change.label or change.id, says, _note(change), shown, folded)


def _membership(change: ChangeInfo, projects: Mapping[str, str]) -> Moment:
    """A user's place in a project: its id is both ids, and only the role can change."""
    project, _, user = change.id.partition("/")
    title = change.label or change.id
    named = projects.get(project, project)
    says = {
        "arrived": f"Added to the project {named}",
        "departed": f"Taken out of the project {named}",
        "returned": f"Back in the project {named}",
    }.get(change.kind, f"Role changed in the project {named}")
    role = _line("role", change.before, change.after, both=False)
    lines = [role] if role.before or role.after else []
    return Moment(change, user if "/" in title else title, says, f"in {named}" if user else "", lines, [])


def _in_group(change: ChangeInfo) -> Moment:
    """A user's place in a group: there is nothing of it but that it is."""
    who, _, group = (change.label or change.id).partition(" in ")
    says = {
        "arrived": f"Added to the group {group}",
        "departed": f"Taken out of the group {group}",
        "returned": f"Back in the group {group}",
    }.get(change.kind, sentence(change.kind))
    return Moment(change, who, says, f"in the group {group}", [], [])


def _baseline(change: ChangeInfo) -> str:
    records = (change.after or {}).get("records", 0)
    return f"First complete listing: {records:,} {within(change.label or sentence(change.stream))}"


def _says(change: ChangeInfo, labels: list[str]) -> str:
    if change.kind == "changed" and labels:
        return f"{_list(labels)} changed"
    if note := _note(change):
        return note[:1].upper() + note[1:]
    return sentence(change.kind)


def _note(change: ChangeInfo) -> str:
    """Of somebody who came the invitation, of somebody who left the removal that explains it."""
    after = change.after or {}
    if change.kind == "departed" and after.get("status") == "removed":
        return f"removed by {after['removed_by']}" if after.get("removed_by") else "removed"
    return _invitation(change)


def _invitation(change: ChangeInfo) -> str:
    """Of an arrival, the invitation it followed; else nothing."""
    invite = (change.after or {}).get("invite")
    if change.kind != "arrived" or not isinstance(invite, Mapping):
        return ""
    at = value(invite.get("invited_at"))
    return f"joined, invited {at.text}" if at.known else "joined, invited before"


def _list(labels: list[str]) -> str:
    """Role; Role and name; Role, name and status."""
    words = [labels[0], *(label[:1].lower() + label[1:] for label in labels[1:])]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _line(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, both: bool) -> Line:
    def side(fields: Mapping[str, Any] | None) -> Value | None:
        return None if fields is None or (not both and name not in fields) else value(fields.get(name))

    return Line(LABELS.get(name, sentence(name)), side(before), side(after))


def value(raw: Any) -> Value:
    """A stored value in words; what was not said is unknown."""
    if raw is None or raw == "":
        return Value("unknown", known=False)
    if isinstance(raw, bool):
        return Value("yes" if raw else "no")
    if isinstance(raw, (dict, list)):
        return Value(json.dumps(raw, ensure_ascii=False))
    text = str(raw)
    try:
        time = _TIME.fullmatch(text)
        return Value(f"{day(date.fromisoformat(time[1]))}, {time[2]} UTC" if time else text)
    except ValueError:  # somebody's name, that only looks like a time
        return Value(text)
