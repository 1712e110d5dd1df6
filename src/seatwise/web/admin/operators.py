"""Who may sign in here. An invitation is a link that its maker passes on: no e-mail server is needed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from seatwise.services import operators as service
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.operators import OperatorInfo
from seatwise.services.rights import Actor
from seatwise.web.shell import go, screen

from .forms import InviteForm, RoleForm


@require_safe
@screen
def operators(request: HttpRequest, operator: Actor) -> HttpResponse:
    return render(request, "admin/operators.html", {"operators": service.list_operators(operator)})


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def invite(request: HttpRequest, operator: Actor) -> HttpResponse:
    service.list_operators(operator)
    form = InviteForm(request.POST or None, initial={"role": "viewer"})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            token = service.invite_operator(operator, email=email, role=form.cleaned_data["role"])
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            return _link(request, operator, token, f"{email} is invited", "7 days")
    return render(request, "admin/invite.html", {"form": form})


def _link(request: HttpRequest, operator: Actor, token: str, title: str, lasts: str) -> HttpResponse:
    """The one time the link is shown; only its hash is kept, so it is never shown again."""
    link = request.build_absolute_uri(reverse("welcome", args=[token]))
    shown = {"title": title, "link": link, "lasts": lasts, "operators": service.list_operators(operator)}
    return render(request, "admin/link.html", shown)


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def role(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    other = _other(operator, pk)
    form = RoleForm(request.POST or None, initial={"role": other.role})
    if request.method == "POST" and form.is_valid():
        try:
            service.change_operator_role(operator, id=pk, role=form.cleaned_data["role"])
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.refuse({}, refusal.message)
        else:
            messages.success(request, f"{other.email} is {_a(form.cleaned_data['role'])} now.")
            return go(request, "operators")
    return render(request, "admin/role.html", {"form": form, "other": other})


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def link(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    """A new way in: the invitation anew for who has not come yet, a link to set a new password for who has."""
    other = _other(operator, pk)
    if request.method != "POST":
        return render(request, "admin/new_link.html", {"other": other})
    if other.state == "invited":
        token = service.invite_operator(operator, email=other.email, role=other.role)
        return _link(request, operator, token, f"{other.email} is invited anew", "7 days")
    token = service.reset_password(operator, email=other.email)
    return _link(request, operator, token, f"A new password for {other.email}", "1 day")


@require_http_methods(("GET", "HEAD", "POST"))
@screen
def disable(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    other = _other(operator, pk)
    refused = ""
    if request.method == "POST":
        try:
            service.disable_operator(operator, id=pk)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            refused = refusal.message
        else:
            messages.success(request, f"{other.email} can no longer sign in.")
            return go(request, "operators")
    return render(request, "admin/disable.html", {"other": other, "refused": refused})


@require_POST
@screen
def enable(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    other = _other(operator, pk)
    service.enable_operator(operator, id=pk)
    messages.success(request, f"{other.email} can sign in again.")
    return go(request, "operators")


def _other(operator: Actor, pk: int) -> OperatorInfo:
    for other in service.list_operators(operator):
        if other.id == pk:
            return other
    raise NotFound("There is no such operator. Somebody may have removed it: look at the list again.")


def _a(role: str) -> str:
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {role}"
