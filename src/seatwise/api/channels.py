"""Channels: the ways by which alerts reach people. Read and tried here, set under Settings; no secret ever leaves."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from seatwise.services import channels as service
from seatwise.services import delivery_log

from .access import actor
from .answers import answer
from .parameters import Number
from .schemas import FAILURES, schema_of

router = Router(tags=["channels"])
Channel = schema_of(service.ChannelInfo)


class ChannelList(Schema):
    items: list[Channel]  # type: ignore[valid-type]


@router.get("", response={200: ChannelList, **FAILURES}, operation_id="list_channels")
def list_channels(request: HttpRequest) -> HttpResponse:
    return answer({"items": service.list_channels(actor(request))})


@router.get("/{channel}", response={200: Channel, **FAILURES}, operation_id="get_channel")
def get_channel(request: HttpRequest, channel: Number) -> HttpResponse:
    return answer(service.get_channel(actor(request), id=channel))


@router.post(
    "/{channel}/test", response={200: schema_of(delivery_log.DeliveryInfo), **FAILURES}, operation_id="try_channel"
)
def try_channel(request: HttpRequest, channel: Number) -> HttpResponse:
    """Sends a test at once and tells how it went."""
    return answer(delivery_log.try_channel(actor(request), id=channel))
