"""Access: what a user may do where, and who may do what in a project, each with why and with what is not known."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Coalesce

from seatwise.connectors.catalog import connectors
from seatwise.store import roster
from seatwise.store.models import Connection, GroupMember, LookedUp, Project, ProjectMember, RoleAssignment, User

from .audit import attempt, operation, write
from .errors import NotFound, Refusal
from .gaps import gaps
from .grants import ORGANIZATION, Grant, Grants, permissions_of
from .lookedup import LookupInfo, look_up, lookup_of
from .paging import Page, described_page, every_described
from .rights import Actor, Permission, require
from .rows import describe_row
from .texts import connections_called, plain

STREAMS = (
    "projects", "project_members", "groups", "group_members", "role_assignments", "project_groups", "roles",
)  # fmt: skip
PEOPLE = ("user", "service_account")
ORDER = ("order_key", "id")
STRANGERS = 50
DIRECTLY = "Roles given to this person directly were never read, so there may be more. They can be read on demand."


class ProjectAccess(msgspec.Struct, frozen=True):
    """One project somebody may use. `permissions` are all of its grants', as far as known; `whole` is false where what
    some role permits is not known."""

    key: int | None
    id: str
    name: str | None
    status: str
    permissions: list[str]
    whole: bool
    grants: list[Grant]


class UserAccess(msgspec.Struct, frozen=True):
    """What one user may do. `owner`: of the organization, and so of every project, those too that came about a moment
    ago. `unknown` says in sentences what is not known: with any, there may be more than is listed. `note` says why
    somebody without access has none."""

    connection: str
    key: int
    id: str
    email: str | None
    name: str | None
    owner: bool
    permissions: list[str]
    organization: list[Grant]
    projects: list[ProjectAccess]
    unknown: list[str]
    note: str | None
    lookup: LookupInfo


class Holder(msgspec.Struct, frozen=True):
    """One user who may do something in a project, with all reasons."""

    key: int
    id: str
    kind: str
    email: str | None
    name: str | None
    status: str
    permissions: list[str]
    whole: bool
    grants: list[Grant]


class ProjectHolders(msgspec.Struct, frozen=True):
    """Who may do what in a project. `strangers` are ids of members whom no list of users holds, at most STRANGERS of
    the `strangers_total`."""

    holders: Page[Holder]
    strangers: list[str]
    strangers_total: int
    unknown: list[str]


def get_user_access(operator: Actor, *, key: int) -> UserAccess:
    """What one user may do where, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    return _access(_user(key))


def find_user_access(operator: Actor, *, user: str, connection: str = "") -> list[UserAccess]:
    """The same by e-mail, name or the vendor's id, one for each account that has it. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    text = plain(user.strip())
    rows = User.objects.select_related("connection").filter(departed_at=None, listed=True)
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    found = list(rows.filter(Q(email_key=text.lower()) | Q(vendor_id=text) | Q(name_key=text.lower())).order_by("pk"))
    if not found:
        raise NotFound(f"There is no user with the e-mail, name or ID {text}.")
    return [_access(row) for row in found]


def read_user_roles(operator: Actor, *, key: int) -> UserAccess:
    """Reads at the vendor which roles this user holds, in the organization and in each project they are in, and stores
    them; then as `get_user_access`. Raises NotFound, Conflict, Refusal and Unreachable."""
    with attempt(operator, Permission.SYNC, "read_user_roles", str(key)) as entry:
        row = _user(key)
        entry.target = row.email or row.vendor_id
        if row.kind == "invite" or row.departed_at:
            raise Refusal("Only somebody who is in the organization holds roles that can be read.")
        look_up(row.connection, "user", row.vendor_id, entry)
    write(operator, "read_user_roles", entry, "done")
    return get_user_access(operator, key=key)


def list_project_access(
    operator: Actor, *, key: int, search: str = "", cursor: str = "", limit: int = 50
) -> ProjectHolders:
    """Everybody who may do something in a project: members, members of its groups, owners of the organization. Raises
    NotFound, and Refusal for a cursor that is none."""
    require(operator, Permission.SEE_USERS)
    project = _project(key)
    everybody = _holders(project)
    total = in_all = everybody.count()
    rows = everybody
    if text := plain(search.strip()):
        rows = rows.filter(Q(email__icontains=text) | Q(name__icontains=text) | Q(vendor_id=text))
        total = rows.count()
    page = described_page(rows, ORDER, cursor, limit, partial(_described, project), total)
    strangers = _strangers(project)
    return ProjectHolders(
        page, list(strangers[:STRANGERS]), strangers.count(), _project_gaps(project, everybody, in_all)
    )


def export_project_access(operator: Actor, *, key: int) -> Iterator[Holder]:
    """All of `list_project_access`, page after page."""
    with operation(operator, Permission.EXPORT, "export_project_access", str(key)):
        require(operator, Permission.SEE_USERS)
        project = _project(key)
    return every_described(_holders(project), ORDER, partial(_described, project))


def _project(key: int) -> Project:
    row = Project.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no project with the key {key}.")
    return row


def _user(key: int) -> User:
    row = User.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no user with the key {key}.")
    return row


def _access(row: User) -> UserAccess:
    lookup = lookup_of(row.connection, "user", row.vendor_id)
    note = _note(row)
    grants = Grants(row.connection, [row])
    held = {} if row.departed_at else grants.of(row)
    owning = grants.owning(row, held)
    organization = held.pop(ORGANIZATION, [])
    return UserAccess(
        connection=row.connection.name,
        key=row.pk,
        id=row.vendor_id,
        email=row.email,
        name=row.name,
        owner=bool(owning),
        permissions=permissions_of(organization),
        organization=organization,
        projects=_projects(row.connection, held, owning),
        unknown=[] if row.departed_at or row.kind == "invite" else _user_gaps(row, lookup),
        note=note,
        lookup=lookup if row.kind != "invite" and not row.departed_at else LookupInfo(False, "", None, []),
    )


def _projects(connection: Connection, held: Any, owning: list[Grant]) -> list[ProjectAccess]:
    """Of an owner every project that is not archived; of others those they were let into."""
    rows = Project.objects.filter(connection=connection, departed_at=None)
    wanted = Q(vendor_id__in=list(held)) | (Q(status="active") if owning else Q(pk__in=[]))
    known = {row.vendor_id: row for row in rows.filter(wanted)}
    found = []
    for place in {**held, **known}:
        row = known.get(place)
        grants = [*held.get(place, ()), *(owning if row and row.status == "active" else ())]
        found.append(
            ProjectAccess(
                key=row.pk if row else None,
                id=place,
                name=row.name if row else None,
                status=row.status if row else "unknown",
                permissions=permissions_of(grants),
                whole=all(grant.permissions is not None for grant in grants),
                grants=grants,
            )
        )
    return sorted(found, key=lambda each: (all(g.reason == "owner" for g in each.grants), (each.name or "").casefold()))


def _note(row: User) -> str | None:
    if row.departed_at:
        return "No longer in the organization, so every role has ended."
    if row.kind == "invite":
        return "Invited, and not in the organization before they join."
    if row.status in ("disabled", "banned"):
        return f"The account is {row.status}: it holds these roles, and cannot use them as long as that is so."
    return None


def _user_gaps(row: User, lookup: LookupInfo) -> list[str]:
    said = gaps(describe_row(row.connection_id), STREAMS)
    if not lookup.parts:
        return said
    if lookup.read_at is None:
        return [*said, DIRECTLY]
    return [*said, *(f"{part.label} were not read whole: {part.message}" for part in lookup.parts if part.message)]


def _holders(project: Project) -> "QuerySet[User]":
    """The users of a project: each branch is found by an index, so that their number does not matter."""
    here = {"connection_id": project.connection_id, "departed_at": None}
    owner = connectors()[project.connection.integration].manifest.owner_role
    assigned = RoleAssignment.objects.filter(**here).order_by()
    groups = assigned.filter(kind="project_group", project_id=project.vendor_id)
    if owner and project.status == "active":
        groups = groups | assigned.filter(kind="group", stands_for=owner)
    people = User.objects.filter(**here, kind__in=PEOPLE)
    branches: list[Any] = [
        ProjectMember.objects.filter(**here, project_id=project.vendor_id).values_list("user_id"),
        GroupMember.objects.filter(**here, group_id__in=groups.values("group_id")).values_list("user_id"),
        assigned.filter(kind="user", project_id=project.vendor_id).values_list("user_id"),
    ]
    if owner and project.status == "active":
        branches += [rows.values_list("vendor_id") for rows in roster.of_role(project.connection_id, owner)]
    union = branches[0].order_by().union(*(branch.order_by() for branch in branches[1:]))
    order = Coalesce("email_key", "name_key", "vendor_id", output_field=TextField())
    return people.filter(vendor_id__in=union).annotate(order_key=order)


def _described(project: Project, rows: Sequence[User]) -> list[Holder]:
    grants = Grants(project.connection, rows, [project.vendor_id])
    return [_holder(row, grants, project.vendor_id) for row in rows]


def _holder(row: User, grants: Grants, project_id: str) -> Holder:
    held = grants.of(row)
    own = [*held.get(project_id, ()), *grants.owning(row, held)]
    return Holder(
        key=row.pk,
        id=row.vendor_id,
        kind=row.kind,
        email=row.email,
        name=row.name,
        status=row.status,
        permissions=permissions_of(own),
        whole=all(grant.permissions is not None for grant in own),
        grants=own,
    )


def _strangers(project: Project) -> "QuerySet[ProjectMember, str]":
    here = {"connection_id": project.connection_id, "departed_at": None}
    users = User.objects.filter(**here, kind__in=PEOPLE, vendor_id=OuterRef("user_id"))
    members = ProjectMember.objects.filter(~Exists(users), **here, project_id=project.vendor_id)
    return members.order_by("user_id").values_list("user_id", flat=True)


def _project_gaps(project: Project, holders: "QuerySet[User]", in_all: int) -> list[str]:
    said = gaps(describe_row(project.connection_id), ("users", *STREAMS))
    looked_up = LookedUp.objects.filter(connection_id=project.connection_id, of="user").values("vendor_id")
    read = holders.filter(vendor_id__in=looked_up).count() if looked_up.exists() else 0
    if read < in_all and connectors()[project.connection.integration].lookup("user"):
        said.append(
            f"Roles given to one person directly are read person by person, and were for {read} of these {in_all}: "
            "the others may hold more."
        )
    return said


def reasons(grants: Sequence[Grant]) -> str:
    """All grants on one line, for files and tables."""
    return "; ".join(f"{grant.role}: {grant.why[:1].lower()}{grant.why[1:]}" for grant in grants)
