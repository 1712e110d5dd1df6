"""Spend and usage on screen: one service call for the figures, and what is known of them beside."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from seatwise.services import forecast as forecasts
from seatwise.services import spend as service
from seatwise.services import usage as usages
from seatwise.services.connections import get_connection, list_connections
from seatwise.services.money import RANGES
from seatwise.services.parquet import available
from seatwise.services.rights import Actor
from seatwise.web import addresses, words
from seatwise.web.shell import screen, wants_fragment

from .chart import chart
from .filters import CUSTOM, ONE, TABS, Filters
from .rows import headline, notices, rows

USAGE_TABS = {"total": "Accounts", "project": "Projects", "person": "People", "api_key": "API keys", "model": "Models"}


@require_safe
@screen
def spend(request: HttpRequest, operator: Actor) -> HttpResponse:
    """The days, the totals, and the lines of one dimension; the address says it all."""
    filters = Filters.read(request.GET)
    if account := re.fullmatch(r"[0-9]{1,18}", request.GET.get("account", "")):  # of an alert: names change
        return redirect(request.path + filters.address(connection=get_connection(operator, id=int(account[0])).name))
    found = service.get_spend(
        operator, **filters.asked, currency=filters.currency, cursor=request.GET.get("cursor", "")
    )
    plain = filters.range == "this_month" and not filters.within
    context = {
        **_frame(operator, filters),
        "spend": found,
        "rows": rows(found, filters),
        "totals": headline(found),
        "chart": chart(found),
        "notices": notices(found.coverage),
        "narrowed": [
            (ONE[each.dimension], each.name, filters.address(**{each.dimension: None}))
            for each in service.narrowed_to(operator, connection=filters.connection, **filters.within)
        ],
        "tabs": [(label, filters.address(by=by), by == filters.by) for by, label in _tabs(filters)],
        "currencies": [(each.currency, filters.address(currency=each.currency)) for each in found.totals],
        "forecasts": forecasts.forecast(operator, connection=filters.connection) if plain else [],
        "methods": _methods(found),
        "unsettled": max((each.unsettled for each in found.coverage), default=0),
        "running": next((each for each in found.coverage if each.running), None),
        "restated": min((each.restated_from for each in found.coverage if each.restated_from), default=None),
        "days": {"from": found.range.first, "to": found.range.last},
        "heading": TABS[filters.by],
        "by_account": len(found.coverage) > 1 and filters.by in ("project", "person", "api_key"),
        "one": ONE.get(filters.by, "account").lower().replace("api", "API"),
        "parquet": available(),
        "ever": service.has_costs(operator),
    }
    return _answer(request, context, filters, "spend")


@require_safe
@screen
def usage(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.GET, USAGE_TABS, "model")
    found = usages.get_usage(operator, **filters.asked, family=filters.family, cursor=request.GET.get("cursor", ""))
    context = {
        **_frame(operator, filters),
        "usage": found,
        "notices": notices(found.coverage),
        "narrowed": [
            (ONE[each.dimension], each.name, filters.address(**{each.dimension: None}))
            for each in service.narrowed_to(operator, connection=filters.connection, **filters.within)
        ],
        "tabs": [(label, filters.address(by=by), by == filters.by) for by, label in USAGE_TABS.items()],
        "families": [(name, words.sentence(name)) for name in usages.families()],
        "heading": USAGE_TABS[filters.by],
    }
    return _answer(request, context, filters, "usage")


def _answer(request: HttpRequest, context: dict[str, object], filters: Filters, name: str) -> HttpResponse:
    fragment = wants_fragment(request, "spend")
    response = render(request, f"spend/{name}_body.html" if fragment else f"spend/{name}.html", context)
    if fragment:
        addresses.keep(request, response, filters.address())
    return response


def _frame(operator: Actor, filters: Filters) -> dict[str, object]:
    """What both pages choose from."""
    connections = list_connections(operator)
    return {
        "filters": filters,
        "address": filters.address(),
        "ranges": [*RANGES.items(), (CUSTOM, "Custom range")],
        "connections": [(c.name, c.name) for c in connections],
        "several": len(connections) > 1,
        "connected": bool(connections),
        "syncing": any(c.run is not None for c in connections),
        "custom": filters.range == CUSTOM,
        "within": filters.within,
    }


def _tabs(filters: Filters) -> list[tuple[str, str]]:
    """Dimensions that say more within what is narrowed to."""
    person = "person" in filters.within
    return [
        (by, label)
        for by, label in TABS.items()
        if by not in filters.within and not (person and by in ("api_key", "line_item"))
    ]


def _methods(found: service.Spend) -> list[tuple[str, str, str]]:
    total = next((each for each in found.totals if each.currency == found.currency), None)
    return [(name, service.METHODS[name], amount) for name, amount in (total.methods if total else {}).items()]
