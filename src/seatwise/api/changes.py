"""What was seen to change at the vendors."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import changes as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .parameters import Moment, Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["changes"])


class ChangeFilters(Paged):
    connection: Text = ""
    stream: Text = ""
    kind: Literal["", "arrived", "changed", "departed", "returned", "baseline", "new_owner"] = ""
    search: Text = ""
    since: Moment | None = None


@router.get("", response={200: schema_of(Page[service.ChangeInfo]), **FAILURES}, operation_id="list_changes")
def list_changes(request: HttpRequest, asked: Query[ChangeFilters]) -> HttpResponse:
    return answer(service.list_changes(actor(request), **asked.dict()))
