"""The roles the vendor brings along, and what an assignment of any role looks like."""

from . import shapes
from .people import draw, token
from .rows import Row, Table

_ORGANIZATION: dict[str, tuple[str, ...]] = {
    "owner": ("api.management.read", "api.management.write", "api.usage.read", "api.audit_logs.read", "api.all.read"),
    "reader": ("api.model.read", "api.model.request"),
}
_PROJECT: dict[str, tuple[str, ...]] = {
    "owner": (
        "api.organization.projects.api_keys.read",
        "api.organization.projects.api_keys.write",
        "api.model.read",
        "api.model.request",
    ),
    "member": ("api.model.read", "api.model.request"),
    "viewer": ("api.model.read",),
}
_CUSTOM = (
    ("Auditor", ("api.usage.read", "api.audit_logs.read"), "Reads usage, costs and the audit log"),
    ("Group manager", ("api.groups.read", "api.groups.write"), None),
    ("Webhook operator", ("api.webhooks.read",), None),
)
_CUSTOM_IN_PROJECT = ("Key custodian", ("api.organization.projects.api_keys.read",), "Watches over the project's keys")


def predefined_id(word: str, resource_id: str, *, in_project: bool) -> str:
    """`role-api-project-member__api-project__proj_…`, the long form in which the vendor answers."""
    where = "project" if in_project else "organization"
    return f"role-api-{where}-{word}__api-{where}__{resource_id}"


def organization_roles(organization_id: str) -> Table:
    """The predefined roles, and a few custom ones."""
    rows = [_predefined(word, organization_id, in_project=False) for word in _ORGANIZATION]
    for number, (name, permissions, description) in enumerate(_CUSTOM):
        role_id = f"role_{token(organization_id, 'role', number)}"
        rows.append(shapes.role(role_id, name, permissions, in_project=False, description=description))
    return Table(rows)


def project_roles(project_id: str) -> Table:
    """The predefined roles of a project; every third has a custom one too."""
    rows = [_predefined(word, project_id, in_project=True) for word in _PROJECT]
    if draw(project_id, "custom role") % 3 == 0:
        name, permissions, description = _CUSTOM_IN_PROJECT
        role_id = f"role_{token(project_id, 'role')}"
        rows.append(shapes.role(role_id, name, permissions, in_project=True, description=description))
    return Table(rows)


def _predefined(word: str, resource_id: str, *, in_project: bool) -> Row:
    permissions = (_PROJECT if in_project else _ORGANIZATION)[word]
    where = "Project" if in_project else "Organization"
    description = f"{where} {word}, managed by OpenAI"
    return shapes.role(
        predefined_id(word, resource_id, in_project=in_project),
        f"{where} {word}",
        permissions,
        in_project=in_project,
        predefined=True,
        description=description,
    )


def assigned(role: Row, *, created_at: int | None = None, by: Row | None = None) -> Row:
    """A role as an assignment tells it. `by` is the row of the user who gave it. Who has it stands nowhere."""
    return {
        **{
            name: role[name]
            for name in ("id", "name", "permissions", "resource_type", "predefined_role", "description")
        },
        "created_at": created_at,
        "updated_at": None,
        "created_by": by and by["id"],
        "created_by_user_obj": by and {"id": by["id"], "name": by.get("name"), "email": by.get("email")},
        "metadata": {},
    }


def with_sources(assignments: list[tuple[Row, str, str]]) -> Table:
    """Assignments as listed: each role once, with every principal (type, id) it comes from."""
    rows: dict[str, Row] = {}
    for row, kind, principal_id in assignments:
        told = rows.setdefault(row["id"], {**row, "assignment_sources": []})
        told["assignment_sources"].append({"principal_id": principal_id, "principal_type": kind})
    return Table(rows.values())
