"""Costs row by row, as the vendors told them."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import costs as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .schemas import FAILURES, schema_of
from .spend import InRange, Key

router = Router(tags=["costs"])


class CostFilters(InRange):
    """A row is one UTC day's cost of one project, key, user and line item, as far as the vendor tells them."""

    line_item: Key = ""


@router.get("", response={200: schema_of(Page[service.CostRow]), **FAILURES}, operation_id="list_costs")
def list_costs(request: HttpRequest, asked: Query[CostFilters]) -> HttpResponse:
    return answer(service.list_costs(actor(request), **asked.dict()))


@router.get("/focus", response={200: schema_of(Page[service.FocusRow]), **FAILURES}, operation_id="list_focus_costs")
def list_focus_costs(request: HttpRequest, asked: Query[CostFilters]) -> HttpResponse:
    """The same rows in the columns of FinOps FOCUS."""
    return answer(service.list_focus(actor(request), **asked.dict()))
