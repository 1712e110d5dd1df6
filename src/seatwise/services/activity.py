"""Last activity: where it is known from, and how far each source can be trusted. Nobody is called inactive here: whom
no source names may work all day where none of them looks.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

import msgspec
from django.db.models import Max

from seatwise.connectors.catalog import connectors
from seatwise.store.models import AuditEvent, Connection, Key, Stream, Usage, User
from seatwise.store.models.activity import AUDIT_LOG, KEY_USE, OWN_KEY, USAGE

from .audit_events import AuditEventInfo, describe_events, events_about
from .errors import NotFound
from .rights import Actor, Permission, require
from .rows import all_rows
from .texts import connections_called

EVENTS_SHOWN, LATEST = 100, 5
BY = {KEY_USE: "by API key", OWN_KEY: "by API key", USAGE: "in usage by day", AUDIT_LOG: "in the vendor's audit log"}
"""How a use is known, in a sentence."""
STREAMS = {KEY_USE: ("users",), OWN_KEY: ("api_keys", "admin_keys"), AUDIT_LOG: ("audit_events",)}
TOLD = {
    KEY_USE: "The vendor's list of users names the last use of an API key of theirs.",
    OWN_KEY: "Each key they own: its last use in the lists of keys, or the first moment of its last day of usage.",
    USAGE: "Usage is reported by UTC day and user; the first moment of the day is shown.",
    AUDIT_LOG: "Events that name them as who acted, sign-ins among them.",
}


class SourceInfo(msgspec.Struct, frozen=True):
    """Where activity can be known from, in one connection. `state` is read, partial (`message` says what is missing),
    silent (it is read, and names nobody), forbidden, off or unread; `since` the first moment it can tell of, None where
    it has no beginning. `at` is what it knows of the one user who was asked about."""

    connection: str
    source: str
    rule: str
    state: str
    message: str
    since: datetime | None
    at: datetime | None = None


class Removal(msgspec.Struct, frozen=True):
    """The audit event that says that a user was removed, and who did it; None where it does not say."""

    at: datetime
    by: str | None
    event: AuditEventInfo


class UserActivity(msgspec.Struct, frozen=True):
    """`last_active_at` is the newest of all sources, None for unknown; `sentence` says it with its source. `events` are
    the newest that the user did or that were done to it but for sign-ins and the like, `latest` the LATEST of all."""

    last_active_at: datetime | None
    last_active_source: str | None
    sentence: str
    sources: list[SourceInfo]
    events: list[AuditEventInfo]
    latest: list[AuditEventInfo]
    removal: Removal | None


def sentence(at: datetime | None, source: str | None) -> str:
    """The evidence of a last use, as people read it."""
    if at is None:
        return "No source names any use."
    return f"Last known use {at.astimezone(UTC).date()}, {BY.get(source or '', 'as the vendor says')}."


def list_sources(operator: Actor, *, connection: str = "") -> list[SourceInfo]:
    """Every source of every connection that is not disconnected."""
    require(operator, Permission.SEE_USERS)
    called = connections_called(connection)
    rows = [row for row in all_rows() if row.disconnected_at is None and (called is None or row.pk in called)]
    return [source for row in rows for source in _sources(row)]


def not_known(sources: Iterable[SourceInfo]) -> list[str]:
    """What must be said beside any count of who was active: a sentence for each source that does not tell all."""
    said = (f"{each.connection}, {each.source.lower()}: {each.message}" for each in sources if each.state != "read")
    return list(dict.fromkeys(said))


def user_activity(operator: Actor, *, key: int) -> UserActivity:
    """What is known of one user's activity, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = User.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no user with the key {key}.")
    sources = [] if row.kind == "invite" else _sources(row.connection)
    known, full = _known_of(row), operator.may(Permission.SEE_AUDIT)
    whose, routine = (row.connection_id, row.vendor_id), connectors()[row.connection.integration].routine
    return UserActivity(
        last_active_at=row.last_active_at,
        last_active_source=row.last_active_source,
        sentence=sentence(row.last_active_at, row.last_active_source),
        sources=[msgspec.structs.replace(each, at=known[each.source]) for each in sources],
        events=events_about(*whose, EVENTS_SHOWN, full=full, without=routine),
        latest=events_about(*whose, LATEST, full=full),
        removal=_removal(row, full=full),
    )


def _known_of(row: User) -> dict[str, datetime | None]:
    now, whose = datetime.now(UTC), {"connection_id": row.connection_id}
    passive = connectors()[row.connection.integration].passive
    keys = Key.objects.filter(**whose, owner_id=row.vendor_id, last_use_at__lte=now)
    days = Usage.objects.filter(**whose, user_id=row.vendor_id, day__lte=now.date())
    events = AuditEvent.objects.filter(**whose, actor_id=row.vendor_id, at__lte=now).exclude(type__in=passive)
    field = row.api_key_last_used_at
    day: date | None = days.aggregate(newest=Max("day"))["newest"]
    return {
        KEY_USE: field if field and field <= now else None,
        OWN_KEY: keys.aggregate(newest=Max("last_use_at"))["newest"],
        USAGE: datetime.combine(day, time(), UTC) if day else None,
        AUDIT_LOG: events.aggregate(newest=Max("at"))["newest"],
    }


def _removal(row: User, *, full: bool) -> Removal | None:
    if row.status != "removed":
        return None
    types = [each.removed for each in connectors()[row.connection.integration].evidence if row.kind in each.kinds]
    of = AuditEvent.objects.filter(connection_id=row.connection_id, target_id=row.vendor_id, type__in=types)
    event = of.select_related("connection").order_by("-at", "-pk").first()
    if event is None:
        return None
    (described,) = describe_events([event], full=full)
    return Removal(described.at, described.actor, described)


def _sources(row: Connection) -> list[SourceInfo]:
    """`row` with its streams."""
    streams = {stream.name: stream for stream in row.streams.all()}
    declared = [stream.name for stream in connectors()[row.integration].streams]
    usage = tuple(name for name in declared if name.startswith("usage_"))
    wanted = {**STREAMS, USAGE: usage}
    sources = []
    for source in (KEY_USE, OWN_KEY, USAGE, AUDIT_LOG):
        names = [name for name in wanted[source] if name in declared]
        if not names:
            continue
        rows = [streams.get(name) or Stream(connection=row, name=name) for name in names]
        state, message = _state(rows)
        if state == "read" and (silent := _silence(row, source)):
            state, message = "silent", silent
        since = _since(row, source, rows) if state in ("read", "partial") else None
        sources.append(SourceInfo(row.name, source, TOLD[source], state, message, since))
    return sources


def _state(rows: Sequence[Stream]) -> tuple[str, str]:
    """How a source stands that rests on these streams; partial where only some of them were ever read."""
    said = [(row, *_of_stream(row)) for row in rows]
    broken = [each for each in said if each[1] != "read"]
    if not broken:
        return "read", ""
    states = {state for _, state, _ in broken}
    messages = dict.fromkeys(message for _, _, message in broken)
    if len(broken) == len(said) and len(states) == 1:
        return states.pop(), " ".join(messages)
    labels = ", ".join(row.name.replace("_", " ") for row, _, _ in broken)
    return "partial", f"Not all of it is read ({labels}). {' '.join(messages)}"


def _of_stream(row: Stream) -> tuple[str, str]:
    if row.state == "forbidden" or (row.allowed is False and row.synced_at is None):
        lacking = f" the permission {row.permission}" if row.permission else " a permission"
        return "forbidden", f"The Admin Key lacks{lacking}."
    if not row.enabled:
        return "off", "Switched off here."
    if row.synced_at is None:
        return "unread", "Not read completely yet."
    if row.state in ("failed", "held", "canceled"):
        return "partial", f"Last read completely on {row.synced_at.astimezone(UTC).date()}."
    return "read", ""


def _silence(row: Connection, source: str) -> str:
    """Why a source that is read tells nothing."""
    users = User.objects.filter(connection=row, kind="user")
    if source == KEY_USE and not users.exclude(api_key_last_used_at=None).exists():
        return "The vendor names no use of a key for anybody."
    if source == AUDIT_LOG and not AuditEvent.objects.filter(connection=row).exists():
        return "Nothing is recorded: the log may be switched off at the vendor. That does not mean nobody did anything."
    return ""


def _since(row: Connection, source: str, rows: Sequence[Stream]) -> datetime | None:
    if source == AUDIT_LOG:
        events = AuditEvent.objects.filter(connection=row).order_by("at", "id")
        return events.values_list("at", flat=True).first()
    if source == USAGE:
        days = [each.covered_from for each in rows if each.covered_from]
        return datetime.combine(max(days), time(), UTC) if days else None
    return None
