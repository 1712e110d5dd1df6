"""Alerts: what happened that somebody should know, with its evidence and where it was sent."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from seatwise.services import alerts as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .parameters import Moment, Number, Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["alerts"])
Kind = Annotated[str, Field(pattern=rf"^({'|'.join(service.KINDS)})?$", description="One kind alone.")]


class OpenAlerts(Schema):
    kind: Kind = ""
    connection: Text = ""


class AlertFilters(Paged, OpenAlerts):
    acknowledged: bool | None = None
    since: Moment | None = None


class Acknowledged(Schema):
    """How many were marked."""

    acknowledged: int


@router.get("", response={200: schema_of(Page[service.AlertInfo]), **FAILURES}, operation_id="list_alerts")
def list_alerts(request: HttpRequest, asked: Query[AlertFilters]) -> HttpResponse:
    return answer(service.list_alerts(actor(request), **asked.dict()))


@router.post("/acknowledge", response={200: Acknowledged, **FAILURES}, operation_id="acknowledge_alerts")
def acknowledge_alerts(request: HttpRequest, asked: Query[OpenAlerts]) -> HttpResponse:
    """Marks all that are open as seen, of this kind and connection where one is named."""
    return answer({"acknowledged": service.acknowledge_alerts(actor(request), **asked.dict())})


@router.get("/{key}", response={200: schema_of(service.AlertInfo), **FAILURES}, operation_id="get_alert")
def get_alert(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_alert(actor(request), key=key))


@router.post(
    "/{key}/acknowledge", response={200: schema_of(service.AlertInfo), **FAILURES}, operation_id="acknowledge_alert"
)
def acknowledge_alert(request: HttpRequest, key: Number) -> HttpResponse:
    """Marks it as seen; a second time changes nothing."""
    return answer(service.acknowledge_alert(actor(request), key=key))
