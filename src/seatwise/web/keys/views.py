"""The list of keys and one key. Service calls, and how far the answer can be trusted."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.connections import list_connections
from seatwise.services.keys import (
    ISSUES,
    export_keys,
    get_key,
    issue_rules,
    key_projects,
    key_spend,
    list_keys,
)
from seatwise.services.missing import missing, never_read
from seatwise.services.rights import Actor, Permission
from seatwise.web import addresses
from seatwise.web.changes.diff import moments
from seatwise.web.download import csv_file
from seatwise.web.freshness import freshness
from seatwise.web.shell import screen, wants_fragment

from .filters import KINDS, Filters
from .rows import COLUMNS, cells, row, rows
from .spend import card


@require_safe
@screen
def keys(request: HttpRequest, operator: Actor) -> HttpResponse:
    """The list; htmx gets the tabs and the table, and the address bar the shortest address of the same list."""
    filters = Filters.read(request.GET)
    page = list_keys(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    connections = list_connections(operator)
    fragment = wants_fragment(request, "keys")
    rules = {rule.name: rule for rule in issue_rules(operator)}
    unknown = not page.facets.total and never_read(connections, filters.connection, ("api_keys", "admin_keys"))
    counts = {} if unknown else {"": page.facets.total, **page.facets.issues}
    context = {
        "filters": filters,
        "page": page,
        "rows": rows(page.items, filters.issue),
        "tabs": [_tab(filters, "", "All", counts.get(""))]
        + [_tab(filters, name, rules[name].label, counts.get(name)) for name in ISSUES],
        "rule": rules.get(filters.issue),
        "freshness": freshness(connections, filters.connection),
        "gaps": missing(connections, filters.connection, "keys"),
        "never_read": unknown,
        "connections": [(c.name, c.name) for c in connections],
        "kinds": list(KINDS.items()),
        "projects": [] if fragment else _projects(operator, filters),
        "fragment": fragment,
    }
    response = render(request, "keys/fragment.html" if fragment else "keys/page.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


def _tab(filters: Filters, name: str, label: str, number: int | None) -> dict[str, Any]:
    return {"name": name, "label": label, "number": number, "address": filters.with_issue(name)}


def _projects(operator: Actor, filters: Filters) -> list[tuple[str, str]]:
    """The projects to choose from, the chosen one too when it is none of them."""
    found = key_projects(operator, connection=filters.connection)
    chosen = filters.project
    return found if not chosen or chosen in dict(found) else [(chosen, chosen), *found]


@require_safe
@screen
def keys_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the keys that the list with this address shows, in its order."""
    filters = Filters.read(request.GET)
    return csv_file("keys", COLUMNS, cells(export_keys(operator, **filters.asked)))


@require_safe
@screen
def key(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    detail = get_key(operator, key=key)
    info = detail.key
    connections = [c for c in list_connections(operator) if c.name == info.connection]
    sees_spend = operator.may(Permission.SEE_SPEND)
    context = {
        "key": info,
        "row": row(info),
        "kind": "Admin Key" if info.kind == "admin" else "Project key",
        "rules": {rule.name: rule.rule for rule in issue_rules(operator)},
        "moments": moments(
            detail.timeline, {info.project_id: info.project} if info.project_id and info.project else {}
        ),
        "freshness": freshness(connections),
        "gaps": missing(connections, info.connection, "keys"),
        "card": card(key_spend(operator, key=key)) if sees_spend else None,
    }
    return render(request, "keys/key.html", context)
