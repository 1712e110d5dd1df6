"""Licenses: who holds them, who has not used them for long, and of whom nothing is known. A metered account costs
nothing by itself, so nothing here is called wasted.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from seatwise.connectors.catalog import connectors
from seatwise.store.models import Connection, User

from .errors import NotFound
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .settings import value_of
from .users import LAST, UserInfo, describe_users


class LicenseInfo(msgspec.Struct, frozen=True):
    """A license in one connection. Idle and unknown are among the assigned; `rules` has a sentence for each group."""

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


def list_licenses(operator: Actor, *, connection: str = "") -> list[LicenseInfo]:
    """Each license of each connection, with how many hold it."""
    require(operator, Permission.SEE_USERS)
    rows = Connection.objects.filter(name__iexact=connection) if connection else Connection.objects.all()
    return [
        LicenseInfo(
            connection=row.name,
            license=kind.name,
            slug=kind.slug,
            rule=kind.rule,
            idle_days=idle_days(),
            rules=rules(),
            **{group: _holders(group).filter(connection=row).count() for group in rules()},
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
    if not of or group not in rules():
        raise NotFound(f"There is no license {license} with a group {group}.")
    rows = _holders(group).filter(connection__integration__in=of).select_related("connection")
    if connection:
        rows = rows.filter(connection__name__iexact=connection)
    keyed = rows.annotate(order=Coalesce("email_key", Value(LAST, TextField())))
    page = page_of(keyed, ("order", "id"), cursor, limit, lambda row: row, rows.count())
    return Page(describe_users(page.items), page.next, page.previous, page.total)


def idle_days() -> int:
    return int(value_of("idle_days"))


def rules() -> dict[str, str]:
    """Each group's rule, in the order they are shown."""
    days = idle_days()
    return {
        "assigned": "Active members who are people: service accounts hold no license.",
        "idle": f"Assigned, and the last use of a key of theirs is more than {days} days ago.",
        "invited": "Invited and not joined: they will hold a license once they accept.",
        "unknown": "Assigned, and the vendor sent no last use: they may be active or not.",
    }


def _holders(group: str) -> "QuerySet[User]":
    present = User.objects.filter(listed=True, departed_at=None)
    active = present.filter(kind="user", status="active")
    long_ago = datetime.now(UTC) - timedelta(days=idle_days())
    return {
        "assigned": active,
        "idle": active.filter(last_active_at__lt=long_ago),
        "invited": present.filter(Q(kind="invite") & Q(status="invited")),
        "unknown": active.filter(last_active_at=None),
    }[group]
