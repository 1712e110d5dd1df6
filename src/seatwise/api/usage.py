"""What accounts used: tokens, requests and quantities, by family and dimension."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from seatwise.services import usage as service

from .access import actor
from .answers import answer
from .schemas import FAILURES, schema_of
from .spend import InRange

router = Router(tags=["usage"])


class UsageFilters(InRange):
    """Each family has lines of its own: what they count is never added."""

    by: Annotated[str, Field(pattern=rf"^({'|'.join(service.COLUMNS)})$")] = "model"
    family: Annotated[str, Field(pattern=rf"^(|{'|'.join(service.families())})$")] = ""


@router.get("", response={200: schema_of(service.Usage), **FAILURES}, operation_id="get_usage")
def get_usage(request: HttpRequest, asked: Query[UsageFilters]) -> HttpResponse:
    return answer(service.get_usage(actor(request), **asked.dict()))
