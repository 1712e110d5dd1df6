"""The audit log: what operators did here."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import audit as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer
from .parameters import Moment, Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["audit"])


class AuditFilters(Paged):
    """`search` looks in who did it and to what. Scheduled syncs are listed only where they are asked for."""

    search: Text = ""
    operation: Text = ""
    outcome: Literal["", "done", "refused", "not_allowed"] = ""
    since: Moment | None = None


@router.get("", response={200: schema_of(Page[service.AuditLine]), **FAILURES}, operation_id="list_audit_entries")
def list_audit_entries(request: HttpRequest, asked: Query[AuditFilters]) -> HttpResponse:
    filters = asked.dict()
    return answer(service.list_audit_entries(actor(request), name=filters.pop("operation"), **filters))
