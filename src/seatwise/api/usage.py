"""What accounts used: tokens, requests and quantities, by family and dimension."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from seatwise.services import usage as service
from seatwise.services import usage_rows
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .schemas import FAILURES, schema_of
from .spend import InRange

router = Router(tags=["usage"])


class RowFilters(InRange):
    """A row is what one project, key, user and model used of one family on one UTC day."""

    family: Annotated[str, Field(pattern=rf"^(|{'|'.join(service.families())})$")] = ""


class UsageFilters(RowFilters):
    """Each family has lines of its own: what they count is never added."""

    by: Annotated[str, Field(pattern=rf"^({'|'.join(service.COLUMNS)})$")] = "model"


@router.get("", response={200: schema_of(service.Usage), **FAILURES}, operation_id="get_usage")
def get_usage(request: HttpRequest, asked: Query[UsageFilters]) -> HttpResponse:
    return answer(service.get_usage(actor(request), **asked.dict()))


@router.get("/rows", response={200: schema_of(Page[usage_rows.UsageRow]), **FAILURES}, operation_id="list_usage_rows")
def list_usage_rows(request: HttpRequest, asked: Query[RowFilters]) -> HttpResponse:
    return answer(usage_rows.list_usage_rows(actor(request), **asked.dict()))
