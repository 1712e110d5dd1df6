"""What was done at the vendors, by their own audit logs."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from seatwise.services import audit_events as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer, answer_listed
from .parameters import Moment, Number, Paged, Text
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["audit events"])


class EventFilters(Paged):
    """`actor` is an id (of a user, a service account or a key) or a part of an e-mail, `target` an id, `project` an id
    or a name; `until` is the first moment that is left out."""

    connection: Text = ""
    type: Text = ""
    actor: Text = ""
    target: Text = ""
    project: Text = ""
    since: Moment | None = None
    until: Moment | None = None


class TypeList(Schema):
    items: list[str]


@router.get("", response={200: listed(Page[service.AuditEventInfo]), **FAILURES}, operation_id="list_audit_events")
def list_audit_events(request: HttpRequest, asked: Query[EventFilters]) -> HttpResponse:
    page = service.list_audit_events(actor(request), **asked.dict())
    return answer_listed(request, page, "audit_events", asked.connection)


@router.get("/types", response={200: TypeList, **FAILURES}, operation_id="audit_event_types")
def audit_event_types(request: HttpRequest) -> HttpResponse:
    """The types that were ever seen; vendors add to them without notice."""
    return answer({"items": service.audit_event_types(actor(request))})


@router.get("/{key}", response={200: schema_of(service.AuditEventInfo), **FAILURES}, operation_id="get_audit_event")
def get_audit_event(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_audit_event(actor(request), key=key))
