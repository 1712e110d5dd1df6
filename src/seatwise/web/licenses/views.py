"""Licenses, and the users behind each number. What a number means stands beside it, in the rule that made it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.activity import sentence
from seatwise.services.connections import list_connections
from seatwise.services.license_advice import RULE, license_trend, list_license_advice
from seatwise.services.licenses import list_license_users, list_licenses
from seatwise.services.rights import Actor
from seatwise.web import addresses
from seatwise.web.freshness import freshness
from seatwise.web.shell import screen, wants_fragment
from seatwise.web.users.rows import rows

from .groups import GROUPS, groups, total
from .trend import trend


@require_safe
@screen
def licenses(request: HttpRequest, operator: Actor) -> HttpResponse:
    """One card per license and connection, with how its numbers went and whom to look at first."""
    cards = []
    for held in list_licenses(operator):
        days = license_trend(operator, license=held.slug, connection=held.connection)
        advice = list_license_advice(operator, license=held.slug, connection=held.connection)
        cards.append({"license": held, "groups": groups(held), "trend": trend(days), "days": days, "advice": advice})
    shown: dict[str, Any] = {"cards": cards, "freshness": freshness(list_connections(operator)), "rule": RULE}
    return render(request, "licenses/page.html", shown)


@require_safe
@screen
def license_users(request: HttpRequest, operator: Actor, license: str, group: str) -> HttpResponse:
    """The list behind one number, of one connection or of all."""
    if group not in GROUPS:
        raise Http404
    connection = addresses.text(request.GET, "connection")
    cursor = request.GET.get("cursor", "")
    page = list_license_users(operator, license=license, group=group, connection=connection, cursor=cursor)
    connections = list_connections(operator)
    held = [one for one in list_licenses(operator, connection=connection) if one.slug == license]
    shown = {
        "name": f"{held[0].license if held else license}: {GROUPS[group].lower()}",
        "page": page,
        "rows": [(row, sentence(row.user.last_active_at, row.user.last_active_source)) for row in rows(page.items)],
        "group": group,
        "license": license,
        "groups": total(held),
        "connection": connection,
        "connections": [(c.name, c.name) for c in connections],
        "freshness": freshness(connections, connection),
    }
    part = wants_fragment(request, "license-users")
    return render(request, "licenses/table.html" if part else "licenses/users.html", shown)
