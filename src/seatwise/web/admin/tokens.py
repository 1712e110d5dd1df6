"""API tokens: a script's way in. Shown once, stored hashed, with an expiry and a role no stronger than one's own."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from seatwise.services import tokens as service
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.rights import Actor
from seatwise.services.tokens import TokenInfo
from seatwise.web.shell import go, screen

from .forms import TokenForm


@require_safe
@screen
def tokens(request: HttpRequest, operator: Actor) -> HttpResponse:
    return render(request, "admin/tokens.html", {"tokens": service.list_tokens(operator)})


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def new(request: HttpRequest, operator: Actor) -> HttpResponse:
    form = TokenForm(request.POST or None, limit=operator.role, initial={"role": "viewer"})
    if request.method == "POST" and form.is_valid():
        try:
            text, token = service.create_token(operator, **form.cleaned_data)
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            shown = {"text": text, "token": token, "tokens": service.list_tokens(operator)}
            return render(request, "admin/token_made.html", shown)
    return render(request, "admin/token_new.html", {"form": form})


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def revoke(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    token = _token(operator, pk)
    if request.method == "POST":
        service.revoke_token(operator, id=pk)
        messages.success(request, f"The token “{token.name}” is revoked.")
        return go(request, "tokens")
    return render(request, "admin/token_revoke.html", {"token": token})


def _token(operator: Actor, pk: int) -> TokenInfo:
    for token in service.list_tokens(operator):
        if token.id == pk:
            return token
    raise NotFound("There is no such token. It may have been removed: look at the list again.")
