"""The list of audit events and one event. What the log does not tell is said above the list."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.activity import list_sources
from seatwise.services.audit_events import (
    audit_event_types,
    export_audit_events,
    get_audit_event,
    list_audit_events,
)
from seatwise.services.connections import list_connections
from seatwise.services.rights import Actor
from seatwise.web import addresses
from seatwise.web.download import csv_file
from seatwise.web.freshness import freshness
from seatwise.web.shell import screen, wants_fragment

from .filters import Filters
from .rows import COLUMNS, cells, details, row, rows, words_of


@require_safe
@screen
def activity(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.GET)
    page = list_audit_events(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    connections = list_connections(operator)
    logs = [each for each in list_sources(operator, connection=filters.connection) if each.source == "Audit log"]
    fragment = wants_fragment(request, "events")
    types = [] if fragment else audit_event_types(operator)
    context = {
        "filters": filters,
        "page": page,
        "rows": rows(page.items),
        "types": [(name, words_of(name)) for name in sorted({*types, filters.type} - {""})],
        "connections": [(c.name, c.name) for c in connections],
        "troubled": [each for each in logs if each.state != "read"],
        "begins": [each for each in logs if each.since],
        "freshness": freshness(connections, filters.connection),
    }
    response = render(request, "activity/table.html" if fragment else "activity/page.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


@require_safe
@screen
def activity_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the events that the list with this address shows, in its order."""
    filters = Filters.read(request.GET)
    return csv_file("activity", COLUMNS, cells(export_audit_events(operator, **filters.asked)))


@require_safe
@screen
def event(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    found = get_audit_event(operator, key=key)
    return render(request, "activity/event.html", {"row": row(found), "event": found, "lines": details(found.payload)})
