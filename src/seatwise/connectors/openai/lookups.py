"""What OpenAI tells about one project or one person only, and is asked for when an operator wants to know."""

from contextlib import aclosing

from seatwise.sdk.lookups import Lookup, Part, Reader
from seatwise.sdk.records import ProjectLimit, ProjectRole, UserRole, instant

from .access import GROUPS, MANY, assigned, permissions, role, stands_for
from .client import AssignedRoleRow, Client, RoleRow, path
from .limits import data_retention, hosted_tools, models, rate_limits, spend_alerts, spend_limit
from .streams import MANAGEMENT, meant


async def project_roles(client: Client, project_id: str, _: str | None = None) -> list[ProjectRole]:
    """Roles of one project. This list alone is limited to some seven requests a minute (QUIRKS.md)."""
    found: list[ProjectRole] = []
    async with aclosing(client.pages(path("projects", project_id, "roles"), RoleRow, params=MANY, by="next")) as pages:
        async for page in pages:
            found += [of_project(row, project_id) for row in page.rows()]
    return found


def of_project(row: RoleRow, project_id: str) -> ProjectRole:
    own = role(row)
    return ProjectRole(
        id=f"{project_id}/{own.id}",
        kind="project",
        project_id=project_id,
        name=own.name,
        description=own.description,
        permissions=own.permissions,
        predefined=own.predefined,
        stands_for=own.stands_for,
    )


async def user_roles(client: Client, user_id: str, project_id: str | None) -> list[UserRole]:
    """The roles of one person in the organization, or in one project, with the groups they come from."""
    level = ("organization",) if project_id is None else ("projects", project_id)
    found: list[UserRole] = []
    async with aclosing(assigned(client, *level, "users", user_id, "roles")) as rows:
        async for some in rows:
            found += meant(lambda row: of_user(row, user_id, project_id), some)
    return found


def of_user(row: AssignedRoleRow, user_id: str, project_id: str | None) -> UserRole:
    sources = row.assignment_sources
    groups = [one.principal_id for one in sources or () if one.principal_type == "group"]
    return UserRole(
        id=f"{project_id or ''}/{user_id}/{row.id}",
        kind="user",
        project_id=project_id,
        user_id=user_id,
        role_id=row.id,
        name=row.name,
        permissions=permissions(row),
        predefined=row.predefined_role,
        stands_for=stands_for(row),
        assigned_at=instant(row.created_at),
        direct=None if sources is None else len(groups) < len(sources) or not sources,
        through=None if sources is None else tuple(group for group in groups if isinstance(group, str)),
    )


def _limit(name: str, label: str, summary: str, read: Reader) -> Part:
    return Part(name, label, summary, ProjectLimit, MANAGEMENT, read)


of_one_project = Lookup(
    name="project_limits",
    of="project",
    summary="Rate limits, spend limit and alerts, models, tools, data retention and roles of one project.",
    parts=(
        _limit("spend_limit", "Spend limit", "What a month may cost, and whether work stops there.", spend_limit),
        _limit("spend_alert", "Spend alerts", "At which amounts OpenAI writes, and to whom.", spend_alerts),
        _limit("data_retention", "Data retention", "How long OpenAI keeps what is sent.", data_retention),
        _limit("models", "Models", "Which models are allowed or forbidden.", models),
        _limit("hosted_tool", "Hosted tools", "Which tools that OpenAI runs are allowed.", hosted_tools),
        _limit("rate_limit", "Rate limits", "Requests and tokens of each model, a minute and a day.", rate_limits),
        Part("roles", "Roles", "Roles it knows, with what each permits.", ProjectRole, GROUPS, project_roles),
    ),
)
of_one_user = Lookup(
    name="user_roles",
    of="user",
    summary="Roles that one person holds in the organization and in each of their projects.",
    parts=(
        Part(
            "organization",
            "Roles in the organization",
            "What this person holds there, directly or through a group.",
            UserRole,
            GROUPS,
            user_roles,
        ),
        Part(
            "projects",
            "Roles in projects",
            "The same in each project the person is in.",
            UserRole,
            GROUPS,
            user_roles,
            per_project=True,
        ),
    ),
)
