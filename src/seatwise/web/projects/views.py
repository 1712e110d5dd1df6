"""The list of projects and one project. One service call for each part, and how far the answer can be trusted."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from seatwise.services.access import Holder, export_project_access, list_project_access, reasons
from seatwise.services.connections import list_connections
from seatwise.services.groups import list_project_groups
from seatwise.services.limits import get_project_limits, read_project_limits
from seatwise.services.missing import missing, never_read
from seatwise.services.projects import export_projects, get_project_info, list_projects
from seatwise.services.rights import Actor
from seatwise.services.spend_months import months_of
from seatwise.web import addresses
from seatwise.web.download import csv_file
from seatwise.web.freshness import freshness
from seatwise.web.shell import go, screen, wants_fragment

from .filters import STATUSES, Filters
from .limits import groups_of

COLUMNS = (
    "connection", "id", "name", "status", "vendor_status", "members", "groups", "service_accounts", "api_keys",
    "created_at", "archived_at",
)  # fmt: skip
ACCESS_COLUMNS = ("id", "kind", "email", "name", "status", "permissions", "reasons")
TABS = ("access", "groups", "limits", "spend")


@require_safe
@screen
def projects(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.GET)
    page = list_projects(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    connections = list_connections(operator)
    context = {
        "filters": filters,
        "page": page,
        "connections": [(c.name, c.name) for c in connections],
        "statuses": list(STATUSES.items()),
        "freshness": freshness(connections, filters.connection),
        "gaps": missing(connections, filters.connection, "projects"),
        "never_read": not page.total and never_read(connections, filters.connection, ("projects",)),
    }
    fragment = wants_fragment(request, "projects")
    response = render(request, "projects/table.html" if fragment else "projects/page.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


@require_safe
@screen
def projects_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the projects that the list with this address shows, in its order."""
    found = export_projects(operator, **Filters.read(request.GET).asked)
    return csv_file("projects", COLUMNS, ([getattr(each, name) for name in COLUMNS] for each in found))


@require_safe
@screen
def project(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    """One project. `tab` says which part; htmx asks for a table alone when it is searched or turned."""
    tab = addresses.one_of(request.GET, "tab", TABS, "access")
    search, cursor = addresses.text(request.GET, "search"), request.GET.get("cursor", "")
    info = get_project_info(operator, key=key)
    connections = [c for c in list_connections(operator) if c.name == info.connection]
    context: dict[str, Any] = {"project": info, "tab": tab, "search": search}
    if tab == "access":
        context["access"] = list_project_access(operator, key=key, search=search, cursor=cursor)
    elif tab == "groups":
        context["groups"] = list_project_groups(operator, key=key)
    elif tab == "spend":
        context["months"] = months_of(operator, dimension="project", key=info.id, connection=connections[0].id)
    else:
        limits = get_project_limits(operator, key=key, search=search, cursor=cursor)
        context |= {"limits": limits, "own": groups_of(limits.project, limits.lookup)}
        context |= {"organization": groups_of(limits.organization, None), "rate_part": limits.lookup.part("rate_limit")}
    if wants_fragment(request, f"project-{tab}"):
        return render(request, "projects/rates.html" if tab == "limits" else f"projects/{tab}.html", context)
    return render(request, "projects/project.html", context | {"freshness": freshness(connections)})


@require_safe
@screen
def project_access_csv(request: HttpRequest, operator: Actor, key: int) -> HttpResponseBase:
    return csv_file("project-access", ACCESS_COLUMNS, _lines(export_project_access(operator, key=key)))


def _lines(holders: Iterable[Holder]) -> Iterator[list[Any]]:
    for each in holders:
        yield [each.id, each.kind, each.email, each.name, each.status, each.permissions, reasons(each.grants)]


@require_POST
@screen
def read_limits(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    """Reads limits and roles at the vendor now; what could not be read stands on the page."""
    limits = read_project_limits(operator, key=key)
    if limits.lookup.whole:
        messages.success(request, "Limits and roles were read.")
    else:
        messages.warning(request, "Not all could be read: see below.")
    return go(request, reverse("project", args=[key]) + "?tab=limits")
