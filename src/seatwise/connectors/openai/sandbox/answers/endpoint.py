"""What an endpoint is, and the three common kinds: a listing, one row, one object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import errors
from ..auth import MANAGEMENT_READ
from ..paging import Envelope, Limits, id_cursor, list_page
from ..rows import Row, Slice, Table, decode, encode
from ..shapes import MINIMAL_USER
from ..world import Organization

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
    order: str = "asc",
    backwards: bool = False,
) -> Endpoint:
    """An endpoint that pages through a table. `ordered` where the vendor takes `order`, `backwards` where it takes
    `before`."""

    def answer(organization: Organization, place: Place, query: Any) -> bytes:
        rows, dressed = table(organization, place, query), _dressed(organization, path, envelope)
        return list_page(rows, query, limits, dressed, ordered=ordered, order=order, backwards=backwards)

    return Endpoint(path, scope, answer)


def single(
    path: str, table: Callable[[Organization, Place], Table], part: str, *, scope: str = MANAGEMENT_READ
) -> Endpoint:
    """An endpoint that answers the one row whose id stands in the path as `part`."""

    def answer(organization: Organization, place: Place, query: Any) -> bytes:
        row = table(organization, place).encoded(place[part])
        if row is None:
            raise errors.not_found(f"No such {part.replace('_', ' ')}: {place[part]}")
        few = path == "/organization/users/{user}" and organization.minimal_users
        return encode(_minimal(decode(row))) if few else row

    return Endpoint(path, scope, answer)


def thing(path: str, told: Callable[[Organization, Place], Row | None], *, scope: str = MANAGEMENT_READ) -> Endpoint:
    """An endpoint that answers one object without an id; None is 404."""

    def answer(organization: Organization, place: Place, query: Any) -> bytes:
        row = told(organization, place)
        if row is None:
            raise errors.not_found("The requested resource was not found")
        return encode(row)

    return Endpoint(path, scope, answer)


def project_of(organization: Organization, place: Place) -> str:
    """The project of a path. Raises ApiError 404 where there is none."""
    project_id = place["project"]
    if project_id not in organization.projects:
        raise errors.not_found(f"The project {project_id} was not found")
    return project_id


def open_project_of(organization: Organization, place: Place) -> str:
    """As `project_of`. Raises ApiError 400 where it is archived."""
    project_id = project_of(organization, place)
    project = organization.projects[project_id]
    if project["status"] == "archived":
        raise errors.project_archived(project["name"])
    return project_id


def _minimal(row: Row) -> Row:
    return {name: row[name] for name in MINIMAL_USER if name in row}


def _dressed(organization: Organization, path: str, envelope: Envelope) -> Envelope:
    """Users are shown with few fields where the organization says so."""
    if path != "/organization/users" or not organization.minimal_users:
        return envelope
    return lambda page: envelope(Slice(page.ids, [encode(_minimal(decode(row))) for row in page.rows], page.more))
