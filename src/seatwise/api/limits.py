"""Limits of whole organizations, as of the last sync; those of a project are with the project."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from seatwise.services import limits as service

from .access import actor
from .answers import answer
from .parameters import Text
from .schemas import FAILURES, schema_of

router = Router(tags=["limits"])


class LimitList(Schema):
    items: list[schema_of(service.LimitInfo)]  # type: ignore[valid-type]


@router.get("", response={200: LimitList, **FAILURES}, operation_id="list_limits")
def list_limits(request: HttpRequest, connection: Text = "") -> HttpResponse:
    return answer({"items": service.list_limits(actor(request), connection=connection)})
