"""Groups: found, listed, exported, and looked at one by one, with who is in them and what they hold where."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Coalesce

from seatwise.store.models import Group, GroupMember, Project, Role, RoleAssignment, User

from .audit import operation
from .errors import NotFound
from .gaps import gaps
from .missing import read_once
from .paging import BY_CREATION, BY_NAME, Page, described_page, every_described, order_of, page_of, sortable
from .rights import Actor, Permission, require
from .rows import describe_row
from .texts import connections_called, plain

COLUMNS = {"name": BY_NAME, "created_at": BY_CREATION}
SORTS = tuple(COLUMNS)
PEOPLE = ("user", "service_account")
STRANGERS = 500
"""Members whom no list of users holds: so many are named, all are counted."""


class GroupInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours. `kind` is the vendor's word. `scim_managed`: changed where the identity
    provider is, not at the vendor. `members` and `projects` are counts; `roles` those held in the organization. Each is
    None where its list was never read completely."""

    key: int
    connection: str
    id: str
    name: str | None
    kind: str | None
    scim_managed: bool | None
    members: int | None
    projects: int | None
    roles: list[str] | None
    created_at: datetime | None
    first_seen_at: datetime
    departed_at: datetime | None


class HeldRole(msgspec.Struct, frozen=True):
    """One role of a group. `project` is None in the organization; `role` None where it holds none there."""

    role: str | None
    role_key: int | None
    permissions: list[str] | None
    project: str | None
    project_id: str | None
    project_key: int | None
    assigned_at: datetime | None


class GroupDetail(msgspec.Struct, frozen=True):
    """`unknown` says what of this is not known whole."""

    group: GroupInfo
    held: list[HeldRole]
    unknown: list[str]


class ProjectGroupInfo(msgspec.Struct, frozen=True):
    """A group in a project: `roles` it holds there, and what they permit together (None: not said). `members` is None
    where they were never listed completely."""

    key: int | None
    id: str
    name: str | None
    members: int | None
    roles: list[str]
    permissions: list[str] | None


class ProjectGroups(msgspec.Struct, frozen=True):
    """The groups of a project; `unknown` says what is not known of them."""

    items: list[ProjectGroupInfo]
    unknown: list[str]


class GroupMemberInfo(msgspec.Struct, frozen=True):
    """One member. `key` leads to the user, None where no list of users holds this id."""

    key: int | None
    id: str
    email: str | None
    name: str | None
    status: str | None


class GroupMembers(Page[GroupMemberInfo], frozen=True):
    """A page of members. On the last one `others` says how many more there are in no list of users, not named here."""

    others: int = 0


def list_groups(
    operator: Actor,
    *,
    connection: str = "",
    managed: str = "",
    search: str = "",
    sort: str = "name",
    cursor: str = "",
    limit: int = 50,
) -> Page[GroupInfo]:
    """Present groups. `managed` is scim or here, `sort` name or created_at, with - downwards. Raises Refusal."""
    require(operator, Permission.SEE_USERS)
    rows = _wanted(connection, managed, search)
    return described_page(rows, order_of("Groups", sort, COLUMNS), cursor, limit, describe_groups, rows.count())


def export_groups(
    operator: Actor, *, connection: str = "", managed: str = "", search: str = "", sort: str = "name"
) -> Iterator[GroupInfo]:
    """Exactly what `list_groups` lists, in its order, page after page."""
    asked = {"connection": connection, "managed": managed, "search": search}
    with operation(operator, Permission.EXPORT, "export_groups", "groups", **{k: v for k, v in asked.items() if v}):
        require(operator, Permission.SEE_USERS)
        order = order_of("Groups", sort, COLUMNS)
    return every_described(_wanted(**asked), order, describe_groups)


def find_groups(operator: Actor, *, group: str, connection: str = "") -> list[GroupInfo]:
    """Present groups by the vendor's id or by name, however it is spelled. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    text = plain(group.strip())
    rows = _wanted(connection, "", "").filter(Q(vendor_id=text) | Q(name__iexact=text)).order_by("pk")
    if not (found := list(rows)):
        raise NotFound(f"There is no group with the name or ID {text}.")
    return describe_groups(found)


def get_group(operator: Actor, *, key: int) -> GroupDetail:
    """A group with its roles, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _group(key)
    streams = ("groups", "group_members", "role_assignments", "project_groups", "projects")
    return GroupDetail(describe_groups([row])[0], _held(row), gaps(describe_row(row.connection_id), streams))


def list_project_groups(operator: Actor, *, key: int) -> ProjectGroups:
    """The groups that were let into a project, by our key of it. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    project = Project.objects.filter(pk=key).first()
    if project is None:
        raise NotFound(f"There is no project with the key {key}.")
    held: dict[str, list[RoleAssignment]] = {}
    rows = RoleAssignment.objects.filter(
        connection_id=project.connection_id, project_id=project.vendor_id, kind="project_group", departed_at=None
    )
    for each in rows.order_by("pk"):
        held.setdefault(str(each.group_id), []).append(each)
    groups = _rows().filter(connection_id=project.connection_id, vendor_id__in=list(held), departed_at=None)
    known = {group.id: group for group in describe_groups(list(groups))}
    found = [_in_project(group_id, some, known.get(group_id)) for group_id, some in held.items()]
    found.sort(key=lambda each: (each.name or each.id).casefold())
    connection = describe_row(project.connection_id)
    return ProjectGroups(found, gaps(connection, ("groups", "project_groups", "group_members")))


def _in_project(group_id: str, held: Sequence[RoleAssignment], group: GroupInfo | None) -> ProjectGroupInfo:
    permits = [each.permissions for each in held if each.permissions is not None]
    return ProjectGroupInfo(
        key=group.key if group else None,
        id=group_id,
        name=group.name if group else None,
        members=group.members if group else None,
        roles=[each.name or str(each.role_id) for each in held if each.role_id],
        permissions=sorted({each for some in permits for each in some}) if permits else None,
    )


def list_group_members(
    operator: Actor, *, key: int, search: str = "", cursor: str = "", limit: int = 50
) -> GroupMembers:
    """Who is in a group, by e-mail; members whom no list of users holds stand at the end. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _group(key)
    members = GroupMember.objects.filter(
        connection_id=row.connection_id, group_id=row.vendor_id, departed_at=None
    ).order_by()
    users = User.objects.filter(connection_id=row.connection_id, kind__in=PEOPLE)
    rows = users.filter(vendor_id__in=members.values("user_id")).annotate(
        order_key=Coalesce("email_key", "name_key", "vendor_id", output_field=TextField())
    )
    if text := plain(search.strip()):
        rows = rows.filter(Q(email__icontains=text) | Q(name__icontains=text) | Q(vendor_id=text))
    strange = members.none() if text else members.exclude(user_id__in=users.values("vendor_id"))
    strangers = strange.count()
    page = page_of(rows, ("order_key", "id"), cursor, limit, _member, rows.count() + strangers)
    if page.next:
        return GroupMembers(page.items, page.next, page.previous, page.total)
    ids = strange.order_by("user_id").values_list("user_id", flat=True)[:STRANGERS]
    items = [*page.items, *(GroupMemberInfo(None, each, None, None, None) for each in ids)]
    return GroupMembers(items, None, page.previous, page.total, others=max(0, strangers - STRANGERS))


def describe_groups(rows: Sequence[Group]) -> list[GroupInfo]:
    """Rows with their connection, counted in four more queries."""
    read = read_once(row.connection_id for row in rows)
    ids = Q(connection_id__in={row.connection_id for row in rows}, group_id__in=[row.vendor_id for row in rows])
    members = _counted(GroupMember.objects.filter(ids, departed_at=None), "user_id")
    held = RoleAssignment.objects.filter(ids, departed_at=None)
    projects = _counted(held.filter(kind="project_group"), "project_id")
    roles: dict[tuple[int, str], list[str]] = {}
    for each in held.filter(kind="group").order_by("name", "pk"):
        roles.setdefault((each.connection_id, str(each.group_id)), []).append(each.name or str(each.role_id))
    return [
        GroupInfo(
            key=row.pk,
            connection=row.connection.name,
            id=row.vendor_id,
            name=row.name,
            kind=row.kind,
            scim_managed=row.scim_managed,
            members=members.get(place, 0) if (row.connection_id, "group_members") in read else None,
            projects=projects.get(place, 0) if (row.connection_id, "project_groups") in read else None,
            roles=roles.get(place, []) if (row.connection_id, "role_assignments") in read else None,
            created_at=row.created_at,
            first_seen_at=row.first_seen_at,
            departed_at=row.departed_at,
        )
        for row in rows
        for place in [(row.connection_id, row.vendor_id)]
    ]


def _wanted(connection: str, managed: str, search: str) -> "QuerySet[Group]":
    rows = _rows().filter(departed_at=None)
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if managed:
        rows = rows.filter(scim_managed=managed == "scim")
    if text := plain(search.strip()):
        rows = rows.filter(Q(name__icontains=text) | Q(vendor_id=text))
    return rows


def _rows() -> "QuerySet[Group]":
    return sortable(Group.objects.select_related("connection"))


def _group(key: int) -> Group:
    row = _rows().filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no group with the key {key}.")
    return row


def _counted(rows: "QuerySet[Any]", column: str) -> dict[tuple[int, str], int]:
    found = rows.order_by().values_list("connection_id", "group_id").annotate(n=Count(column, distinct=True))
    return {(connection_id, group_id): n for connection_id, group_id, n in found}


def _held(row: Group) -> list[HeldRole]:
    here = {"connection_id": row.connection_id}
    rows = list(
        RoleAssignment.objects.filter(
            **here, group_id=row.vendor_id, departed_at=None, kind__in=("group", "project_group")
        ).order_by("pk")
    )
    projects = Project.objects.filter(**here, vendor_id__in={each.project_id for each in rows if each.project_id})
    places = {each.vendor_id: each for each in projects}
    roles = Role.objects.filter(**here, departed_at=None).values_list("project_id", "vendor_id", "pk")
    pages = {(project, own.removeprefix(f"{project}/") if project else own): pk for project, own, pk in roles}
    found = [_one(each, places.get(each.project_id or ""), pages) for each in rows]
    return sorted(found, key=lambda each: (each.project_id is not None, (each.project or "").casefold()))


def _one(row: RoleAssignment, place: Project | None, pages: dict[tuple[str | None, str], int]) -> HeldRole:
    return HeldRole(
        role=(row.name or row.role_id) if row.role_id else None,
        role_key=pages.get((row.project_id, row.role_id or "")),
        permissions=row.permissions,
        project=(place.name or place.vendor_id) if place else row.project_id,
        project_id=row.project_id,
        project_key=place.pk if place else None,
        assigned_at=row.assigned_at,
    )


def _member(row: User) -> GroupMemberInfo:
    return GroupMemberInfo(row.pk, row.vendor_id, row.email, row.name, row.status)
