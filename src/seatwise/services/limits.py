"""Limits and rules: an organization's from every sync, a project's as they were when somebody last had them read."""

from decimal import Decimal

import msgspec

from seatwise.store.models import Limit, Project

from .audit import attempt, write
from .errors import NotFound
from .gaps import gaps
from .lookedup import LookupInfo, look_up, lookup_of
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .rows import describe_row
from .texts import connections_called, plain


class LimitInfo(msgspec.Struct, frozen=True):
    """One limit or rule. `amount` is in `currency`, for each `interval`; `names` are recipients of an alert, or the
    models a list allows or denies. `project` is the vendor's id, None for the organization's own."""

    connection: str
    project: str | None
    what: str
    name: str | None
    value: str | None
    names: list[str] | None
    amount: Decimal | None
    currency: str | None
    interval: str | None
    enforcement: str | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    images_per_minute: int | None
    audio_megabytes_per_minute: int | None
    requests_per_day: int | None
    batch_tokens_per_day: int | None


class ProjectLimits(msgspec.Struct, frozen=True):
    """`organization`: what counts for all projects. `project`: its own, but for `rate_limits`, of which there can be
    thousands. `lookup` says when they were read; before that none is known. `unknown` is about the organization's."""

    organization: list[LimitInfo]
    project: list[LimitInfo]
    rate_limits: Page[LimitInfo]
    lookup: LookupInfo
    unknown: list[str]


def list_limits(operator: Actor, *, connection: str = "") -> list[LimitInfo]:
    """The limits of whole organizations, as of the last sync."""
    require(operator, Permission.SEE_USERS)
    rows = Limit.objects.select_related("connection").filter(kind="organization", departed_at=None)
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    return [_info(row) for row in rows.order_by("connection", "what", "amount", "id")]


def get_project_limits(
    operator: Actor, *, key: int, search: str = "", cursor: str = "", limit: int = 50
) -> ProjectLimits:
    """The limits of a project; `search` and the page are of its rate limits. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _project(key)
    own = Limit.objects.select_related("connection").filter(
        connection=row.connection_id, kind="project", project_id=row.vendor_id, departed_at=None
    )
    rates = own.filter(what="rate_limit", name__isnull=False)
    if text := plain(search.strip()):
        rates = rates.filter(name__icontains=text)
    return ProjectLimits(
        organization=list_limits(operator, connection=row.connection.name),
        project=[_info(each) for each in own.exclude(what="rate_limit").order_by("what", "amount", "name", "id")],
        rate_limits=page_of(rates, ("name", "id"), cursor, limit, _info, rates.count()),
        lookup=lookup_of(row.connection, "project", row.vendor_id),
        unknown=gaps(describe_row(row.connection_id), ("organization_limits",)),
    )


def read_project_limits(operator: Actor, *, key: int) -> ProjectLimits:
    """Reads the limits and roles of a project at the vendor and stores them; then as `get_project_limits`. Raises
    NotFound, Conflict, Refusal and Unreachable."""
    with attempt(operator, Permission.SYNC, "read_project_limits", str(key)) as entry:
        row = _project(key)
        entry.target = row.name or row.vendor_id
        look_up(row.connection, "project", row.vendor_id, entry)
    write(operator, "read_project_limits", entry, "done")
    return get_project_limits(operator, key=key)


def _project(key: int) -> Project:
    row = Project.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no project with the key {key}.")
    return row


def _info(row: Limit) -> LimitInfo:
    names = LimitInfo.__struct_fields__[2:]
    return LimitInfo(row.connection.name, row.project_id, **{name: getattr(row, name) for name in names})
