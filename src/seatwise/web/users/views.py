"""The list of users and one user. One service call each, and how fresh the answer is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from seatwise.sdk.status import BY_NAME, DEPARTED
from seatwise.services.access import get_user_access, read_user_roles
from seatwise.services.activity import user_activity
from seatwise.services.connections import list_connections
from seatwise.services.rights import Actor, Permission
from seatwise.services.spend_months import MonthsOf, months_of
from seatwise.services.users import Facets, UserInfo, browse_users, export_users, get_user, user_facets
from seatwise.web import addresses
from seatwise.web.activity.rows import rows as event_rows
from seatwise.web.changes.diff import moments
from seatwise.web.download import csv_file
from seatwise.web.freshness import freshness
from seatwise.web.keys.ofuser import keys_of_user
from seatwise.web.shell import go, screen, wants_fragment

from .filters import KINDS, PRESENT, USED, Filters
from .rows import COLUMNS, cells, rows
from .timeline import story


@require_safe
@screen
def users(request: HttpRequest, operator: Actor) -> HttpResponse:
    """The list; htmx gets the table and the status chips, and the address bar the shortest address of the same list."""
    filters = Filters.read(request.GET)
    page = browse_users(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    facets = page.facets
    machines = facets.kinds.get("service_account", 0)
    connections = list_connections(operator)
    fragment = wants_fragment(request, "users")
    context = {
        "filters": filters,
        "page": page,
        "machines": machines,
        "people": sum(facets.kinds.values()) - machines,
        "counted": facets.more_than is None,
        "rows": rows(page.items),
        "freshness": freshness(connections, filters.connection),
        "connections": [(c.name, c.name) for c in connections],
        "roles": [] if fragment else _roles(operator, filters, facets),
        "kinds": list(KINDS.items()),
        "used": list(USED.items()),
        "statuses": [
            (BY_NAME[name], facets.status.get(name, 0)) for name in (DEPARTED if filters.departed else PRESENT)
        ],
        "fragment": fragment,
    }
    response = render(request, "users/fragment.html" if fragment else "users/page.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


def _roles(operator: Actor, filters: Filters, facets: Facets) -> list[tuple[str, str]]:
    """The roles to choose from, the chosen one too when nobody has it any more. `facets` are those of the list."""
    roles = (user_facets(operator, departed=filters.departed) if filters.narrowed else facets).roles
    return [(role, role) for role in sorted({*roles, filters.role} - {""}, key=str.casefold)]


@require_safe
@screen
def users_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The file holds exactly the users that the list with this address shows, in its order."""
    filters = Filters.read(request.GET)
    return csv_file("users", COLUMNS, cells(export_users(operator, **filters.asked)))


@require_safe
@screen
def user(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    detail = get_user(operator, key=key)
    (shown,), activity = rows([detail.user]), user_activity(operator, key=key)
    connections = [c for c in list_connections(operator) if c.name == detail.user.connection]
    context = {
        "detail": detail,
        "access": get_user_access(operator, key=key),
        "user": detail.user,
        "row": shown,
        "kind": {"user": "Person", "invite": "Invited person", "service_account": "Service account"}.get(
            detail.user.kind, detail.user.kind
        ),
        "activity": activity,
        "latest": event_rows(activity.latest),
        "story": story(moments(detail.timeline, {p.id: p.name or p.id for p in detail.projects}), activity.events),
        "freshness": freshness(connections),
        "months": _months(operator, detail.user),
        "keys_of_user": keys_of_user(operator, detail.user, connections),
    }
    return render(request, "users/user.html", context)


def _months(operator: Actor, user: UserInfo) -> MonthsOf | None:
    """What the user spent by month; nobody invited has spent yet."""
    if user.kind == "invite" or not operator.may(Permission.SEE_SPEND):
        return None
    return months_of(operator, dimension="person", key=user.id, connection=user.connection_id)


@require_POST
@screen
def read_roles(request: HttpRequest, operator: Actor, key: int) -> HttpResponse:
    """Reads at the vendor which roles this user was given; what could not be read stands on the page."""
    access = read_user_roles(operator, key=key)
    if access.lookup.whole:
        messages.success(request, "The roles of this user were read.")
    else:
        messages.warning(request, "Not all could be read: see Access.")
    return go(request, "user", key)
