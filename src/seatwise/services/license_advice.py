"""Whom to ask first about a license, and how its numbers went. Advice is about accounts that stay open, never about
money: a metered account that is not used costs nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.store.holders import GROUPS, holders
from seatwise.store.listing import Listing
from seatwise.store.models import Connection, LicenseDay, User
from seatwise.store.wanted import Wanted

from .activity import sentence
from .errors import NotFound
from .rights import Actor, Permission, require
from .settings import value_of
from .texts import connections_called
from .users import UserInfo, describe_users

EACH = 5
"""As many of each sort are named."""
LONGEST_BY_DAY = 45
"""Days that a trend tells one by one; a longer one goes by weeks."""
RULE = (
    "An account that nobody uses is still a way in. Whoever is idle longest comes first, owners before all others; "
    "then people of whom no use is known though they joined long ago, then invitations that ran out. Ask before you "
    "remove: they may work where no source looks."
)


class Advice(msgspec.Struct, frozen=True):
    """One person to look at: `action` is remove (ask, then remove), ask, or withdraw; `reason` the evidence."""

    user: UserInfo
    action: str
    reason: str


class LicenseTrend(msgspec.Struct, frozen=True):
    """One UTC day, or the last known day of a week. The numbers are those of the last complete sync of that day."""

    day: date
    assigned: int
    idle: int
    invited: int
    unknown: int


def list_license_advice(operator: Actor, *, license: str, connection: str = "") -> list[Advice]:
    """Whom to look at first, at most EACH of a sort. Raises NotFound for a license that is none."""
    require(operator, Permission.SEE_USERS)
    keys, owner_roles = _connections(license, connection)
    days = int(value_of("idle_days"))
    now = datetime.now(UTC)
    before = now - timedelta(days=days)
    idle = holders("idle", keys, before)
    found: dict[int, tuple[str, str]] = {}
    for wanted in (*(replace(idle, role=role) for role in owner_roles), idle):
        for row in _first(wanted, "last_active_at"):
            long = row.last_active_at is not None and row.last_active_at < now - timedelta(days=2 * days)
            found.setdefault(row.pk, ("remove" if long else "ask", _idle_reason(row, owner_roles)))
    for row in _first(holders("unknown", keys, before), "joined_at"):
        if row.joined_at and row.joined_at < before:
            found.setdefault(row.pk, ("ask", f"Joined {row.joined_at.astimezone(UTC).date()}. {sentence(None, None)}"))
    expired = Wanted(connections=keys, kinds=("invite",), statuses=("invite_expired",))
    for row in _first(expired, "email"):
        ran_out = f" on {row.expires_at.astimezone(UTC).date()}" if row.expires_at else ""
        found.setdefault(row.pk, ("withdraw", f"The invitation ran out{ran_out} and was not accepted."))
    described = {user.key: user for user in describe_users(list(found))}
    return [Advice(described[pk], *said) for pk, said in found.items() if pk in described]


def _idle_reason(row: User, owner_roles: tuple[str, ...]) -> str:
    owner = "An owner. " if row.role and row.role in owner_roles else ""
    return f"{owner}{sentence(row.last_active_at, row.last_active_source)}"


def _first(wanted: Wanted, by: str) -> list[User]:
    places = Listing(wanted, by).places(limit=EACH)
    rows = User.objects.in_bulk([place.id for place in places])
    return [rows[place.id] for place in places if place.id in rows]


def license_trend(operator: Actor, *, license: str, connection: str = "", days: int = 182) -> list[LicenseTrend]:
    """Day by day, or week by week from LONGEST_BY_DAY days on, the oldest first. Of a connection that was not synced on
    a day its last known numbers count. Raises NotFound for a license that is none."""
    require(operator, Permission.SEE_USERS)
    keys, _ = _connections(license, connection)
    since = datetime.now(UTC).date() - timedelta(days=days)
    rows = LicenseDay.objects.filter(connection_id__in=keys, license=license, day__gte=since).order_by("day")
    return list(_thinned(list(_summed(rows))))


def _summed(rows: Iterable[LicenseDay]) -> Iterator[LicenseTrend]:
    """One line for each day that has any, over all connections."""
    latest: dict[int, LicenseDay] = {}
    day: date | None = None
    for row in rows:
        if day is not None and row.day != day:
            yield _total(day, latest.values())
        day = row.day
        latest[row.connection_id] = row
    if day is not None:
        yield _total(day, latest.values())


def _total(day: date, rows: Iterable[LicenseDay]) -> LicenseTrend:
    rows = list(rows)
    return LicenseTrend(day, *(sum(getattr(row, group) for row in rows) for group in GROUPS))


def _thinned(lines: list[LicenseTrend]) -> Iterator[LicenseTrend]:
    if not lines or (lines[-1].day - lines[0].day).days <= LONGEST_BY_DAY:
        yield from lines
        return
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if following is None or following.day.isocalendar()[:2] != line.day.isocalendar()[:2]:
            yield line


def _connections(license: str, connection: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Where this license is held, and what owners are called there."""
    of = {slug: each for slug, each in connectors().items() if license in {k.slug for k in each.manifest.licenses}}
    if not of:
        raise NotFound(f"There is no license {license}.")
    called = connections_called(connection)
    keys = Connection.objects.filter(integration__in=of).values_list("pk", flat=True)
    roles = {each.manifest.owner_role for each in of.values()} - {""}
    return tuple(pk for pk in keys if called is None or pk in called), tuple(sorted(roles))
