"""Users and invited people: found, listed, counted, exported, and looked at one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import DateTimeField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from seatwise.connectors.catalog import connectors
from seatwise.sdk.status import BY_NAME
from seatwise.store.models import Change, Connection, Project, ProjectMember, User

from .audit import operation
from .changes import ChangeInfo, describe
from .errors import NotFound, Refusal
from .paging import Page, page_of
from .rights import Actor, Permission, require

SORTS = ("email", "name", "role", "status", "joined_at", "last_active_at")
LAST = "\U0010ffff"
NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
EXPORTED_AT_ONCE = 500


class ProjectRole(msgspec.Struct, frozen=True):
    id: str
    name: str | None
    role: str | None


class UserInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours; `kind` is user, invite or service_account. None: the vendor did not say."""

    key: int
    connection: str
    connection_id: int
    id: str
    kind: str
    email: str | None
    name: str | None
    role: str | None
    status: str
    vendor_status: str | None
    licenses: list[str]
    projects: list[ProjectRole]
    joined_at: datetime | None
    invited_at: datetime | None
    expires_at: datetime | None
    last_active_at: datetime | None
    last_active_source: str | None
    first_seen_at: datetime
    departed_at: datetime | None
    scim_managed: bool | None


class Facets(msgspec.Struct, frozen=True):
    """How many users there are of each status, role and connection, all other filters kept."""

    status: dict[str, int]
    roles: dict[str, int]
    connections: dict[str, int]


class UserDetail(msgspec.Struct, frozen=True):
    user: UserInfo
    status_rule: str
    timeline: list[ChangeInfo]
    projects: list[ProjectRole]


def list_users(
    operator: Actor,
    *,
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    departed: bool = False,
    sort: str = "email",
    cursor: str = "",
    limit: int = 50,
) -> Page[UserInfo]:
    """Who is present, or with `departed` who left. `sort` is a column of SORTS, with - the other way round; `total` is
    exact. Raises Refusal for an order or a cursor that is none."""
    require(operator, Permission.SEE_USERS)
    rows = matching(connection, status, role, search, kind, departed)
    page = page_of(rows.annotate(order=_key(sort)), _order(sort), cursor, limit, lambda row: row, rows.count())
    return Page(describe_users(page.items), page.next, page.previous, page.total)


def user_facets(
    operator: Actor,
    *,
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    departed: bool = False,
) -> Facets:
    """Counts for the filter bar; `status` does not narrow the statuses themselves."""
    require(operator, Permission.SEE_USERS)
    any_status = matching(connection, (), role, search, kind, departed)
    narrowed = matching(connection, status, role, search, kind, departed)
    return Facets(_counts(any_status, "status"), _counts(narrowed, "role"), _counts(narrowed, "connection__name"))


def get_user(operator: Actor, *, key: int) -> UserDetail:
    """One user with the rule that set the status, projects and history. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = User.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no user with the key {key}.")
    (user,) = describe_users([row])
    mine = Q(stream__in=("users", "invites"), vendor_id=row.vendor_id)
    if row.kind != "invite":
        mine |= Q(stream="project_members", vendor_id__endswith=f"/{row.vendor_id}")
    changes = Change.objects.filter(mine, connection_id=row.connection_id).select_related("connection")
    rule = BY_NAME[row.status].rule if row.status in BY_NAME else "The invitation was accepted."
    return UserDetail(user, rule, describe(changes.order_by("-at", "-id")[:200]), user.projects)


def export_users(
    operator: Actor,
    *,
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    departed: bool = False,
    sort: str = "email",
) -> Iterator[UserInfo]:
    """Exactly the users that `list_users` lists, in its order, one after the other in flat memory."""
    filters: dict[str, Any] = {"connection": connection, "status": list(status), "role": role, "search": search}
    filters |= {"kind": kind, "departed": departed}
    with operation(operator, Permission.EXPORT, "export_users", "users", **{k: v for k, v in filters.items() if v}):
        order = _order(sort)
    rows = matching(connection, status, role, search, kind, departed).annotate(order=_key(sort))
    return _exported(rows, order)


def _exported(rows: "QuerySet[User]", order: Sequence[str]) -> Iterator[UserInfo]:
    cursor = ""
    while True:
        page = page_of(rows, order, cursor, EXPORTED_AT_ONCE, lambda row: row)
        yield from describe_users(page.items)
        if page.next is None:
            return
        cursor = page.next


def matching(
    connection: str, status: Sequence[str], role: str, search: str, kind: str, departed: bool
) -> "QuerySet[User]":
    """The rows a listing is made of."""
    rows = User.objects.filter(listed=True, departed_at__isnull=not departed).select_related("connection")
    if connection:
        rows = rows.filter(connection__in=list(Connection.objects.filter(name__iexact=connection)))
    if status:
        rows = rows.filter(status__in=list(status))
    if role:
        rows = rows.filter(role=role)
    if kind:
        rows = rows.filter(kind=kind)
    text = search.strip().lower().encode(errors="ignore").decode().replace("\0", "\ufffd")
    if text:
        rows = rows.filter(Q(email_key__contains=text) | Q(name_key__contains=text) | Q(vendor_id=search.strip()))
    return rows


def describe_users(rows: Iterable[User]) -> list[UserInfo]:
    """Rows with their connection, and their projects in two more queries."""
    rows = list(rows)
    projects = _projects(rows)
    licenses = {slug: [kind.name for kind in each.manifest.licenses] for slug, each in connectors().items()}
    return [
        UserInfo(
            key=row.pk,
            connection=row.connection.name,
            connection_id=row.connection_id,
            id=row.vendor_id,
            kind=row.kind,
            email=row.email,
            name=row.name,
            role=row.role,
            status=row.status,
            vendor_status=row.vendor_status,
            licenses=licenses[row.connection.integration] if row.kind == "user" and row.status == "active" else [],
            projects=projects.get(row.pk, []),
            joined_at=row.joined_at,
            invited_at=row.invited_at,
            expires_at=row.expires_at,
            last_active_at=row.last_active_at,
            last_active_source=row.last_active_source,
            first_seen_at=row.first_seen_at,
            departed_at=row.departed_at,
            scim_managed=row.scim_managed,
        )
        for row in rows
    ]


def _projects(rows: Sequence[User]) -> dict[int, list[ProjectRole]]:
    """By our key: the projects each works in, or is invited to."""
    wanted: dict[tuple[int, str], list[tuple[str, str | None]]] = {}
    people = {(row.connection_id, row.vendor_id): row.pk for row in rows if row.kind != "invite"}
    members = ProjectMember.objects.filter(
        connection_id__in={row.connection_id for row in rows}, user_id__in={vendor_id for _, vendor_id in people}
    )
    for member in members.filter(departed_at=None).order_by("project_id"):
        place = (member.connection_id, member.user_id)
        wanted.setdefault(place, []).append((member.project_id, member.role))
    for row in rows:
        if row.kind == "invite":
            wanted[row.connection_id, row.vendor_id] = [(str(p), r) for p, r in row.invited_projects or ()]
            people[row.connection_id, row.vendor_id] = row.pk
    ids = {project for places in wanted.values() for project, _ in places}
    named = Project.objects.filter(connection_id__in={row.connection_id for row in rows}, vendor_id__in=ids)
    names = {(c, p): name for c, p, name in named.values_list("connection_id", "vendor_id", "name")}
    return {
        people[place]: [ProjectRole(project, names.get((place[0], project)), role) for project, role in places]
        for place, places in wanted.items()
        if place in people
    }


def _key(sort: str) -> Any:
    """What a column is sorted by; a value the vendor did not send stands last, or first downwards."""
    column = sort.removeprefix("-")
    if column not in SORTS:
        raise Refusal(f"Users cannot be sorted by {column}.", fields={"sort": f"One of {', '.join(SORTS)}."})
    if column in ("joined_at", "last_active_at"):
        return Coalesce(column, Value(NEVER, DateTimeField()))
    if column == "status":
        return F("status")
    return Coalesce({"email": "email_key", "name": "name_key"}.get(column, column), Value(LAST, TextField()))


def _order(sort: str) -> tuple[str, str]:
    _key(sort)
    down = "-" if sort.startswith("-") else ""
    return f"{down}order", f"{down}id"


def _counts(rows: "QuerySet[User]", column: str) -> dict[str, int]:
    found = Counter(str(value) for value in rows.order_by().values_list(column, flat=True) if value is not None)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
