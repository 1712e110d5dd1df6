"""The hosts that alerts may be sent to though their address is not public: an owner said so."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from seatwise.services import channels as service

from .access import actor
from .answers import answer
from .schemas import FAILURES, schema_of

router = Router(tags=["allowed hosts"])


class HostList(Schema):
    items: list[schema_of(service.HostInfo)]  # type: ignore[valid-type]


@router.get("", response={200: HostList, **FAILURES}, operation_id="list_allowed_hosts")
def list_allowed_hosts(request: HttpRequest) -> HttpResponse:
    return answer({"items": service.list_allowed_hosts(actor(request))})
