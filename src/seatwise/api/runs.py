"""Syncs that ran, or are under way."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from seatwise.services import syncs as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .parameters import LARGEST, Number, Paged
from .schemas import FAILURES, schema_of

router = Router(tags=["runs"])


class RunFilters(Paged):
    """`connection` is its number."""

    connection: Annotated[int | None, Field(ge=1, le=LARGEST)] = None


@router.get("", response={200: schema_of(Page[service.RunInfo]), **FAILURES}, operation_id="list_runs")
def list_runs(request: HttpRequest, asked: Query[RunFilters]) -> HttpResponse:
    return answer(service.list_runs(actor(request), **asked.dict()))


@router.get("/{run}", response={200: schema_of(service.RunInfo), **FAILURES}, operation_id="get_run")
def get_run(request: HttpRequest, run: Number) -> HttpResponse:
    return answer(service.get_run(actor(request), id=run))
