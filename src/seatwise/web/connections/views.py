"""The connection page: it keeps itself true while a sync runs, and its buttons are one service call each."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from seatwise.services import connections, syncs
from seatwise.services.connections import ConnectionInfo, StreamInfo
from seatwise.services.rights import Actor
from seatwise.web.shell import go, screen, wants_fragment

from .live import live

RUNS = 10
"""Runs a page shows."""


@require_safe
@screen
def connection(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    if wants_fragment(request, "runs"):
        return render(request, "connections/runs.html", _runs(request, operator, pk))
    info = connections.get_connection(operator, id=pk)
    if wants_fragment(request, "status"):
        return status(request, info)
    return render(request, "connections/page.html", {**_shown(request, info), **_runs(request, operator, pk)})


def status(request: HttpRequest, info: ConnectionInfo) -> HttpResponse:
    """The part that changes while a sync runs; with its last look the page also looks at the runs again."""
    response = render(request, "connections/status.html", _shown(request, info))
    if not live(info).seconds:
        response["HX-Trigger"] = "synced"
    return response


def _shown(request: HttpRequest, info: ConnectionInfo) -> dict[str, object]:
    return {
        "connection": info,
        "live": live(info),
        "held": [s for s in info.streams if s.enabled and s.held],
        "unreadable": [s for s in info.streams if s.enabled and not s.required and s.allowed is False],
        "progress": info.run.streams if info.run else [],
        "is_new": "new" in request.GET,
        "probe": [_probed(stream) for stream in info.streams],
        "again": reverse("connect", args=[info.integration])
        + "?"
        + urlencode({"name": info.name, "organization_id": info.organization_id}),
    }


def _probed(stream: StreamInfo) -> dict[str, str]:
    """A stream's answer to the probe, as it was kept."""
    untried = stream.untried or "This key has not been tried on it yet."
    message = {"refused": f"Needs {stream.needs}.", "not_tried": untried}.get(stream.probe, "")
    shown = {"label": stream.label, "needs": stream.needs, "permission": stream.permission}
    return {**shown, "state": stream.probe, "message": message}


def _runs(request: HttpRequest, operator: Actor, pk: int) -> dict[str, object]:
    cursor = request.GET.get("cursor", "")
    return {"runs": syncs.list_runs(operator, connection=pk, cursor=cursor, limit=RUNS), "pk": pk}


@require_POST
@screen
def sync(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    confirm = request.POST.get("confirm_departures") == "yes"
    syncs.request_sync(operator, connection=pk, confirm_departures=confirm)
    return _again(request, operator, pk)


@require_POST
@screen
def cancel(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    if not syncs.cancel_sync(operator, connection=pk):
        messages.info(request, "No sync was running.")
    return _again(request, operator, pk)


@require_POST
@screen
def pause(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    info = connections.pause(operator, connection=pk)
    messages.success(request, f"{info.name} is paused: it syncs only when asked.")
    return go(request, "connection", pk)


@require_POST
@screen
def resume(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    info = connections.resume(operator, connection=pk)
    messages.success(request, f"{info.name} syncs on its schedule again.")
    return go(request, "connection", pk)


@require_POST
@screen
def streams(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    """Switches streams on or off: those named `on` are added to what is on, those named `off` taken away."""
    info = connections.get_connection(operator, id=pk)
    on = {s.name for s in info.streams if s.enabled}
    wanted = (on | set(request.POST.getlist("on"))) - set(request.POST.getlist("off"))
    connections.change_connection(operator, connection=pk, streams=[s.name for s in info.streams if s.name in wanted])
    return _again(request, operator, pk)


def _again(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    if wants_fragment(request, "status"):
        return status(request, connections.get_connection(operator, id=pk))
    return go(request, "connection", pk)
