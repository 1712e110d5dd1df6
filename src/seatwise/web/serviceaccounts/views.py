"""The list of service accounts and one account. Service calls, and how far the answer can be trusted."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.connections import list_connections
from seatwise.services.keys import key_projects
from seatwise.services.missing import missing, never_read
from seatwise.services.rights import Actor, Permission
from seatwise.services.service_accounts import (
    export_service_accounts,
    get_service_account,
    list_service_accounts,
    service_account_spend,
)
from seatwise.web import addresses
from seatwise.web.changes.diff import moments
from seatwise.web.download import csv_file
from seatwise.web.freshness import freshness
from seatwise.web.keys.rows import rows
from seatwise.web.keys.spend import card
from seatwise.web.shell import screen, wants_fragment

from .filters import Filters

COLUMNS = (
    "connection", "id", "name", "project_id", "project", "role", "keys", "last_use_at", "created_at", "first_seen_at",
    "departed_at",
)  # fmt: skip
"""The names that the command line and the API use too."""


@require_safe
@screen
def service_accounts(request: HttpRequest, operator: Actor) -> HttpResponse:
    """The list; htmx gets the table, and the address bar the shortest address of the same list."""
    filters = Filters.read(request.GET)
    page = list_service_accounts(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    connections = list_connections(operator)
    fragment = wants_fragment(request, "service-accounts")
    projects = [] if fragment else key_projects(operator, connection=filters.connection)
    if filters.project and filters.project not in dict(projects):
        projects.insert(0, (filters.project, filters.project))
    context = {
        "filters": filters,
        "page": page,
        "freshness": freshness(connections, filters.connection),
        "gaps": missing(connections, filters.connection, "service_accounts"),
        "never_read": never_read(connections, filters.connection, ("service_accounts",)),
        "connections": [(c.name, c.name) for c in connections],
        "projects": projects,
        "fragment": fragment,
    }
    template = "serviceaccounts/fragment.html" if fragment else "serviceaccounts/page.html"
    response = render(request, template, context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


@require_safe
@screen
def service_accounts_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the accounts that the list with this address shows, in its order."""
    found = export_service_accounts(operator, **Filters.read(request.GET).asked)
    return csv_file("service-accounts", COLUMNS, ([getattr(each, name) for name in COLUMNS] for each in found))


@require_safe
@screen
def service_account(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    detail = get_service_account(operator, key=key)
    account = detail.account
    connections = [c for c in list_connections(operator) if c.name == account.connection]
    sees_spend = operator.may(Permission.SEE_SPEND)
    context = {
        "account": account,
        "title": account.name or account.id,
        "rows": rows(detail.keys),
        "more": (account.keys or 0) - len(detail.keys),
        "moments": moments(detail.timeline, {account.project_id: account.project} if account.project else {}),
        "freshness": freshness(connections),
        "gaps": missing(connections, account.connection, "service_accounts"),
        "card": card(service_account_spend(operator, key=key)) if sees_spend else None,
        "of": "the keys of this account",
    }
    return render(request, "serviceaccounts/account.html", context)
