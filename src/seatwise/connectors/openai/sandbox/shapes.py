"""What the vendor's objects look like on the wire, one function each. Times are epoch seconds."""

from collections.abc import Iterable
from typing import Literal

from .rows import MISSING, Row

MINIMAL_USER = ("object", "id", "name", "email", "role", "added_at")
INVITE_LIFETIME = 7 * 86_400
InviteStatus = Literal["pending", "expired", "accepted"]
_NESTED = ("enabled", "banned", "banned_at", "picture")


def user(
    user_id: str,
    name: str | None,
    email: str | None,
    *,
    role: str | None,
    added_at: int,
    projects: Iterable[Row] = (),
    scim: bool = False,
    service_account: bool = False,
    last_used_at: int | None = None,
) -> Row:
    """All fields of a user; `projects` are `{"id", "name", "role"}`."""
    return {
        "object": "organization.user",
        "id": user_id,
        "name": name,
        "email": email,
        "role": role,
        "added_at": added_at,
        "created": added_at - 3600,
        "is_default": False,
        "is_service_account": service_account,
        "is_scim_managed": scim,
        "is_scale_tier_authorized_purchaser": None,
        "api_key_last_used_at": last_used_at,
        "technical_level": None,
        "developer_persona": None,
        "user": {
            "object": "user",
            "id": user_id,
            "email": email,
            "name": name,
            "picture": None,
            "enabled": True,
            "banned": False,
            "banned_at": None,
        },
        "projects": {"object": "list", "data": list(projects)},
    }


def user_fields(row: Row, fields: Row) -> Row:
    """`fields` as they lie in a user's row: name and e-mail stand twice, the account's state in the inner `user`."""
    inner = row.get("user")
    own = {name: value for name, value in fields.items() if name not in _NESTED}
    if not isinstance(inner, dict) or "user" in own:
        return own
    twice = {name: own[name] for name in ("name", "email") if name in own}
    nested = {name: value for name, value in fields.items() if name in _NESTED}
    changed = {name: value for name, value in {**inner, **twice, **nested}.items() if value is not MISSING}
    return {**own, "user": changed}


def invite(
    invite_id: str,
    email: str,
    *,
    role: str,
    status: InviteStatus,
    created_at: int,
    expires_in: int = INVITE_LIFETIME,
    accepted_at: int | None = None,
    projects: Iterable[tuple[str, str]] = (),
) -> Row:
    return {
        "object": "organization.invite",
        "id": invite_id,
        "email": email,
        "role": role,
        "status": status,
        "created_at": created_at,
        "expires_at": created_at + expires_in,
        "accepted_at": accepted_at,
        "projects": [{"id": project_id, "role": project_role} for project_id, project_role in projects],
    }


def project(project_id: str, name: str | None, *, created_at: int, archived_at: int | None = None) -> Row:
    return {
        "id": project_id,
        "object": "organization.project",
        "name": name,
        "created_at": created_at,
        "archived_at": archived_at,
        "status": "active" if archived_at is None else "archived",
        "external_key_id": None,
        "residency": "GLOBAL",
    }


def member(user_row: Row, *, role: str, added_at: int) -> Row:
    """A user as a project lists them; fields the user lacks are lacking here."""
    names: Row = {name: user_row[name] for name in ("name", "email") if name in user_row}
    return {"object": "organization.project.user", "id": user_row["id"], **names, "role": role, "added_at": added_at}


def placed(user_row: Row, project_id: str, fields: Row | None) -> Row:
    """What of a user's row changes when `fields` of one of its projects do; None takes the project out. A row without
    `projects` stays so."""
    listed = user_row.get("projects")
    if not listed:
        return {}
    places = {place["id"]: place for place in listed["data"]}
    if fields is None:
        places.pop(project_id, None)
    else:
        places[project_id] = {"id": project_id, **places.get(project_id, {}), **fields}
    return {"projects": {**listed, "data": list(places.values())}}


def admin_key(
    key_id: str,
    name: str,
    redacted: str,
    *,
    owner: Row,
    created_at: int | None,
    expires_at: int | None,
    last_used_at: int | None,
) -> Row:
    return {
        "object": "organization.admin_api_key",
        "id": key_id,
        "name": name,
        "redacted_value": redacted,
        "created_at": created_at,
        "expires_at": expires_at,
        "last_used_at": last_used_at,
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": owner["id"],
            "name": owner.get("name") or "",
            "created_at": owner["added_at"],
            "role": "owner",
        },
    }


def group(group_id: str, name: str, *, created_at: int, scim: bool) -> Row:
    return {
        "object": "group",
        "id": group_id,
        "name": name,
        "created_at": created_at,
        "is_scim_managed": scim,
        "group_type": "group",
    }


def service_account(account_id: str, name: str, *, role: str, created_at: int) -> Row:
    return {
        "object": "organization.project.service_account",
        "id": account_id,
        "name": name,
        "role": role,
        "created_at": created_at,
    }


def key_owner(row: Row, role: str | None = None) -> Row:
    """Who owns a key, as the key tells it: from a service account's row, or from a user's with the role in the project.
    A user's name and e-mail are text there, whatever the user's own row lacks."""
    if row["object"] == "organization.project.service_account":
        told = {name: row[name] for name in ("id", "name", "created_at", "role")}
        return {"type": "service_account", "service_account": told}
    email = row.get("email") or ""
    told = {"id": row["id"], "email": email, "name": row.get("name") or email, "created_at": row["added_at"]}
    return {"type": "user", "user": {**told, "role": role or "member"}}


def api_key(
    key_id: str,
    name: str,
    *,
    tail: str,
    owner: Row,
    created_at: int,
    last_used_at: int | None = None,
    access: str = "active",
    expires_at: int | None = None,
) -> Row:
    """A project's key. `expires_at` is left out where None: few keys have one."""
    head = "sk-proj-" if owner["type"] == "user" else "sk-svcacct-"
    return {
        "object": "organization.project.api_key",
        "id": key_id,
        "name": name,
        "redacted_value": f"{head}{key_id[4:7]}...{tail}",
        "created_at": created_at,
        "last_used_at": last_used_at,
        **({} if expires_at is None else {"expires_at": expires_at}),
        "owner_project_access": access,
        "owner": owner,
    }


def group_user(user_row: Row) -> Row:
    """A user as a group lists them."""
    email = user_row.get("email")
    return {"id": user_row["id"], "name": user_row.get("name") or email or "", "email": email}


def project_group(project_id: str, group_row: Row, *, created_at: int) -> Row:
    """A group as a project lists it: it has no id of its own."""
    return {
        "object": "project.group",
        "project_id": project_id,
        "group_id": group_row["id"],
        "group_name": group_row["name"],
        "group_type": group_row["group_type"],
        "created_at": created_at,
    }


def role(
    role_id: str,
    name: str,
    permissions: Iterable[str],
    *,
    in_project: bool,
    predefined: bool = False,
    description: str | None = None,
) -> Row:
    return {
        "object": "role",
        "id": role_id,
        "name": name,
        "description": description,
        "permissions": list(permissions),
        "resource_type": "api.project" if in_project else "api.organization",
        "predefined_role": predefined,
    }
