"""Rate limits, spend limits and alerts, data retention, hosted tools and models."""

from typing import Any

from .. import errors
from ..paging import Limits
from ..rows import Row, Table
from ..world import Organization
from .endpoint import Endpoint, Place, listing, project_of, single, thing

_ALERTS = Limits(0, 100, 20)


def _rate_limits(organization: Organization, place: Place, query: Any) -> Table:
    """Of an unknown project this endpoint says so without the usual envelope."""
    if place["project"] not in organization.projects:
        raise errors.bare_not_found(f"The project {place['project']} was not found")
    return organization.rate_limits[place["project"]]


def _level(organization: Organization, place: Place) -> str | None:
    """The project of the path, or None for the organization."""
    return project_of(organization, place) if "project" in place else None


def _alerts(organization: Organization, place: Place, query: Any = None) -> Table:
    return organization.spend_alerts.get(_level(organization, place), Table())


def _limit(organization: Organization, place: Place) -> Row | None:
    return organization.spend_limits.get(_level(organization, place))


def _retention(organization: Organization, place: Place) -> Row:
    return organization.retention_of(_level(organization, place))


def _of_both(level: str) -> tuple[Endpoint, ...]:
    alerts = f"{level}/spend_alerts"
    return (
        thing(f"{level}/spend_limit", _limit),
        thing(f"{level}/data_retention", _retention),
        listing(alerts, _alerts, limits=_ALERTS, ordered=True, backwards=True),
        single(f"{alerts}/{{alert}}", _alerts, "alert"),
    )


_PROJECT = "/organization/projects/{project}"
ENDPOINTS = (
    *_of_both("/organization"),
    *_of_both(_PROJECT),
    listing(f"{_PROJECT}/rate_limits", _rate_limits, limits=Limits(1, None, 100), backwards=True),
    thing(
        f"{_PROJECT}/hosted_tool_permissions",
        lambda organization, place: organization.tools_of(project_of(organization, place)),
    ),
    thing(
        f"{_PROJECT}/model_permissions",
        lambda organization, place: organization.models_of(project_of(organization, place)),
    ),
)
