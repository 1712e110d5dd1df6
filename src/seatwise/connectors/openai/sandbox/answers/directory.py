"""Users, invites, projects and the members of projects."""

from typing import Any

from .. import errors
from ..auth import MANAGEMENT_READ
from ..rows import Row, Table
from ..world import Organization
from .endpoint import Endpoint, Place, listing, open_project_of, single


def _users(organization: Organization, place: Place, query: Any) -> Table:
    emails = {email.lower() for email in (*query.getall("emails[]", []), *query.getall("emails", []))}
    if not emails:
        return organization.users
    return organization.users.where(lambda row: (row.get("email") or "").lower() in emails)


def _projects(organization: Organization, place: Place, query: Any) -> Table:
    if query.get("include_archived") == "true":
        return organization.projects
    return organization.projects.view(_active)


def _active(row: Row) -> bool:
    return row.get("status") != "archived"


def _members(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.members[open_project_of(organization, place)]


def _member(organization: Organization, place: Place, query: Any) -> bytes:
    row = _members(organization, place).encoded(place["user"])
    if row is None:
        raise errors.not_found(f"User {place['user']} is not a member of {place['project']}")
    return row


ENDPOINTS = (
    listing("/organization/users", _users),
    single("/organization/users/{user}", lambda organization, place: organization.users, "user"),
    listing("/organization/invites", lambda organization, place, query: organization.invites),
    single("/organization/invites/{invite}", lambda organization, place: organization.invites, "invite"),
    listing("/organization/projects", _projects),
    single("/organization/projects/{project}", lambda organization, place: organization.projects, "project"),
    listing("/organization/projects/{project}/users", _members),
    Endpoint("/organization/projects/{project}/users/{user}", MANAGEMENT_READ, _member),
)
