"""Connections: how they are, and what an operator may ask of them."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from seatwise.services import connections as service
from seatwise.services import syncs

from .access import actor
from .answers import answer
from .parameters import Number, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["connections"])
Connection = schema_of(service.ConnectionInfo)


class ConnectionList(Schema):
    items: list[Connection]  # type: ignore[valid-type]


class Canceled(Schema):
    """`canceled` is false where no sync was under way."""

    canceled: bool


@router.get("", response={200: ConnectionList, **FAILURES}, operation_id="list_connections")
def list_connections(request: HttpRequest, integration: Text = "") -> HttpResponse:
    return answer({"items": service.list_connections(actor(request), integration=integration)})


@router.get("/{connection}", response={200: Connection, **FAILURES}, operation_id="get_connection")
def get_connection(request: HttpRequest, connection: Number) -> HttpResponse:
    return answer(service.get_connection(actor(request), id=connection))


@router.post("/{connection}/sync", response={202: Connection, **FAILURES}, operation_id="request_sync")
def request_sync(request: HttpRequest, connection: Number, confirm_departures: bool = False) -> HttpResponse:
    """Makes a sync due at once; with `confirm_departures`, those whom a sync held may depart."""
    syncs.request_sync(actor(request), connection=connection, confirm_departures=confirm_departures)
    return answer(service.get_connection(actor(request), id=connection), 202)


@router.post("/{connection}/cancel", response={202: Canceled, **FAILURES}, operation_id="cancel_sync")
def cancel_sync(request: HttpRequest, connection: Number) -> HttpResponse:
    """Asks the sync under way to stop; what came before is stored."""
    return answer({"canceled": syncs.cancel_sync(actor(request), connection=connection)}, 202)


@router.post("/{connection}/pause", response={200: Connection, **FAILURES}, operation_id="pause_connection")
def pause(request: HttpRequest, connection: Number) -> HttpResponse:
    """Pauses the schedule."""
    return answer(service.pause(actor(request), connection=connection))


@router.post("/{connection}/resume", response={200: Connection, **FAILURES}, operation_id="resume_connection")
def resume(request: HttpRequest, connection: Number) -> HttpResponse:
    """Resumes the schedule."""
    return answer(service.resume(actor(request), connection=connection))
