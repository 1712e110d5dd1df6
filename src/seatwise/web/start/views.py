"""The first address: to the overview where something is connected, to the integrations where nothing is."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from seatwise.services.connections import list_connections
from seatwise.services.rights import Actor
from seatwise.web.shell import screen


@require_safe
@screen
def start(request: HttpRequest, operator: Actor) -> HttpResponse:
    connected = any(c.state != "disconnected" for c in list_connections(operator))
    return redirect("overview" if connected else "integrations")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers; it asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")
