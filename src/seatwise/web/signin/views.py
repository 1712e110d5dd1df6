"""One-time links: the owner's set-up, an invitation, a new password. The link is the proof; it works once."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from seatwise.services.errors import NotFound, Refusal
from seatwise.services.links import accept_link, read_link

from .forms import WelcomeForm

TITLES = {
    "setup": ("Set up Seatwise", "You will own this Seatwise. This link works once; afterwards you sign in."),
    "invite": ("Welcome to Seatwise", "Choose a password; afterwards you sign in with it."),
    "reset": ("Choose a new password", "The old one stops working."),
}


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(("GET", "HEAD", "POST"))
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """What the link is for, then a form; used or run out, it says where to get another."""
    try:
        link = read_link(token)
    except NotFound as gone:
        return render(request, "signin/gone.html", {"message": gone.message}, status=404)
    form = WelcomeForm(link.purpose, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operator = accept_link(token, **form.answers())
        except NotFound as gone:
            return render(request, "signin/gone.html", {"message": gone.message}, status=404)
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            login(request, operator, backend="allauth.account.auth_backends.AuthenticationBackend")
            return redirect("start")
    title, lead = TITLES[link.purpose]
    return render(request, "signin/welcome.html", {"form": form, "link": link, "title": title, "lead": lead})
