"""The overview: each card with what it rests on and what is not known."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from seatwise.services import overview as service

from .access import actor
from .answers import answer
from .schemas import FAILURES, schema_of

router = Router(tags=["overview"])


@router.get("", response={200: schema_of(service.Overview), **FAILURES}, operation_id="get_overview")
def get_overview(request: HttpRequest) -> HttpResponse:
    return answer(service.get_overview(actor(request)))
