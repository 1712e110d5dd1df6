"""Roles: what each permits, and who holds it, as far as that is listed or was read."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from seatwise.store.models import Group, Project, ProjectMember, Role, RoleAssignment, User

from .audit import operation
from .errors import NotFound
from .gaps import gaps
from .groups import GroupInfo, describe_groups
from .missing import read_once
from .paging import BY_NAME, Page, described_page, every_described, order_of, sortable
from .rights import Actor, Permission, require
from .rows import describe_row
from .texts import connections_called, plain

COLUMNS = {"name": BY_NAME, "kind": ("kind", *BY_NAME)}
SORTS = tuple(COLUMNS)
KINDS = ("organization", "project")
MOST_HOLDERS = 200
HELD_BY = {"organization": "role_assignments", "project": "project_groups"}
"""The stream that lists which groups hold a role."""


class RoleInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours. `kind`: organization, or project (known of projects whose roles were read).
    `stands_for` is the plain word for it in lists of users. `groups` is how many hold it, None where that
    was never read completely."""

    key: int
    connection: str
    id: str
    kind: str
    name: str | None
    description: str | None
    permissions: list[str] | None
    predefined: bool | None
    stands_for: str | None
    project: str | None
    project_id: str | None
    project_key: int | None
    groups: int | None
    first_seen_at: datetime
    departed_at: datetime | None


class RoleHolder(msgspec.Struct, frozen=True):
    """A user known to hold a role directly."""

    key: int
    id: str
    email: str | None
    name: str | None
    status: str
    assigned_at: datetime | None


class RoleDetail(msgspec.Struct, frozen=True):
    """`groups` hold it; `users` are those it was given to, as far as their roles were read (at most 200 of them). Who
    is listed with its plain word is counted in `listed`, None where that list was never read completely. `unknown` says
    what is not known."""

    role: RoleInfo
    groups: list[GroupInfo]
    users: list[RoleHolder]
    listed: int | None
    unknown: list[str]


def list_roles(
    operator: Actor,
    *,
    connection: str = "",
    kind: str = "",
    search: str = "",
    sort: str = "kind",
    cursor: str = "",
    limit: int = 50,
) -> Page[RoleInfo]:
    """Present roles; `search` looks in name and permissions. `sort` is name or kind. Raises Refusal."""
    require(operator, Permission.SEE_USERS)
    rows = _wanted(connection, kind, search)
    return described_page(rows, order_of("Roles", sort, COLUMNS), cursor, limit, _described, rows.count())


def export_roles(
    operator: Actor, *, connection: str = "", kind: str = "", search: str = "", sort: str = "kind"
) -> Iterator[RoleInfo]:
    """Exactly what `list_roles` lists, in its order, page after page."""
    asked = {"connection": connection, "kind": kind, "search": search}
    with operation(operator, Permission.EXPORT, "export_roles", "roles", **{k: v for k, v in asked.items() if v}):
        require(operator, Permission.SEE_USERS)
        order = order_of("Roles", sort, COLUMNS)
    return every_described(_wanted(**asked), order, _described)


def get_role(operator: Actor, *, key: int) -> RoleDetail:
    """A role with its holders, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _rows().filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no role with the key {key}.")
    held = RoleAssignment.objects.filter(
        connection_id=row.connection_id, role_id=_own_id(row), project_id=row.project_id, departed_at=None
    )
    groups = Group.objects.select_related("connection").filter(connection_id=row.connection_id, departed_at=None)
    groups = groups.filter(vendor_id__in=held.filter(kind__in=("group", "project_group")).values("group_id"))
    given = held.filter(kind="user").exclude(direct=False).order_by("pk")
    streams = ("users", "roles") if row.kind == "organization" else ("project_members",)
    return RoleDetail(
        role=_described([row])[0],
        groups=describe_groups(sorted(groups, key=lambda group: (group.name or "").casefold())),
        users=_holders(row, given),
        listed=_listed(row),
        unknown=[
            *gaps(describe_row(row.connection_id), (*streams, HELD_BY[row.kind])),
            "Roles given to one person directly are read person by person; only those that were read are here.",
        ],
    )


def _wanted(connection: str, kind: str, search: str) -> "QuerySet[Role]":
    rows = _rows().filter(departed_at=None)
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if kind:
        rows = rows.filter(kind=plain(kind))
    if text := plain(search.strip()):
        rows = rows.filter(Q(name__icontains=text) | Q(permits__icontains=text) | Q(vendor_id=text))
    return rows


def _rows() -> "QuerySet[Role]":
    return sortable(Role.objects.select_related("connection")).annotate(permits=Cast("permissions", TextField()))


def _own_id(row: Role) -> str:
    """The vendor's id of the role; here a project's is kept behind the project's."""
    return row.vendor_id.removeprefix(f"{row.project_id}/") if row.project_id else row.vendor_id


def _described(rows: Sequence[Role]) -> list[RoleInfo]:
    connections = {row.connection_id for row in rows}
    held = RoleAssignment.objects.filter(
        connection_id__in=connections,
        role_id__in=[_own_id(row) for row in rows],
        kind__in=("group", "project_group"),
        departed_at=None,
    )
    counted = held.order_by().values_list("connection_id", "project_id", "role_id")
    groups = {tuple(place): n for *place, n in counted.annotate(n=Count("group_id", distinct=True))}
    read = read_once(connections)
    wanted = {row.project_id for row in rows if row.project_id}
    projects = Project.objects.filter(connection_id__in=connections, vendor_id__in=wanted)
    places = {(each.connection_id, each.vendor_id): each for each in projects}
    return [
        RoleInfo(
            key=row.pk,
            connection=row.connection.name,
            id=_own_id(row),
            kind=row.kind,
            name=row.name,
            description=row.description,
            permissions=row.permissions,
            predefined=row.predefined,
            stands_for=row.stands_for,
            project=place.name or place.vendor_id if place else row.project_id,
            project_id=row.project_id,
            project_key=place.pk if place else None,
            groups=groups.get((row.connection_id, row.project_id, _own_id(row)), 0)
            if (row.connection_id, HELD_BY[row.kind]) in read
            else None,
            first_seen_at=row.first_seen_at,
            departed_at=row.departed_at,
        )
        for row in rows
        for place in [places.get((row.connection_id, row.project_id or ""))]
    ]


def _holders(row: Role, given: "QuerySet[RoleAssignment]") -> list[RoleHolder]:
    since = {each.user_id: each.assigned_at for each in given[:MOST_HOLDERS]}
    users = User.objects.filter(
        connection_id=row.connection_id, kind__in=("user", "service_account"), vendor_id__in=list(since)
    )
    return [
        RoleHolder(user.pk, user.vendor_id, user.email, user.name, user.status, since[user.vendor_id])
        for user in users.filter(departed_at=None).order_by("email_key", "pk")
    ]


def _listed(row: Role) -> int | None:
    """How many lists of users and members name by the plain word of this role."""
    if not row.stands_for:
        return 0
    listing = "users" if row.kind == "organization" else "project_members"
    if (row.connection_id, listing) not in read_once([row.connection_id]):
        return None
    here = {"connection_id": row.connection_id, "departed_at": None, "role": row.stands_for}
    if row.kind == "organization":
        return User.objects.filter(**here, kind__in=("user", "service_account")).count()
    return ProjectMember.objects.filter(**here, project_id=row.project_id).count()
