"""Every endpoint the sandbox serves, one entry each. To add one: name its path, its scope and what answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import errors
from .auth import GROUPS_READ, MANAGEMENT_READ, USAGE_READ
from .costs import costs_page
from .paging import Envelope, Limits, id_cursor, list_page, next_cursor
from .rows import Row, Slice, Table, decode, encode
from .shapes import MINIMAL_USER
from .world import Organization

Place = dict[str, str]
"""The variable parts of a path, by name."""
Answer = Callable[[Organization, Place, Any], bytes]
"""From an organization, a place and the query (a multidict) to the body of a 200. Raises ApiError."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    path: str
    scope: str
    answer: Answer


def listing(
    path: str,
    table: Callable[[Organization, Place, Any], Table],
    *,
    scope: str = MANAGEMENT_READ,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    envelope: Envelope = id_cursor,
    ordered: bool = False,
) -> Endpoint:
    """An endpoint that pages through a table. `ordered` where the vendor takes `order`."""
    return Endpoint(
        path,
        scope,
        lambda organization, place, query: list_page(
            table(organization, place, query), query, limits, _dressed(organization, path, envelope), ordered=ordered
        ),
    )


def single(path: str, table: Callable[[Organization, Place], Table], noun: str) -> Endpoint:
    """An endpoint that answers one row, named by the last variable part of its path."""
    part = path.rpartition("{")[2].rstrip("}")

    def answer(organization: Organization, place: Place, query: Any) -> bytes:
        try:
            row = table(organization, place)[place[part]]
        except KeyError:
            raise errors.not_found(f"No such {noun}: {place[part]}") from None
        return encode(_minimal(row) if organization.minimal_users and noun == "user" else row)

    return Endpoint(path, MANAGEMENT_READ, answer)


def _minimal(row: Row) -> Row:
    return {name: row[name] for name in MINIMAL_USER if name in row}


def _dressed(organization: Organization, path: str, envelope: Envelope) -> Envelope:
    if path != "/organization/users" or not organization.minimal_users:
        return envelope
    return lambda page: envelope(Slice(page.ids, [encode(_minimal(decode(row))) for row in page.rows], page.more))


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
    project_id = place["project"]
    if project_id not in organization.projects:
        raise errors.not_found(f"The project {project_id} was not found")
    project = organization.projects[project_id]
    if project["status"] == "archived":
        raise errors.project_archived(project["name"])
    return organization.members[project_id]


def _member(organization: Organization, place: Place, query: Any) -> bytes:
    members, user_id = _members(organization, place), place["user"]
    if user_id not in members:
        raise errors.not_found(f"User {user_id} is not a member of {place['project']}")
    return encode(members[user_id])


ENDPOINTS = (
    listing("/organization/users", _users),
    single("/organization/users/{user}", lambda organization, place: organization.users, "user"),
    listing("/organization/invites", lambda organization, place, query: organization.invites),
    single("/organization/invites/{invite}", lambda organization, place: organization.invites, "invite"),
    listing("/organization/projects", _projects),
    single("/organization/projects/{project}", lambda organization, place: organization.projects, "project"),
    listing("/organization/projects/{project}/users", _members),
    Endpoint("/organization/projects/{project}/users/{user}", MANAGEMENT_READ, _member),
    listing(
        "/organization/admin_api_keys",
        lambda organization, place, query: organization.admin_keys,
        limits=Limits(1, None, 20),
        ordered=True,
    ),
    listing(
        "/organization/groups",
        lambda organization, place, query: organization.groups,
        scope=GROUPS_READ,
        limits=Limits(0, 1000, 100),
        envelope=next_cursor,
        ordered=True,
    ),
    Endpoint("/organization/costs", USAGE_READ, lambda organization, place, query: costs_page(organization, query)),
)
