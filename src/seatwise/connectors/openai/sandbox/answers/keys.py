"""Admin keys, service accounts and the API keys of projects."""

from typing import Any

from .. import errors
from ..paging import Limits
from ..rows import Row, Table
from ..world import Organization
from .endpoint import Place, listing, open_project_of, single

_FOREIGN = 5


def _admin_keys(organization: Organization, place: Place, query: Any = None) -> Table:
    """Own rows; and, where the organization is set so, keys of projects among them, as the vendor has been seen to."""
    if not organization.foreign_admin_rows:
        return organization.admin_keys
    foreign = [row for project_id in organization.projects.ids()[:3] for row in organization.api_keys[project_id]]
    return Table([*organization.admin_keys, *map(_as_admin_key, foreign[:_FOREIGN])])


def _as_admin_key(row: Row) -> Row:
    kind = row["owner"]["type"]
    owner = {name: row["owner"][kind][name] for name in ("id", "name", "created_at", "role")}
    return {
        **{name: row[name] for name in ("id", "name", "redacted_value", "created_at", "last_used_at")},
        "object": "organization.admin_api_key",
        "expires_at": row.get("expires_at"),
        "owner": {"type": kind, "object": f"organization.{kind}", **owner},
    }


def _accounts(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.service_accounts[open_project_of(organization, place)]


def _api_keys(organization: Organization, place: Place, query: Any) -> Table:
    """All keys, or those whose owners have access or have none; when nobody says which, those of members."""
    project_id = open_project_of(organization, place)
    table, access = organization.api_keys[project_id], query.get("owner_project_access")
    if access == "any":
        return table
    if access == "active":
        return table.view(_of_active)
    if access == "inactive":
        return table.view(_of_inactive)
    if access is not None:
        message = f"Invalid 'owner_project_access': '{access}' is not one of active, inactive, any."
        raise errors.bad_parameter("owner_project_access", message)
    members = {*organization.members[project_id].ids(), *organization.service_accounts[project_id].ids()}
    return table.where(lambda row: row["owner"][row["owner"]["type"]]["id"] in members)


def _of_active(row: Row) -> bool:
    return bool(row["owner_project_access"] == "active")


def _of_inactive(row: Row) -> bool:
    return bool(row["owner_project_access"] == "inactive")


def _any_key(organization: Organization, place: Place) -> Table:
    return organization.api_keys[open_project_of(organization, place)]


ENDPOINTS = (
    listing("/organization/admin_api_keys", _admin_keys, limits=Limits(1, None, 20), ordered=True),
    single("/organization/admin_api_keys/{key}", _admin_keys, "key"),
    listing("/organization/projects/{project}/service_accounts", _accounts),
    single("/organization/projects/{project}/service_accounts/{service_account}", _accounts, "service_account"),
    listing("/organization/projects/{project}/api_keys", _api_keys),
    single("/organization/projects/{project}/api_keys/{key}", _any_key, "key"),
)
