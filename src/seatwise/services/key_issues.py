"""A key as doors show it, and what is wrong with it: every issue comes with the sentence that proves it.

An issue is a saved filter. All but `expired` are of keys that still work; what a vendor did not say is no issue.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q

from seatwise.store.key_listing import IDLE
from seatwise.store.models import Key, Project, ServiceAccount, User
from seatwise.store.models.keys import TROUBLES

from .rights import Actor, Permission, require
from .settings import value_of

SOON = timedelta(days=30)
REPORTED, FROM_USAGE = "Reported for the key", "Usage of that day"


class IssueRule(msgspec.Struct, frozen=True):
    """A saved filter: its name, what people read, and the rule that fills it."""

    name: str
    label: str
    rule: str


class Issue(msgspec.Struct, frozen=True):
    """What is wrong with one key, and the evidence as a sentence."""

    name: str
    label: str
    evidence: str


class KeyInfo(msgspec.Struct, frozen=True):
    """`id`, `project_id` and `owner_id` are the vendor's, `key` ours; `project_row` and `owner_row` lead to the project
    and to the owner (a user, or a service account). `owner_standing` is present, disabled, left, unlisted, unnamed or
    unknown. `used` and `expires` are None where the vendor did not say. `last_use_at` is the newest of the vendor's
    `last_used_at` and the newest day with usage (then the first moment of that day), `last_use_source` which."""

    key: int
    connection: str
    connection_id: int
    id: str
    kind: str
    name: str | None
    redacted_value: str | None
    project_id: str | None
    project: str | None
    project_row: int | None
    owner_kind: str | None
    owner_id: str | None
    owner_name: str | None
    owner_email: str | None
    owner_standing: str
    owner_has_access: bool | None
    owner_row: int | None
    created_at: datetime | None
    used: bool | None
    last_used_at: datetime | None
    last_use_at: datetime | None
    last_use_source: str | None
    expires: bool | None
    expires_at: datetime | None
    first_seen_at: datetime
    departed_at: datetime | None
    issues: list[Issue]


class Owner(NamedTuple):
    """As it stands here: `row` is our key of it."""

    row: int
    status: str
    departed_at: datetime | None


def issue_rules(operator: Actor) -> list[IssueRule]:
    """All issues in the order of the screens."""
    require(operator, Permission.SEE_USERS)
    return list(rules(int(value_of("idle_days"))).values())


def rules(days: int) -> dict[str, IssueRule]:
    told = (
        (
            "orphaned",
            "Orphaned",
            "Works, and its owner left, lost access to the project, is in no complete listing, or is not named.",
        ),
        ("owner_left", "Owner left", "Works, and the user it belongs to left the organization."),
        ("owner_disabled", "Owner disabled", "Works, and its owner is disabled or banned at the vendor."),
        ("never_used", "Never used", "Works, and the vendor says that it was never used; no usage names it either."),
        (IDLE, f"Unused for {days} days", f"Works, and was last used more than {days} days ago."),
        ("no_expiry", "No expiry", "Works, and the vendor says that it never expires."),
        ("expiring_soon", "Expiring soon", f"Works, and expires within {SOON.days} days."),
        ("expired", "Expired", "Its time is over, and the vendor still lists it."),
    )
    return {name: IssueRule(name, label, rule) for name, label, rule in told}


def describe_keys(rows: Iterable[Key], now: datetime) -> list[KeyInfo]:
    """Rows with their connection, and in three more queries their projects and owners."""
    rows = list(rows)
    owners, projects = _owners(rows), _projects(rows)
    days = int(value_of("idle_days"))
    known = rules(days)
    return [_info(row, owners.get(row.pk), projects.get(_place(row, row.project_id)), known, days, now) for row in rows]


def _info(
    row: Key,
    owner: Owner | None,
    project: tuple[int, str | None] | None,
    known: dict[str, IssueRule],
    days: int,
    now: datetime,
) -> KeyInfo:
    called = (project and project[1]) or row.project_id
    said = _evidence(row, owner, called, days, now) if row.departed_at is None else ()
    used_later = row.last_use_at is not None and row.last_use_at != row.last_used_at
    return KeyInfo(
        key=row.pk,
        connection=row.connection.name,
        connection_id=row.connection_id,
        id=row.vendor_id,
        kind=row.kind,
        name=row.name,
        redacted_value=row.redacted_value,
        project_id=row.project_id,
        project=project[1] if project else None,
        project_row=project[0] if project else None,
        owner_kind=row.owner_kind,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        owner_email=row.owner_email,
        owner_standing=row.owner_standing,
        owner_has_access=row.owner_has_access,
        owner_row=owner.row if owner else None,
        created_at=row.created_at,
        used=row.used,
        last_used_at=row.last_used_at,
        last_use_at=row.last_use_at,
        last_use_source=None if row.last_use_at is None else FROM_USAGE if used_later else REPORTED,
        expires=row.expires,
        expires_at=row.expires_at,
        first_seen_at=row.first_seen_at,
        departed_at=row.departed_at,
        issues=[Issue(name, known[name].label, sentence) for name, sentence in said],
    )


def _evidence(
    row: Key, owner: Owner | None, project: str | None, days: int, now: datetime
) -> Iterator[tuple[str, str]]:
    """The issues of a key, each with its sentence."""
    if row.expires_at and row.expires_at <= now:
        yield "expired", f"Expired on {_day(row.expires_at)}, {_ago(row.expires_at, now)}, and is still listed."
        return
    has = {name for name, bit in TROUBLES.items() if row.troubles & bit}
    gone = _why_unanswered(row, owner)
    if "orphaned" in has:
        called = f"the project {project}" if project else "its project"
        whose = "No" if gone else f"{_called(row)} has no"
        no_access = f"{whose} access to {called} any more (owner_project_access: inactive)."
        yield "orphaned", " ".join([*([gone] if gone else []), *([no_access] if row.owner_has_access is False else [])])
    if "owner_left" in has:
        yield "owner_left", gone
    if "owner_disabled" in has:
        word = owner.status if owner and owner.status in ("disabled", "banned") else "disabled"
        yield "owner_disabled", f"{_called(row)} is {word} at the vendor."
    if "never_used" in has and row.created_at:
        yield "never_used", f"Created {_ago(row.created_at, now)}, no use recorded."
    if row.last_use_at and row.last_use_at < now - timedelta(days=days):
        yield IDLE, f"Last used {_day(row.last_use_at)}, {_ago(row.last_use_at, now)}."
    if "no_expiry" in has:
        since = f"; created {_ago(row.created_at, now)}" if row.created_at else ""
        yield "no_expiry", f"The vendor says that it never expires{since}."
    if row.expires_at and row.expires_at <= now + SOON:
        yield "expiring_soon", f"Expires on {_day(row.expires_at)}, {_ahead(row.expires_at, now)}."


def _why_unanswered(row: Key, owner: Owner | None) -> str:
    """Why its owner does not answer for it, whatever may be used; empty where the owner stands."""
    if row.owner_standing == "left":
        on = f" on {_day(owner.departed_at)}" if owner and owner.departed_at else ""
        return f"{_called(row)} {'was removed' if row.owner_kind == 'service_account' else 'left'}{on}."
    if row.owner_standing == "unlisted":
        listing = "service accounts" if row.owner_kind == "service_account" else "users"
        return f"{_called(row)} is in no complete listing of {listing}."
    return "The vendor names no owner." if row.owner_standing == "unnamed" else ""


def _called(row: Key) -> str:
    kind = "Service account" if row.owner_kind == "service_account" else "Owner"
    return f"{kind} {row.owner_email or row.owner_name or row.owner_id or 'unknown'}"


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def _ago(at: datetime, now: datetime) -> str:
    days = (now.astimezone(UTC).date() - at.astimezone(UTC).date()).days
    return "today" if days < 1 else f"{days} day{'' if days == 1 else 's'} ago"


def _ahead(at: datetime, now: datetime) -> str:
    days = (at.astimezone(UTC).date() - now.astimezone(UTC).date()).days
    return "today" if days < 1 else f"in {days} day{'' if days == 1 else 's'}"


def _place(row: Any, vendor_id: str | None) -> tuple[int, str]:
    return row.connection_id, vendor_id or ""


def _owners(rows: Sequence[Key]) -> dict[int, Owner]:
    """By the key's number. Accounts of machines can have ids like users', so a machine is looked for there first."""
    accounts = {
        (connection, vendor_id): Owner(pk, "active", departed_at)
        for connection, vendor_id, pk, departed_at in ServiceAccount.objects.filter(
            _any_of(row for row in rows if row.owner_kind == "service_account")
        ).values_list("connection_id", "vendor_id", "pk", "departed_at")
    }
    users = {
        (connection, vendor_id): Owner(pk, status, departed_at)
        for connection, vendor_id, pk, status, departed_at in User.objects.filter(
            _any_of((row for row in rows if row.owner_kind != "service_account"), kind__in=("user", "service_account"))
        ).values_list("connection_id", "vendor_id", "pk", "status", "departed_at")
    }
    found = {row.pk: (accounts if row.owner_kind == "service_account" else users) for row in rows}
    return {row.pk: owner for row in rows if (owner := found[row.pk].get(_place(row, row.owner_id)))}


def _projects(rows: Sequence[Key]) -> dict[tuple[int, str], tuple[int, str | None]]:
    ids = {row.project_id for row in rows if row.project_id}
    connections = {row.connection_id for row in rows}
    named = Project.objects.filter(connection_id__in=connections, vendor_id__in=ids)
    found = named.values_list("connection_id", "vendor_id", "pk", "name")
    return {(connection, vendor_id): (pk, name) for connection, vendor_id, pk, name in found}


def _any_of(rows: Iterable[Key], **more: Any) -> Q:
    """Rows with the vendor's ids of these owners, each in its own connection."""
    ids: dict[int, set[str]] = {}
    for row in rows:
        if row.owner_id:
            ids.setdefault(row.connection_id, set()).add(row.owner_id)
    wanted = Q(pk__in=[])
    for connection_id, some in ids.items():
        wanted |= Q(connection_id=connection_id, vendor_id__in=some, **more)
    return wanted
