"""Projects, and who works in them."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import access, groups, limits
from seatwise.services import projects as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer, answer_listed
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["projects"])


class ProjectFilters(Paged):
    connection: Text = ""
    status: Text = ""
    search: Text = ""
    sort: sorts(service.SORTS) = "name"  # type: ignore[valid-type]


class Found(Paged):
    """`search` looks in what is paged: people, or the models of rate limits."""

    search: Text = ""


@router.get("", response={200: listed(Page[service.ProjectInfo]), **FAILURES}, operation_id="list_projects")
def list_projects(request: HttpRequest, asked: Query[ProjectFilters]) -> HttpResponse:
    page = service.list_projects(actor(request), **asked.dict())
    return answer_listed(request, page, "projects", asked.connection)


@router.get("/{key}", response={200: schema_of(service.ProjectDetail), **FAILURES}, operation_id="get_project")
def get_project(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_project(actor(request), key=key))


@router.get(
    "/{key}/access", response={200: schema_of(access.ProjectHolders), **FAILURES}, operation_id="project_access"
)
def project_access(request: HttpRequest, key: Number, asked: Query[Found]) -> HttpResponse:
    """Who may do what in a project, with all reasons and with what is not known."""
    return answer(access.list_project_access(actor(request), key=key, **asked.dict()))


@router.get("/{key}/groups", response={200: schema_of(groups.ProjectGroups), **FAILURES}, operation_id="project_groups")
def project_groups(request: HttpRequest, key: Number) -> HttpResponse:
    """The groups that were let into a project, with what is not known."""
    return answer(groups.list_project_groups(actor(request), key=key))


@router.get("/{key}/limits", response={200: schema_of(limits.ProjectLimits), **FAILURES}, operation_id="project_limits")
def project_limits(request: HttpRequest, key: Number, asked: Query[Found]) -> HttpResponse:
    """The limits of a project as they were last read; the page is of its rate limits."""
    return answer(limits.get_project_limits(actor(request), key=key, **asked.dict()))


@router.post(
    "/{key}/limits", response={200: schema_of(limits.ProjectLimits), **FAILURES}, operation_id="read_project_limits"
)
def read_project_limits(request: HttpRequest, key: Number) -> HttpResponse:
    """Reads limits and roles of a project at the vendor, now."""
    return answer(limits.read_project_limits(actor(request), key=key))
