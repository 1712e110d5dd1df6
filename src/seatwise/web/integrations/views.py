"""The Integrations page, its tiles, the Connect dialog and the capabilities."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from seatwise.sdk.manifest import Manifest
from seatwise.services import connections
from seatwise.services import integrations as service
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.integrations import Tile
from seatwise.services.rights import Actor, Permission, require
from seatwise.web.connections.live import live, soonest
from seatwise.web.shell import go, screen, wants_fragment

from .forms import ConnectForm

TABS = (("all", "All"), ("connected", "Connected"), ("attention", "Needs attention"), ("available", "Available"))


@require_safe
@screen
def integrations(request: HttpRequest, operator: Actor) -> HttpResponse:
    tab = request.GET.get("tab", "all")
    tab = tab if tab in dict(TABS) else "all"
    search = request.GET.get("search", "").strip()[:200]
    listing = service.list_integrations(operator, tab=tab, search=search)
    shown = {
        "tab": tab,
        "search": search,
        "tabs": [(name, label, listing.counts[name]) for name, label in TABS],
        "tiles": [_card(tile) for tile in listing.tiles],
        "gone": [c for c in connections.list_connections(operator) if c.state == "disconnected"],
    }
    part = wants_fragment(request, "tiles")
    return render(request, "integrations/tiles.html" if part else "integrations/page.html", shown)


@require_safe
@screen
def tile(request: HttpRequest, operator: Actor, slug: str) -> HttpResponse:
    """One tile, as the page asks for it while something syncs."""
    card = _card(service.get_integration(operator, slug=slug).tile)
    if not wants_fragment(request):
        return redirect("integrations")
    return render(request, "integrations/tile.html", {"card": card})


def _card(shown: Tile) -> dict[str, object]:
    return {
        "tile": shown,
        "seconds": soonest(shown.connections),
        "lines": [{"connection": c, "live": live(c)} for c in shown.connections],
    }


@sensitive_variables("form")
@sensitive_post_parameters()
@require_http_methods(("GET", "HEAD", "POST"))
@screen
def connect(request: HttpRequest, operator: Actor, slug: str) -> HttpResponse:
    """The dialog; what was typed is probed at the vendor before anything is saved."""
    require(operator, Permission.MANAGE_CONNECTIONS)
    info = service.get_integration(operator, slug=slug)
    form = ConnectForm(info.manifest, request.POST or None, initial=_known(info.manifest, request))
    shown: dict[str, object] = {"integration": info, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            made = connections.connect(
                operator, integration=slug, name=form.cleaned_data["name"], credentials=form.credentials()
            )
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
            shown |= {"lines": refusal.lines, "detail": refusal.detail}
        else:
            return go(request, reverse("connection", args=[made.id]) + "?new")
    return render(request, "integrations/connect.html", shown)


def _known(manifest: Manifest, request: HttpRequest) -> dict[str, str]:
    """What a link to the dialog says already; never a secret."""
    names = {"name", *(field.name for field in manifest.fields)} - set(manifest.secrets)
    return {name: request.GET[name] for name in names if name in request.GET}


@require_safe
@screen
def capabilities(request: HttpRequest, operator: Actor, slug: str) -> HttpResponse:
    """What one integration can do; with `?connection=`, what its key really has."""
    asked = request.GET.get("connection", "")
    connection = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    shown = [service.get_capabilities(operator, slug=slug, connection=connection)]
    named = connections.get_connection(operator, id=connection) if connection is not None else None
    return render(request, "integrations/capabilities.html", {"all": shown, "connection": named})


@require_safe
@screen
def all_capabilities(request: HttpRequest, operator: Actor) -> HttpResponse:
    """What every integration can do."""
    tiles = service.list_integrations(operator).tiles
    shown = [service.get_capabilities(operator, slug=tile.slug) for tile in tiles]
    return render(request, "integrations/capabilities.html", {"all": shown, "connection": None})
