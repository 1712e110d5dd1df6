"""The settings of this install."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from seatwise.services.errors import NotAllowed, Refusal
from seatwise.services.rights import Actor
from seatwise.services.settings import change_settings, get_settings
from seatwise.web.shell import go, screen

from .forms import SettingsForm


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def general(request: HttpRequest, operator: Actor) -> HttpResponse:
    form = SettingsForm(get_settings(operator), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(operator, values=form.cleaned_data)
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            messages.success(request, "The settings are saved.")
            return go(request, "general")
    return render(request, "admin/general.html", {"form": form})
