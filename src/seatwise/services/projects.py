"""Projects, and who works in them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count, Q, QuerySet

from seatwise.store.models import Key, Project, ProjectMember, RoleAssignment, ServiceAccount, User

from .audit import operation
from .errors import NotFound
from .missing import read_once
from .paging import BY_CREATION, BY_NAME, Page, described_page, every_described, order_of, sortable
from .rights import Actor, Permission, require
from .texts import connections_called, plain

COLUMNS = {"name": BY_NAME, "created_at": BY_CREATION, "status": ("status",)}
SORTS = tuple(COLUMNS)


class ProjectInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours. A count is None where its list was never read completely, and of an archived
    project: vendors do not list what is in it any more."""

    key: int
    connection: str
    id: str
    name: str | None
    status: str
    vendor_status: str | None
    created_at: datetime | None
    archived_at: datetime | None
    first_seen_at: datetime
    departed_at: datetime | None
    members: int | None
    groups: int | None
    service_accounts: int | None
    api_keys: int | None


class MemberInfo(msgspec.Struct, frozen=True):
    """One user's place in a project; `user_key` leads to the user, None while only the membership is known."""

    id: str
    user_key: int | None
    email: str | None
    name: str | None
    role: str | None
    added_at: datetime | None


class ProjectDetail(msgspec.Struct, frozen=True):
    project: ProjectInfo
    members: list[MemberInfo]


def list_projects(
    operator: Actor,
    *,
    connection: str = "",
    status: str = "",
    search: str = "",
    sort: str = "name",
    cursor: str = "",
    limit: int = 50,
) -> Page[ProjectInfo]:
    """Present projects. `sort` is name, created_at or status, with - downwards. Raises Refusal for another."""
    require(operator, Permission.SEE_USERS)
    rows = _wanted(connection, status, search)
    return described_page(rows, order_of("Projects", sort, COLUMNS), cursor, limit, _described, rows.count())


def export_projects(
    operator: Actor, *, connection: str = "", status: str = "", search: str = "", sort: str = "name"
) -> Iterator[ProjectInfo]:
    """Exactly what `list_projects` lists, in its order, page after page."""
    asked = {"connection": connection, "status": status, "search": search}
    with operation(operator, Permission.EXPORT, "export_projects", "projects", **{k: v for k, v in asked.items() if v}):
        require(operator, Permission.SEE_USERS)
        order = order_of("Projects", sort, COLUMNS)
    return every_described(_wanted(**asked), order, _described)


def find_projects(operator: Actor, *, project: str, connection: str = "") -> list[ProjectInfo]:
    """Present projects by the vendor's id or by name, however it is spelled. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    text = plain(project.strip())
    rows = _wanted(connection, "", "").filter(Q(vendor_id=text) | Q(name__iexact=text)).order_by("pk")
    if not (found := list(rows)):
        raise NotFound(f"There is no project with the name or ID {text}.")
    return _described(found)


def _wanted(connection: str, status: str, search: str) -> "QuerySet[Project]":
    rows = _rows().filter(departed_at=None)
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if status:
        rows = rows.filter(status=plain(status))
    if text := plain(search.strip()):
        rows = rows.filter(Q(name__icontains=text) | Q(vendor_id=text))
    return rows


def get_project_info(operator: Actor, *, key: int) -> ProjectInfo:
    """A project alone, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    return _described([_row(key)])[0]


def get_project(operator: Actor, *, key: int) -> ProjectDetail:
    """A project with its members, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _row(key)
    members = ProjectMember.objects.filter(connection_id=row.connection_id, project_id=row.vendor_id, departed_at=None)
    users = User.objects.filter(connection_id=row.connection_id, kind__in=("user", "service_account"))
    wanted = users.filter(vendor_id__in=members.values("user_id"))
    found = {user.vendor_id: user for user in wanted.only("vendor_id", "email", "name")}
    return ProjectDetail(
        _described([row])[0], [_member(member, found.get(member.user_id)) for member in members.order_by("id")]
    )


def _row(key: int) -> Project:
    row = _rows().filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no project with the key {key}.")
    return row


def _rows() -> "QuerySet[Project]":
    return sortable(Project.objects.select_related("connection"))


COUNTED: tuple[tuple[str, str, Any, str], ...] = (
    ("members", "project_members", ProjectMember.objects, "pk"),
    ("groups", "project_groups", RoleAssignment.objects.filter(kind="project_group"), "group_id"),
    ("service_accounts", "service_accounts", ServiceAccount.objects, "pk"),
    ("api_keys", "api_keys", Key.objects.filter(kind="project"), "pk"),
)
"""What is counted of a project, the stream that lists it, its rows, and what of them is counted once."""


def _described(rows: Sequence[Project]) -> list[ProjectInfo]:
    """Rows with their connection, and what is in them in a query for each count."""
    connections = {row.connection_id for row in rows}
    ids = [row.vendor_id for row in rows]
    listed = read_once(connections)
    counts: dict[str, dict[tuple[int, str], int]] = {}
    for name, _, things, once in COUNTED:
        found = things.filter(connection_id__in=connections, project_id__in=ids, departed_at=None).order_by()
        grouped = found.values_list("connection_id", "project_id").annotate(n=Count(once, distinct=True))
        counts[name] = {(connection_id, project_id): n for connection_id, project_id, n in grouped}

    def counted(row: Project, name: str, stream: str) -> int | None:
        known = (row.connection_id, stream) in listed and row.status != "archived"
        return counts[name].get((row.connection_id, row.vendor_id), 0) if known else None

    return [
        ProjectInfo(
            key=row.pk,
            connection=row.connection.name,
            id=row.vendor_id,
            name=row.name,
            status=row.status,
            vendor_status=row.vendor_status,
            created_at=row.created_at,
            archived_at=row.archived_at,
            first_seen_at=row.first_seen_at,
            departed_at=row.departed_at,
            **{name: counted(row, name, stream) for name, stream, _, _ in COUNTED},
        )
        for row in rows
    ]


def _member(row: ProjectMember, user: User | None) -> MemberInfo:
    email, name = (user.email, user.name) if user else (None, None)
    return MemberInfo(row.user_id, user.pk if user else None, email, name, row.role, row.added_at)
