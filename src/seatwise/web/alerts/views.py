"""The pages of alerts: filters in the address, one call to the service."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from seatwise.services import alerts as service
from seatwise.services.connections import list_connections
from seatwise.services.rights import Actor
from seatwise.web import addresses
from seatwise.web.shell import came_from, go, screen, wants_fragment

STATES = {"open": "Open", "acknowledged": "Acknowledged"}


@dataclass(frozen=True)
class Filters(addresses.Filters):
    kind: str = ""
    connection: str = ""
    state: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        return cls(
            kind=addresses.one_of(query, "kind", service.KINDS),
            connection=addresses.text(query, "connection"),
            state=addresses.one_of(query, "state", STATES),
        )

    @property
    def asked(self) -> dict[str, Any]:
        acknowledged = {"open": False, "acknowledged": True}.get(self.state)
        return {"kind": self.kind, "connection": self.connection, "acknowledged": acknowledged}


@require_safe
@screen
def alerts(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.GET)
    page = service.list_alerts(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    fragment = wants_fragment(request, "alerts")
    context = {
        "filters": filters,
        "page": page,
        "open": service.count_open_alerts(operator),
        "kinds": [(name, label) for name, (label, _) in service.KINDS.items()],
        "told": service.KINDS.values(),
        "states": list(STATES.items()),
        "connections": [(c.name, c.name) for c in list_connections(operator)],
    }
    response = render(request, "alerts/list.html" if fragment else "alerts/page.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


@require_safe
@screen
def alert(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    return render(request, "alerts/alert.html", {"alert": service.get_alert(operator, key=key)})


@require_POST
@screen
def acknowledge(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    service.acknowledge_alert(operator, key=key)
    messages.success(request, "Acknowledged.")
    return go(request, came_from(request))


@require_POST
@screen
def acknowledge_all(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.POST)
    count = service.acknowledge_alerts(operator, kind=filters.kind, connection=filters.connection)
    messages.success(request, f"{count} alert{'' if count == 1 else 's'} acknowledged.")
    return go(request, "alerts")
