"""Projects, and who works in them."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import projects as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, schema_of

router = Router(tags=["projects"])


class ProjectFilters(Paged):
    connection: Text = ""
    status: Text = ""
    search: Text = ""
    sort: sorts(service.SORTS) = "name"  # type: ignore[valid-type]


@router.get("", response={200: schema_of(Page[service.ProjectInfo]), **FAILURES}, operation_id="list_projects")
def list_projects(request: HttpRequest, asked: Query[ProjectFilters]) -> HttpResponse:
    return answer(service.list_projects(actor(request), **asked.dict()))


@router.get("/{key}", response={200: schema_of(service.ProjectDetail), **FAILURES}, operation_id="get_project")
def get_project(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_project(actor(request), key=key))
