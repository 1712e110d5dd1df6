"""Roles: what each permits, and who holds it, as far as that is listed or was read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce, Lower

from seatwise.store.models import Group, Project, ProjectMember, Role, RoleAssignment, User

from .audit import operation
from .errors import NotFound, Refusal
from .gaps import gaps
from .groups import GroupInfo, describe_groups
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .rows import describe_row
from .texts import connections_called, plain

SORTS = ("name", "kind")
KEYS = {"name": ("name_key",), "kind": ("kind", "name_key")}
KINDS = ("organization", "project")
MOST_HOLDERS = 200


class RoleInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours. `kind`: organization, or project (known of projects whose roles were read).
    `stands_for` is the plain word for it in lists of users. `groups` is how many hold it."""

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
    groups: int
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
    is listed with its plain word is counted in `listed`. `unknown` says what is not known."""

    role: RoleInfo
    groups: list[GroupInfo]
    users: list[RoleHolder]
    listed: int
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
    page = page_of(rows, _order(sort), cursor, limit, lambda row: row, rows.count())
    return Page(_described(page.items), page.next, page.previous, page.total)


def export_roles(
    operator: Actor, *, connection: str = "", kind: str = "", search: str = "", sort: str = "kind"
) -> Iterator[RoleInfo]:
    """Exactly what `list_roles` lists, in its order, page after page."""
    asked = {"connection": connection, "kind": kind, "search": search}
    with operation(operator, Permission.EXPORT, "export_roles", "roles", **{k: v for k, v in asked.items() if v}):
        _order(sort)
    return _exported(operator, asked | {"sort": sort})


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
    streams = ("roles", "role_assignments") if row.kind == "organization" else ("project_groups", "project_members")
    return RoleDetail(
        role=_described([row])[0],
        groups=describe_groups(sorted(groups, key=lambda group: (group.name or "").casefold())),
        users=_holders(row, given),
        listed=_listed(row),
        unknown=[
            *gaps(describe_row(row.connection_id).streams, streams),
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


def _order(sort: str) -> tuple[str, ...]:
    column, down = sort.lstrip("-"), "-" if sort.startswith("-") else ""
    if column not in SORTS:
        raise Refusal(f"Roles cannot be sorted by {column}.", fields={"sort": f"One of {', '.join(SORTS)}."})
    return (*(f"{down}{name}" for name in KEYS[column]), f"{down}id")


def _exported(operator: Actor, asked: dict[str, Any]) -> Iterator[RoleInfo]:
    cursor: str | None = ""
    while cursor is not None:
        page = list_roles(operator, **asked, cursor=cursor, limit=500)
        yield from page.items
        cursor = page.next


def _rows() -> "QuerySet[Role]":
    name = Lower(Coalesce("name", "vendor_id", output_field=TextField()))
    permits = Cast("permissions", TextField())
    return Role.objects.select_related("connection").annotate(name_key=name, permits=permits)


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
    counted = held.order_by().values_list("connection_id", "role_id").annotate(n=Count("group_id", distinct=True))
    groups = {(connection_id, role_id): n for connection_id, role_id, n in counted}
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
            groups=groups.get((row.connection_id, _own_id(row)), 0),
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


def _listed(row: Role) -> int:
    """How many lists of users and members name by the plain word of this role."""
    if not row.stands_for:
        return 0
    here = {"connection_id": row.connection_id, "departed_at": None, "role": row.stands_for}
    if row.kind == "organization":
        return User.objects.filter(**here, kind__in=("user", "service_account")).count()
    return ProjectMember.objects.filter(**here, project_id=row.project_id).count()
