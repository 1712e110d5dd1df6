"""Deliveries: what went out through which channel, with each try and its reason."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from seatwise.services import delivery_log as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .parameters import Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["deliveries"])
State = Annotated[str, Field(pattern=rf"^({'|'.join(service.STATES)})?$", description="One state alone.")]


class DeliveryFilters(Paged):
    """`channel` is its name."""

    channel: Text = ""
    state: State = ""


@router.get("", response={200: schema_of(Page[service.DeliveryInfo]), **FAILURES}, operation_id="list_deliveries")
def list_deliveries(request: HttpRequest, asked: Query[DeliveryFilters]) -> HttpResponse:
    return answer(service.list_deliveries(actor(request), **asked.dict()))
