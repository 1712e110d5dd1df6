"""One's own account, and where Settings begins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from seatwise.services.rights import ROLES, Actor, Permission
from seatwise.web.shell import screen


@require_safe
@screen
def settings(request: HttpRequest, operator: Actor) -> HttpResponse:
    """The first page of Settings that this operator may open."""
    return redirect("general" if operator.may(Permission.MANAGE_SETTINGS) else "account")


@require_safe
@screen
def account(request: HttpRequest, operator: Actor) -> HttpResponse:
    may = [permission.value for permission in Permission if permission in ROLES.get(operator.role, frozenset())]
    return render(request, "admin/account.html", {"permissions": may})
