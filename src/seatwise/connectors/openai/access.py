"""Groups, who is in them, and which roles they hold, in the organization and in projects.

Which roles a single person was given takes a call for each person and project: lookups.py reads those on demand.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from seatwise.sdk.errors import NotFound
from seatwise.sdk.records import Group, GroupMember, Project, ProjectGroup, Role, RoleAssignment, instant
from seatwise.sdk.streams import Pages, snapshot

from .client import Archived, AssignedRoleRow, Client, GroupRow, GroupUserRow, ProjectGroupRow, RoleRow, path
from .streams import meant, projects

GROUPS = "Organization Administration: Read (api.groups.read)"
MANY = {"limit": "1000"}
"""The largest page of groups and roles; groups of a project come by 100."""
PREDEFINED = re.compile(r"role-api-(?:organization|project)-([a-z_]+?)(?:__.*)?")
ROLE_FIELDS = ("name", "permissions", "predefined", "stands_for")


@snapshot(Group, fields=("name", "kind", "scim_managed", "created_at"), needs=GROUPS)
async def groups(client: Client) -> Pages:
    """Groups of people who hold roles together, with who manages them."""
    async with aclosing(client.pages("/organization/groups", GroupRow, params=MANY, by="next")) as pages:
        async for page in pages:
            yield meant(group, page.rows())


@snapshot(GroupMember, fields=("group_id", "user_id"), needs=GROUPS, parent=groups)
async def group_members(client: Client, parent: Group) -> Pages:
    """Who is in which group."""
    listing = client.pages(path("organization", "groups", parent.id, "users"), GroupUserRow, params=MANY, by="next")
    async with aclosing(listing) as pages:
        async for page in pages:
            yield [GroupMember(id=f"{parent.id}/{row.id}", group_id=parent.id, user_id=row.id) for row in page.rows()]


@snapshot(Role, fields=("kind", "description", *ROLE_FIELDS), needs=GROUPS)
async def roles(client: Client) -> Pages:
    """Roles of the organization, predefined and custom, with what each permits."""
    async with aclosing(client.pages("/organization/roles", RoleRow, params=MANY, by="next")) as pages:
        async for page in pages:
            yield [role(row) for row in page.rows()]


@snapshot(
    RoleAssignment,
    fields=("kind", "group_id", "role_id", "assigned_at", *ROLE_FIELDS),
    needs=GROUPS,
    parent=groups,
)
async def role_assignments(client: Client, parent: Group) -> Pages:
    """Roles that groups hold in the organization."""
    async with aclosing(assigned(client, "organization", "groups", parent.id, "roles")) as rows:
        async for some in rows:
            yield meant(lambda row: of_group(row, parent.id), some)


@snapshot(
    ProjectGroup,
    fields=("kind", "project_id", "group_id", "role_id", "assigned_at", *ROLE_FIELDS),
    needs=GROUPS,
    parent=projects,
    of=lambda row: row.status != "archived",
)
async def project_groups(client: Client, parent: Project) -> Pages:
    """Groups that were let into projects, with the roles they hold there."""
    listing = client.pages(path("organization", "projects", parent.id, "groups"), ProjectGroupRow, by="next")
    missing: NotFound | None = None
    try:
        async with aclosing(listing) as pages:
            async for page in pages:
                for row in page.rows():
                    try:
                        yield await in_project(client, parent.id, row)
                    except NotFound as error:  # taken out of the project a moment ago; the others are read
                        missing = error
    except Archived:
        return
    if missing:
        raise missing


async def in_project(client: Client, project_id: str, row: ProjectGroupRow) -> list[ProjectGroup]:
    """One record for each role of a group in a project, or one without a role."""
    found: list[ProjectGroup] = []
    async with aclosing(assigned(client, "projects", project_id, "groups", row.group_id, "roles")) as rows:
        async for some in rows:
            found += meant(lambda each: of_project_group(each, project_id, row.group_id), some)
    place = f"{project_id}/{row.group_id}"
    return found or [ProjectGroup(id=f"{place}/", kind="project_group", project_id=project_id, group_id=row.group_id)]


async def assigned(client: Client, *parts: str) -> AsyncGenerator[list[AssignedRoleRow], None]:
    """The roles held by whom the path names, page after page."""
    async with aclosing(client.pages(path(*parts), AssignedRoleRow, params=MANY, by="next")) as pages:
        async for page in pages:
            yield page.rows()


def group(row: GroupRow) -> Group:
    return Group(
        id=row.id,
        name=row.name,
        kind=row.group_type,
        scim_managed=row.is_scim_managed,
        created_at=instant(row.created_at),
    )


def role(row: RoleRow) -> Role:
    return Role(
        id=row.id,
        kind="organization",
        name=row.name,
        description=row.description,
        permissions=permissions(row),
        predefined=row.predefined_role,
        stands_for=stands_for(row),
    )


def of_group(row: AssignedRoleRow, group_id: str) -> RoleAssignment:
    return RoleAssignment(
        id=f"{group_id}/{row.id}",
        kind="group",
        group_id=group_id,
        role_id=row.id,
        name=row.name,
        permissions=permissions(row),
        predefined=row.predefined_role,
        stands_for=stands_for(row),
        assigned_at=instant(row.created_at),
    )


def of_project_group(row: AssignedRoleRow, project_id: str, group_id: str) -> ProjectGroup:
    return ProjectGroup(
        id=f"{project_id}/{group_id}/{row.id}",
        kind="project_group",
        project_id=project_id,
        group_id=group_id,
        role_id=row.id,
        name=row.name,
        permissions=permissions(row),
        predefined=row.predefined_role,
        stands_for=stands_for(row),
        assigned_at=instant(row.created_at),
    )


def permissions(row: RoleRow) -> tuple[str, ...] | None:
    """Each once, and in an order of our own: OpenAI promises none, and another order is no change."""
    listed = row.permissions
    return None if listed is None else tuple(sorted(set(listed)))


def stands_for(row: RoleRow) -> str | None:
    """The word that lists of members use for a predefined role: `role-api-project-owner__…` is `owner`."""
    found = PREDEFINED.fullmatch(row.id) if row.predefined_role else None
    return found[1] if found else None
