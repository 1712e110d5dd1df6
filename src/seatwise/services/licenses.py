"""Licenses: who holds them, who has not used them for long, and of whom nothing is known. A metered account costs
nothing by itself, so nothing here is called wasted.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.store.holders import holders
from seatwise.store.listing import Listing
from seatwise.store.models import Connection
from seatwise.store.wanted import Wanted

from .activity import list_sources, not_known
from .errors import NotFound
from .paging import Page
from .rights import Actor, Permission, require
from .settings import value_of
from .texts import connections_called
from .users import UserInfo, users_page


class LicenseInfo(msgspec.Struct, frozen=True):
    """A license in one connection. Idle and unknown are among the assigned; `rules` has a sentence for each group,
    `not_known` one for each source of activity that does not tell all, which idle and unknown depend on."""

    connection: str
    license: str
    slug: str
    rule: str
    assigned: int
    idle: int
    invited: int
    unknown: int
    idle_days: int
    rules: dict[str, str]
    not_known: list[str]


def list_licenses(operator: Actor, *, connection: str = "") -> list[LicenseInfo]:
    """Each license of each connection, with how many hold it."""
    require(operator, Permission.SEE_USERS)
    called = connections_called(connection)
    days = int(value_of("idle_days"))
    rows = Connection.objects.all() if called is None else Connection.objects.filter(pk__in=called)
    sources = list_sources(operator, connection=connection)
    return [
        LicenseInfo(
            connection=row.name,
            license=kind.name,
            slug=kind.slug,
            rule=kind.rule,
            idle_days=days,
            rules=_rules(days),
            not_known=not_known(each for each in sources if each.connection == row.name),
            **{group: Listing(_holders(group, (row.pk,), days)).number for group in _rules(days)},
        )
        for row in rows.order_by("name")
        for kind in connectors()[row.integration].manifest.licenses
    ]


def list_license_users(
    operator: Actor, *, license: str, group: str = "assigned", connection: str = "", cursor: str = "", limit: int = 50
) -> Page[UserInfo]:
    """The users behind one number. Raises NotFound for a license or a group that is none."""
    require(operator, Permission.SEE_USERS)
    of = [slug for slug, each in connectors().items() if license in {kind.slug for kind in each.manifest.licenses}]
    days = int(value_of("idle_days"))
    if not of or group not in _rules(days):
        raise NotFound(f"There is no license {license} with a group {group}.")
    rows = Connection.objects.filter(integration__in=of)
    called = connections_called(connection)
    keys = tuple(pk for pk in rows.values_list("pk", flat=True) if called is None or pk in called)
    return users_page(_holders(group, keys, days), "email", cursor, limit, operator)


def _rules(days: int) -> dict[str, str]:
    """Each group's rule, in the order they are shown."""
    return {
        "assigned": "Active members who are people: service accounts hold no license.",
        "idle": f"Assigned, and the last known use, from any source, is more than {days} days ago.",
        "invited": "Invited and not joined: they will hold a license once they accept.",
        "unknown": "Assigned, and no source names a use: they may be active or not.",
    }


def _holders(group: str, connections: tuple[int, ...], days: int) -> Wanted:
    return holders(group, connections, datetime.now(UTC) - timedelta(days=days))
