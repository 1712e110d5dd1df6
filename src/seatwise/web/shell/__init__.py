"""The frame of every door on the web: who acts, what the frame shows, and how a refusal looks to people."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from seatwise import __version__
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.rights import Actor, Permission, actor_of

P = ParamSpec("P")


class Section(NamedTuple):
    """One line of the sidebar, shown to whoever has the permission its page asks for."""

    name: str
    label: str
    href: str
    icon: str
    permission: Permission


DATA = (
    Section("overview", "Overview", "/overview/", "layout-dashboard", Permission.SEE_USERS),
    Section("users", "Users", "/users/", "users", Permission.SEE_USERS),
    Section("keys", "Keys", "/keys/", "key-round", Permission.SEE_USERS),
    Section("service_accounts", "Service accounts", "/service-accounts/", "bot", Permission.SEE_USERS),
    Section("projects", "Projects", "/projects/", "folder", Permission.SEE_USERS),
    Section("groups", "Groups and roles", "/groups/", "users-round", Permission.SEE_USERS),
    Section("spend", "Spend", "/spend/", "circle-dollar-sign", Permission.SEE_SPEND),
    Section("budgets", "Budgets", "/budgets/", "wallet", Permission.SEE_SPEND),
    Section("alerts", "Alerts", "/alerts/", "bell", Permission.SEE_USERS),
    Section("licenses", "Licenses", "/licenses/", "badge-check", Permission.SEE_USERS),
    Section("changes", "Changes", "/changes/", "history", Permission.SEE_USERS),
    Section("activity", "Activity", "/activity/", "radio", Permission.SEE_USERS),
)
ADMINISTRATION = (
    Section("integrations", "Integrations", "/integrations/", "plug", Permission.SEE_CONNECTIONS),
    Section("audit", "Audit log", "/audit/", "scroll-text", Permission.SEE_AUDIT),
    Section("settings", "Settings", "/settings/", "settings", Permission.MANAGE_OWN_TOKENS),
)
SECTIONS = {section.name: section for section in DATA + ADMINISTRATION}


def context(request: HttpRequest) -> dict[str, Any]:
    """What every template knows: `operator` (who acts, or None), `may` (`may.sync` …), and the sidebar's sections."""
    actor = _actor(request)
    return {
        "operator": actor,
        "may": {permission.name.lower(): bool(actor and actor.may(permission)) for permission in Permission},
        "sections": [
            {"label": label, "items": [s for s in sections if actor and actor.may(s.permission)]}
            for label, sections in (("Data", DATA), ("Administration", ADMINISTRATION))
        ],
        "all_sections": SECTIONS,
        "version": __version__,
    }


def _actor(request: HttpRequest) -> Actor | None:
    user = getattr(request, "user", None)
    return actor_of(user) if user is not None and user.is_authenticated else None


def screen(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of somebody signed in: called with the request and who acts. What a service refuses and the view does not
    catch itself becomes a page (403, 404), or a message where the request came from."""

    @wraps(view)
    def shown(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        actor = _actor(request)
        if actor is None:
            raise TypeError("a screen was reached without a sign-in: the middleware is missing")
        try:
            response = view(request, actor, *args, **kwargs)
        except Refusal as refusal:
            response = refused(request, refusal)
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        patch_cache_control(response, private=True, no_store=True)
        return response

    return shown


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as people see it. htmx shows no page of an error: there it becomes a message on the page as it is."""
    if wants_fragment(request):
        messages.error(request, refusal.message)
        return go(request, came_from(request))
    if isinstance(refusal, NotAllowed):
        return render(request, "shell/refused.html", {"title": "Not allowed", "refusal": refusal}, status=403)
    if isinstance(refusal, NotFound):
        return render(request, "shell/refused.html", {"title": "Not found", "refusal": refusal}, status=404)
    if request.method == "GET":
        return render(request, "shell/refused.html", {"title": "This did not work", "refusal": refusal}, status=400)
    messages.error(request, refusal.message)
    return go(request, came_from(request))


def go(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Redirects, whether the browser asked or htmx did."""
    response: HttpResponseRedirect = redirect(to, *args, **kwargs)
    if not wants_fragment(request):
        return response
    done = HttpResponse(status=204)
    done["HX-Redirect"] = response.url
    return done


def came_from(request: HttpRequest) -> str:
    """The page of ours that sent this request; the start page where it does not say."""
    referer = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        parts = urlsplit(referer)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return "/"


def wants_fragment(request: HttpRequest, target: str = "") -> bool:
    """Whether htmx asked for a part of a page: any part, or the one with this id."""
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return False
    return not target or htmx.target == target
