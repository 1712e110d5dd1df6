"""Changes: what we saw change at vendors, with before and after."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q, QuerySet

from seatwise.connectors.catalog import connectors
from seatwise.store.models import Change, Group, Project, User

from .paging import Page, described_page
from .places import Place, rows_by_place
from .rights import Actor, Permission, require
from .texts import connections_called, plain

NEW_OWNER = "new_owner"
"""A kind to ask for: a user who became an owner of the organization, or arrived as one."""


class ChangeInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's id of what changed, `number` ours of the change; `user_key` leads to the user, where it is
    one. `kind` is arrived, changed, departed, returned, or baseline: a stream's first complete listing."""

    number: int
    connection: str
    at: datetime
    stream: str
    id: str
    label: str
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    user_key: int | None


def list_changes(
    operator: Actor,
    *,
    connection: str = "",
    stream: str = "",
    kind: str = "",
    search: str = "",
    since: datetime | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[ChangeInfo]:
    """The latest first. `kind` is one of a change's, or NEW_OWNER; `search` looks in what the row is called and in its
    id."""
    require(operator, Permission.SEE_USERS)
    rows = Change.objects.select_related("connection")
    if kind == NEW_OWNER:
        rows, kind = new_owners(rows), ""
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    for field, value in (("stream", plain(stream)), ("kind", plain(kind))):
        if value:
            rows = rows.filter(**{field: value})
    if text := plain(search.strip()):
        rows = rows.filter(Q(label__icontains=text) | Q(vendor_id=text))
    if since:
        rows = rows.filter(at__gte=since)
    return described_page(rows, ("-at", "-id"), cursor, limit, describe)


def new_owners(rows: "QuerySet[Change]") -> "QuerySet[Change]":
    """Those of them by which a user became an owner."""
    roles = sorted({each.manifest.owner_role for each in connectors().values()} - {""})
    return rows.filter(stream="users", kind__in=("arrived", "changed", "returned"), after__role__in=roles)


def describe(rows: Iterable[Change]) -> list[ChangeInfo]:
    """Rows with their connection, and where each leads, in one more query."""
    rows = list(rows)
    places = {(row.connection_id, _parts(row)) for row in rows}
    names = Names(
        rows_by_place(User, {(connection_id, parts.user) for connection_id, parts in places if parts.user}),
        rows_by_place(Project, {(connection_id, parts.project) for connection_id, parts in places if parts.project}),
        rows_by_place(Group, {(connection_id, parts.group) for connection_id, parts in places if parts.group}),
    )
    return [
        ChangeInfo(
            number=row.pk,
            connection=row.connection.name,
            at=row.at,
            stream=row.stream,
            id=row.vendor_id,
            label=_label(row, names),
            kind=row.kind,
            before=row.before,
            after=row.after,
            user_key=known.pk if (known := names.users.get((row.connection_id, _parts(row).user))) else None,
        )
        for row in rows
    ]


class Parts(NamedTuple):
    """The ids of what a change is about; empty where it is about none."""

    user: str = ""
    project: str = ""
    group: str = ""


class Names(NamedTuple):
    """Rows by connection and vendor's id, as they are called today."""

    users: dict[Place, Any]
    projects: dict[Place, Any]
    groups: dict[Place, Any]


def _parts(row: Change) -> Parts:
    if row.stream in ("users", "invites"):
        return Parts(user=row.vendor_id)
    first, _, rest = row.vendor_id.partition("/")
    if row.stream == "project_members" and rest:
        return Parts(user=rest, project=first)
    if row.stream == "group_members" and rest:
        return Parts(user=rest, group=first)
    if row.stream == "role_assignments" and rest:
        return Parts(group=first)
    if row.stream == "project_groups" and rest:
        return Parts(project=first, group=rest.partition("/")[0])
    return Parts()


def _label(row: Change, names: Names) -> str:
    """What a row is called; a place between others by their names, as they are called today."""
    parts = _parts(row)
    if not parts.project and not parts.group:
        return row.label
    person = names.users.get((row.connection_id, parts.user))
    place = names.projects.get((row.connection_id, parts.project))
    group = names.groups.get((row.connection_id, parts.group))
    who = (person.email or person.name or parts.user) if person else parts.user
    where = (place.name or parts.project) if place else parts.project
    called = (group.name or parts.group) if group else parts.group
    if row.stream == "role_assignments":
        return f"{row.label} for {called}"
    if row.stream == "project_groups":
        return f"{called} in {where}"
    return f"{who} in {where or called}"
