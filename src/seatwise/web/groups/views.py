"""The lists of groups and of roles, and one of each. One service call each, and how fresh the answer is."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.connections import list_connections
from seatwise.services.groups import export_groups, get_group, list_group_members, list_groups
from seatwise.services.missing import missing, never_read
from seatwise.services.rights import Actor
from seatwise.services.roles import export_roles, get_role, list_roles
from seatwise.web import addresses
from seatwise.web.download import csv_file
from seatwise.web.freshness import freshness
from seatwise.web.shell import screen, wants_fragment

from .filters import KINDS, MANAGED, GroupFilters, RoleFilters

GROUP_COLUMNS = (
    "connection", "id", "name", "kind", "scim_managed", "members", "projects", "roles", "created_at",
)  # fmt: skip
ROLE_COLUMNS = (
    "connection", "id", "kind", "name", "description", "permissions", "predefined", "stands_for", "project",
    "project_id", "groups",
)  # fmt: skip


@require_safe
@screen
def groups(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = GroupFilters.read(request.GET)
    page = list_groups(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    return _listing(request, operator, filters, "groups", {"page": page, "managed": list(MANAGED.items())})


@require_safe
@screen
def roles(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = RoleFilters.read(request.GET)
    page = list_roles(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    return _listing(request, operator, filters, "roles", {"page": page, "kinds": list(KINDS.items())})


def _listing(
    request: HttpRequest, operator: Actor, filters: GroupFilters | RoleFilters, name: str, more: dict[str, object]
) -> HttpResponse:
    connections = list_connections(operator)
    context = {
        "filters": filters,
        "connections": [(c.name, c.name) for c in connections],
        "freshness": freshness(connections, filters.connection),
        "gaps": missing(connections, filters.connection, name),
        "never_read": never_read(connections, filters.connection, (name,)),
        **more,
    }
    fragment = wants_fragment(request, name)
    response = render(request, f"groups/{name}_table.html" if fragment else f"groups/{name}.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


@require_safe
@screen
def groups_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the groups that the list with this address shows, in its order."""
    found = export_groups(operator, **GroupFilters.read(request.GET).asked)
    return csv_file("groups", GROUP_COLUMNS, ([getattr(each, name) for name in GROUP_COLUMNS] for each in found))


@require_safe
@screen
def roles_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the roles that the list with this address shows, in its order."""
    found = export_roles(operator, **RoleFilters.read(request.GET).asked)
    return csv_file("roles", ROLE_COLUMNS, ([getattr(each, name) for name in ROLE_COLUMNS] for each in found))


@require_safe
@screen
def group(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    """One group; htmx gets its members alone when they are searched or turned."""
    search = addresses.text(request.GET, "search")
    detail = get_group(operator, key=key)
    members = list_group_members(operator, key=key, search=search, cursor=request.GET.get("cursor", ""))
    context = {"detail": detail, "group": detail.group, "members": members, "search": search}
    if wants_fragment(request, "group-members"):
        return render(request, "groups/members.html", context)
    connections = [c for c in list_connections(operator) if c.name == detail.group.connection]
    return render(request, "groups/group.html", context | {"freshness": freshness(connections)})


@require_safe
@screen
def role(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    detail = get_role(operator, key=key)
    connections = [c for c in list_connections(operator) if c.name == detail.role.connection]
    context = {"detail": detail, "role": detail.role, "freshness": freshness(connections)}
    return render(request, "groups/role.html", context)
