"""The page of changes: one service call, each change as a sentence with its fields before and after."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.changes import list_changes
from seatwise.services.connections import list_connections
from seatwise.services.rights import Actor
from seatwise.web.freshness import freshness
from seatwise.web.shell import screen, wants_fragment
from seatwise.web.words import sentence

from .diff import moments
from .filters import KINDS, Filters


@require_safe
@screen
def changes(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.GET)
    page = list_changes(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    connections = list_connections(operator)
    streams = dict.fromkeys(stream.name for connection in connections for stream in connection.streams)
    fragment = wants_fragment(request, "changes")
    context = {
        "filters": filters,
        "page": page,
        "moments": moments(page.items),
        "connections": [(c.name, c.name) for c in connections],
        "streams": [(name, sentence(name)) for name in streams],
        "kinds": list(KINDS.items()),
        "freshness": freshness(connections, filters.connection),
    }
    response = render(request, "changes/table.html" if fragment else "changes/page.html", context)
    if fragment and "cursor" not in request.GET:
        response["HX-Push-Url"] = request.path + filters.address
    return response
