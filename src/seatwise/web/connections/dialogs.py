"""The dialogs of a connection: settings, a new key, held departures, and the end of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from seatwise.services import connections
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.integrations import get_integration
from seatwise.services.rights import Actor, Permission, require
from seatwise.web.shell import go, screen

from .forms import DisconnectForm, ReconnectForm, SettingsForm

form_methods = require_http_methods(("GET", "HEAD", "POST"))


@require_safe
@screen
def departures(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    """What the brake holds, to look at before it is let go."""
    require(operator, Permission.SYNC)
    info = connections.get_connection(operator, id=pk)
    held = [s for s in info.streams if s.enabled and s.held]
    return render(request, "connections/departures.html", {"connection": info, "held": held})


@form_methods
@screen
def settings(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    require(operator, Permission.MANAGE_CONNECTIONS)
    info = connections.get_connection(operator, id=pk)
    form = SettingsForm(request.POST or None, initial={"name": info.name, "sync_every": info.sync_every})
    if request.method == "POST" and form.is_valid():
        try:
            connections.change_connection(operator, connection=pk, **form.cleaned_data)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            messages.success(request, "Saved.")
            return go(request, "connection", pk)
    return render(request, "connections/settings.html", {"connection": info, "form": form})


@sensitive_variables("form")
@sensitive_post_parameters()
@form_methods
@screen
def reconnect(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    require(operator, Permission.MANAGE_CONNECTIONS)
    info = connections.get_connection(operator, id=pk)
    manifest = get_integration(operator, slug=info.integration).manifest
    form = ReconnectForm(manifest, request.POST or None)
    shown: dict[str, object] = {"connection": info, "form": form, "manifest": manifest}
    if request.method == "POST" and form.is_valid():
        try:
            connections.reconnect(operator, connection=pk, credentials=form.cleaned_data)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
            shown |= {"lines": refusal.lines, "detail": refusal.detail}
        else:
            messages.success(request, f"{info.name} has its new key and syncs now.")
            return go(request, "connection", pk)
    return render(request, "connections/reconnect.html", shown)


@form_methods
@screen
def disconnect(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    require(operator, Permission.MANAGE_CONNECTIONS)
    info = connections.get_connection(operator, id=pk)
    gone = info.state == "disconnected"  # then what is left to do is to erase
    form = DisconnectForm(info.name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        erase = gone or bool(form.cleaned_data["erase"])
        connections.disconnect(operator, connection=pk, erase=erase)
        done = "erased, with everything that was read" if erase else "disconnected, and its key destroyed"
        messages.success(request, f"{info.name} is {done}.")
        return go(request, "integrations") if erase else go(request, "connection", pk)
    return render(request, "connections/disconnect.html", {"connection": info, "form": form, "gone": gone})
