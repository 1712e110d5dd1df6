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


def admin_key(key_id: str, name: str, redacted: str, *, created_at: int, owner: Row) -> Row:
    return {
        "object": "organization.admin_api_key",
        "id": key_id,
        "name": name,
        "redacted_value": redacted,
        "created_at": created_at,
        "expires_at": None,
        "last_used_at": None,
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
