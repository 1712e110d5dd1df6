"""Groups and their members, roles of both levels, and the four lists of who has which role."""

from typing import Any

from .. import errors
from ..auth import GROUPS_READ
from ..paging import Limits, next_cursor
from ..rows import Table, encode
from ..world import Organization
from .endpoint import Answer, Endpoint, Place, listing, project_of, single

_GROUPS, _ROLES, _PROJECT_GROUPS = Limits(0, 1000, 100), Limits(0, 1000, 1000), Limits(0, 100, 20)


def _group(organization: Organization, place: Place) -> str:
    if place["group"] not in organization.groups:
        raise errors.not_found(f"No such group: {place['group']}")
    return place["group"]


def _user(organization: Organization, place: Place) -> str:
    if place["user"] not in organization.users:
        raise errors.not_found(f"No such user: {place['user']}")
    return place["user"]


def _group_members(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.group_members[_group(organization, place)]


def _group_member(organization: Organization, place: Place, query: Any) -> bytes:
    """A member alone is told with more fields than in the list."""
    members, user_id = _group_members(organization, place), place["user"]
    if user_id not in members or user_id not in organization.users:
        raise errors.not_found(f"User {user_id} is not a member of {place['group']}")
    account = organization.users[user_id].get("is_service_account")
    return encode({**members[user_id], "picture": None, "is_service_account": account, "user_type": "user"})


def _project_groups(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.project_groups[project_of(organization, place)]


def _project_roles(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.project_roles[project_of(organization, place)]


def _of_user(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.roles_of(user_id=_user(organization, place))


def _of_group(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.roles_of(group_id=_group(organization, place))


def _of_project_user(organization: Organization, place: Place, query: Any = None) -> Table:
    project_id = project_of(organization, place)
    return organization.roles_of(user_id=_user(organization, place), project_id=project_id)


def _of_project_group(organization: Organization, place: Place, query: Any = None) -> Table:
    project_id = project_of(organization, place)
    return organization.roles_of(group_id=_group(organization, place), project_id=project_id)


def _listed(path: str, table: Any, limits: Limits, order: str = "asc") -> Endpoint:
    return listing(path, table, scope=GROUPS_READ, limits=limits, envelope=next_cursor, ordered=True, order=order)


def _tenants(answer: Answer) -> Answer:
    """`group_type` may ask for tenant groups, of which there are none here."""

    def told(organization: Organization, place: Place, query: Any) -> bytes:
        if query.get("group_type", "group") != "group":
            raise errors.not_found(f"No such group: {place['group']}")
        return answer(organization, place, query)

    return told


_ASSIGNMENTS = (
    ("/organization/users/{user}/roles", _of_user),
    ("/organization/groups/{group}/roles", _of_group),
    ("/projects/{project}/users/{user}/roles", _of_project_user),
    ("/projects/{project}/groups/{group}/roles", _of_project_group),
)
_IN_PROJECT = single("/organization/projects/{project}/groups/{group}", _project_groups, "group", scope=GROUPS_READ)
ENDPOINTS = (
    _listed("/organization/groups", lambda organization, place, query: organization.groups, _GROUPS),
    single("/organization/groups/{group}", lambda organization, place: organization.groups, "group", scope=GROUPS_READ),
    _listed("/organization/groups/{group}/users", _group_members, _GROUPS, "desc"),
    Endpoint("/organization/groups/{group}/users/{user}", GROUPS_READ, _group_member),
    _listed("/organization/projects/{project}/groups", _project_groups, _PROJECT_GROUPS),
    Endpoint(_IN_PROJECT.path, GROUPS_READ, _tenants(_IN_PROJECT.answer)),
    _listed("/organization/roles", lambda organization, place, query: organization.roles, _ROLES),
    single("/organization/roles/{role}", lambda organization, place: organization.roles, "role", scope=GROUPS_READ),
    _listed("/projects/{project}/roles", _project_roles, _ROLES),
    single("/projects/{project}/roles/{role}", _project_roles, "role", scope=GROUPS_READ),
    *(_listed(path, table, _ROLES) for path, table in _ASSIGNMENTS),
    *(single(f"{path}/{{role}}", table, "role", scope=GROUPS_READ) for path, table in _ASSIGNMENTS),
)
