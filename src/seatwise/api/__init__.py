"""The REST API: a door. Mounted under /api/v1/; described by itself at /api/v1/openapi.json.

Every route needs a token or a sign-in, makes one call to services, and answers their values in the names scripts know.
Pages go by cursor: {items, next, previous, total}. Whatever is no success is {error: {code, message, fields, detail}}.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI

from seatwise import __version__

from . import (
    alerts,
    allowed_hosts,
    audit,
    audit_events,
    budgets,
    changes,
    channels,
    connections,
    costs,
    deliveries,
    groups,
    integrations,
    keys,
    licenses,
    limits,
    overview,
    projects,
    roles,
    runs,
    service_accounts,
    spend,
    usage,
    users,
)
from .access import PerActor, SignedIn, Token
from .errors import failure, handle_errors

View = Callable[..., Any]
MODULES = (
    overview, users, projects, groups, roles, limits, keys, service_accounts, connections, integrations, runs, changes,
    audit_events, audit, licenses, spend, usage, costs, budgets, alerts, channels, deliveries, allowed_hosts,
)  # fmt: skip
"""Each is a noun, and its address: service_accounts under /service-accounts."""


class Api(NinjaAPI):
    """What ninja answers by itself (a wrong method, an unknown address) gets our shape too."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _in_our_shape(pattern.callback)
        return [*patterns, re_path("", lambda request: failure(404))], app, namespace


def _in_our_shape(view: View) -> View:
    @wraps(view)
    def shaped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return failure(404)
        if response.status_code != 405:
            return response
        refused = failure(405)
        refused["Allow"] = response["Allow"]
        return refused

    return shaped


def _known_only(view: View) -> View:
    """The description is for whoever may use the API: it needs a token or a sign-in as all else."""

    def described(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        let_in = Token()(request) or SignedIn()(request)
        return view(request, *args, **kwargs) if let_in else failure(401)

    return described


def make_api() -> NinjaAPI:
    api = Api(
        title="Seatwise",
        version=__version__,
        description=__doc__ or "",
        urls_namespace="api",
        docs_url=None,
        docs_decorator=_known_only,
        auth=[Token(), SignedIn()],
        throttle=PerActor("100/s"),
    )
    handle_errors(api)
    for module in MODULES:
        api.add_router(f"/{module.__name__.rpartition('.')[2].replace('_', '-')}", module.router)
    return api


api = make_api()
