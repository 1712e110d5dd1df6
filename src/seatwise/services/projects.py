"""Projects, and who works in them."""

from datetime import datetime

import msgspec
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Coalesce, Lower

from seatwise.store.models import Project, ProjectMember, User

from .errors import NotFound, Refusal
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .texts import connections_called, plain

SORTS = ("name", "created_at", "status")


class ProjectInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours."""

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
    members: int


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
    rows = _rows().filter(departed_at=None)
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if status:
        rows = rows.filter(status=plain(status))
    if text := plain(search.strip()):
        rows = rows.filter(Q(name__icontains=text) | Q(vendor_id=text))
    column, down = sort.lstrip("-"), "-" if sort.startswith("-") else ""
    if column not in SORTS:
        raise Refusal(f"Projects cannot be sorted by {column}.", fields={"sort": f"One of {', '.join(SORTS)}."})
    order = {"name": "name_key", "created_at": "created_key", "status": "status"}[column]
    total = rows.count()
    return page_of(rows, (f"{down}{order}", f"{down}id"), cursor, limit, _info, total)


def get_project(operator: Actor, *, key: int) -> ProjectDetail:
    """A project with its members, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _rows().filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no project with the key {key}.")
    members = ProjectMember.objects.filter(connection_id=row.connection_id, project_id=row.vendor_id, departed_at=None)
    users = User.objects.filter(connection_id=row.connection_id, kind__in=("user", "service_account"))
    wanted = users.filter(vendor_id__in=members.values("user_id"))
    found = {user.vendor_id: user for user in wanted.only("vendor_id", "email", "name")}
    return ProjectDetail(_info(row), [_member(member, found.get(member.user_id)) for member in members.order_by("id")])


def _rows() -> "QuerySet[Project]":
    members = ProjectMember.objects.filter(
        connection_id=OuterRef("connection_id"), project_id=OuterRef("vendor_id"), departed_at=None
    )
    count = members.order_by().values("project_id").annotate(count=Count("id")).values("count")
    return Project.objects.select_related("connection").annotate(
        members=Coalesce(Subquery(count), 0),
        name_key=Lower(Coalesce("name", "vendor_id", output_field=TextField())),
        created_key=Coalesce("created_at", "first_seen_at"),
    )


def _info(row: Project) -> ProjectInfo:
    return ProjectInfo(
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
        members=getattr(row, "members", 0),
    )


def _member(row: ProjectMember, user: User | None) -> MemberInfo:
    email, name = (user.email, user.name) if user else (None, None)
    return MemberInfo(row.user_id, user.pk if user else None, email, name, row.role, row.added_at)
