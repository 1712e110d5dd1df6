"""The help pages, with the support address this install was given."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.rights import Actor
from seatwise.services.settings import support_address
from seatwise.web.shell import screen


@require_safe
@screen
def connect_openai(request: HttpRequest, operator: Actor) -> HttpResponse:
    support = support_address(operator)
    return render(request, "help/connect_openai.html", {"support": support, "support_link": _link(support)})


def _link(support: str) -> str:
    """An address as something to press: a web page, or a letter."""
    if support.startswith(("https://", "http://")):
        return support
    return f"mailto:{support}" if "@" in support and " " not in support else ""
