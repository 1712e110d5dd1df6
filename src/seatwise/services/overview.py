"""The first look: what accounts cost, who works, which keys and connections need a look, and what changed this week.

Every card says what it does not know: a figure over a partial truth is never shown without the sentence beside it, and
one over lists that nobody ever read is None.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import msgspec
from django.db.models import Count, Max, QuerySet

from seatwise.sdk.streams import label as stream_label
from seatwise.store.holders import holders
from seatwise.store.listing import Listing
from seatwise.store.models import Change, Connection

from .activity import list_sources, not_known
from .changes import NEW_OWNER, ChangeInfo, describe, new_owners
from .connections import ConnectionInfo, list_connections
from .forecast import forecast
from .key_issues import issue_rules
from .keys import key_facets
from .missing import first_sync, never_read, not_whole
from .rights import Actor, Permission, require
from .spend import get_spend
from .standing import waiting
from .texts import together
from .users import ACTIVE_DAYS

WEEK = timedelta(days=7)
EACH = 5
"""As many changes of each important kind are named."""
TOO_LITTLE = "Too little is known for a forecast yet."


class SpendFigure(msgspec.Struct, frozen=True):
    """One currency's month: `amount` so far, today's part included; `forecast` what the month comes to, None where too
    little is known, `why` says how it was made, or why there is none."""

    currency: str
    amount: str
    forecast: str | None
    low: str | None
    high: str | None
    why: str


class SpendCard(msgspec.Struct, frozen=True):
    figures: list[SpendFigure]
    notes: list[str]


class PeopleCard(msgspec.Struct, frozen=True):
    """Active members who are people: how many of them were active in the last `days` days, longer ago, or unknown."""

    assigned: int | None
    active: int | None
    longer_ago: int | None
    unknown: int | None
    invited: int | None
    days: int
    rule: str
    notes: list[str]


class IssueCount(msgspec.Struct, frozen=True):
    name: str
    label: str
    rule: str
    keys: int | None


class KeysCard(msgspec.Struct, frozen=True):
    total: int | None
    issues: list[IssueCount]
    notes: list[str]


class AttentionLine(msgspec.Struct, frozen=True):
    """A connection to look at, with why."""

    id: int
    name: str
    state: str
    message: str


class ConnectionsCard(msgspec.Struct, frozen=True):
    """`well` is how many connections are complete and fresh; all others are in `attention`."""

    total: int
    well: int
    attention: list[AttentionLine]


class ChangeCount(msgspec.Struct, frozen=True):
    stream: str
    kind: str
    changes: int


class ImportantChanges(msgspec.Struct, frozen=True):
    """One sort of change worth a look: new_owners, new_admin_keys or departures; `changes` the latest of `count`. The
    list of changes shows them all for this `stream` and `kind`."""

    name: str
    label: str
    stream: str
    kind: str
    count: int | None
    changes: list[ChangeInfo]


class ChangesCard(msgspec.Struct, frozen=True):
    """`since` is the first moment of a UTC day."""

    since: datetime
    important: list[ImportantChanges]
    counts: list[ChangeCount]
    notes: list[str]


class Overview(msgspec.Struct, frozen=True):
    """A card is None where the operator may not see it. `connected` is false before the first connection, `arriving`
    true while a first sync is under way. Disconnected accounts are counted as the lists count them, with a note."""

    connected: bool
    arriving: bool
    at: datetime
    spend: SpendCard | None
    people: PeopleCard
    keys: KeysCard
    connections: ConnectionsCard | None
    changes: ChangesCard


def get_overview(operator: Actor) -> Overview:
    """All cards, over all connections."""
    require(operator, Permission.SEE_USERS)
    now = datetime.now(UTC)
    every = list_connections(operator) if operator.may(Permission.SEE_CONNECTIONS) else []
    live = [each for each in every if each.state != "disconnected"]
    return Overview(
        connected=bool(every),
        arriving=any(map(first_sync, every)),
        at=now,
        spend=_spend(operator) if operator.may(Permission.SEE_SPEND) else None,
        people=_people(operator, every, now),
        keys=_keys(operator, every),
        connections=_connections(live) if operator.may(Permission.SEE_CONNECTIONS) else None,
        changes=_changes(every, now),
    )


def _spend(operator: Actor) -> SpendCard:
    spend = get_spend(operator, by="total", range="this_month")
    ahead = {each.currency: each for each in forecast(operator)}
    so_far = {total.currency: total.amount for total in spend.totals}
    figures = []
    for currency in sorted({*so_far, *ahead}):
        month = ahead.get(currency)
        known = (month.amount, month.low, month.high, month.why) if month else (None, None, None, TOO_LITTLE)
        figures.append(SpendFigure(currency, so_far.get(currency, "0.00"), *known))
    return SpendCard(figures, [f"{each.connection}: {each.message}" for each in spend.coverage if each.message])


def _people(operator: Actor, every: Sequence[ConnectionInfo], now: datetime) -> PeopleCard:
    keys = tuple(Connection.objects.values_list("pk", flat=True))
    of = {
        name: Listing(holders(name, keys, now - timedelta(days=ACTIVE_DAYS))).number
        for name in ("assigned", "idle", "unknown", "invited")
    }
    some = of["assigned"] > 0
    return PeopleCard(
        assigned=_known(of["assigned"], some, every, "users"),
        active=_known(max(0, of["assigned"] - of["idle"] - of["unknown"]), some, every, "users"),
        longer_ago=_known(of["idle"], some, every, "users"),
        unknown=_known(of["unknown"], some, every, "users"),
        invited=_known(of["invited"], of["invited"] > 0, every, "invites"),
        days=ACTIVE_DAYS,
        rule=f"Members whose last known use is at most {ACTIVE_DAYS} days ago: of an API key, in usage by day, or in "
        "the vendor's audit log. No use known: none of these names any.",
        notes=[*not_whole(every, ("users", "invites")), *not_known(list_sources(operator))],
    )


def _keys(operator: Actor, every: Sequence[ConnectionInfo]) -> KeysCard:
    facets, streams = key_facets(operator), ("api_keys", "admin_keys")
    some = bool(facets.total)
    issues = [
        IssueCount(rule.name, rule.label, rule.rule, _known(facets.issues.get(rule.name, 0), some, every, *streams))
        for rule in issue_rules(operator)
    ]
    return KeysCard(_known(facets.total or 0, some, every, *streams), issues, not_whole(every, streams))


def _known(number: int, some: bool, every: Sequence[ConnectionInfo], *streams: str) -> int | None:
    """A number of what these streams list: None, for unknown, where no row is here and none of them was ever read."""
    return None if every and not some and never_read(every, "", streams) else number


def _connections(live: Sequence[ConnectionInfo]) -> ConnectionsCard:
    attention = [AttentionLine(each.id, each.name, each.state, why) for each in live if (why := _why_not_well(each))]
    return ConnectionsCard(len(live), len(live) - len(attention), attention)


def _why_not_well(connection: ConnectionInfo) -> str:
    """Empty for one that is complete and fresh, a sync being under way or not."""
    if connection.state == "connected":
        return ""
    if connection.attention:
        return connection.attention
    if connection.state == "paused":
        return "Paused: nothing is brought up to date."
    if first_sync(connection):
        coming = connection.state == "pending"
        return "The first sync is still to come." if coming else "The first sync is under way."
    if connection.stale:
        return "It is late."
    on = [each for each in connection.streams if each.enabled]
    if connection.state == "pending":
        return waiting(on)
    # What waits for this sync to read it for the first time is nothing wrong.
    broken = [each for each in on if each.outcome not in ("complete", "pending")]
    return together((each.label, each.message or each.outcome) for each in broken)


def _changes(every: Sequence[ConnectionInfo], now: datetime) -> ChangesCard:
    since = datetime.combine((now - WEEK).date(), time(), UTC)
    rows = Change.objects.filter(at__gte=since).exclude(kind__in=("baseline", "restated"))
    counts = rows.order_by().values_list("stream", "kind").annotate(changes=Count("pk"))
    important = (
        ("new_owners", "New owners", "users", NEW_OWNER, new_owners(rows)),
        ("new_admin_keys", "New Admin Keys", "admin_keys", "arrived",
         rows.filter(stream="admin_keys", kind="arrived")),
        ("departures", "Departures", "users", "departed", rows.filter(stream="users", kind="departed")),
    )  # fmt: skip
    return ChangesCard(
        since=since,
        important=[_important(every, *each) for each in important],
        counts=[ChangeCount(*each) for each in sorted(counts, key=lambda each: (-each[2], each[0], each[1]))],
        notes=[*_unwatched(since), *not_whole(every, ("users", "admin_keys"))],
    )


def _unwatched(since: datetime) -> list[str]:
    """Streams whose first complete listings came within the week: what changed before is not known."""
    firsts = Change.objects.filter(kind="baseline", stream__in=("users", "admin_keys"), at__gte=since)
    begun = firsts.order_by("connection__name", "stream").values_list("connection__name", "stream")
    return [
        f"{stream_label(stream)} of {name}: watched since {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, its first complete "
        "listing; what changed before is not known."
        for name, stream, at in begun.annotate(at=Max("at"))
    ]


def _important(
    every: Sequence[ConnectionInfo], name: str, label: str, stream: str, kind: str, rows: "QuerySet[Change]"
) -> ImportantChanges:
    latest = rows.select_related("connection").order_by("-at", "-pk")[:EACH]
    number = rows.count()
    known = _known(number, number > 0, every, stream)
    return ImportantChanges(name, label, stream, kind, known, describe(latest))


class OverviewFigure(msgspec.Struct, frozen=True):
    """One figure of the overview, for tables and files: `value` is a number or an amount as text, None for unknown."""

    card: str
    name: str
    label: str
    value: str | None
    currency: str | None
    notes: list[str]


def list_figures(operator: Actor) -> list[OverviewFigure]:
    """The overview's figures, one after the other."""
    require(operator, Permission.SEE_USERS)
    seen = get_overview(operator)
    found: list[OverviewFigure] = []

    def add(card: str, name: str, label: str, value: object, notes: Sequence[str] = (), currency: str = "") -> None:
        text = None if value is None else str(value)
        found.append(OverviewFigure(card, name, label, text, currency or None, list(notes)))

    for each in seen.spend.figures if seen.spend else ():
        notes = seen.spend.notes if seen.spend else []
        add("spend", "month_to_date", "Spend this month", each.amount, notes, each.currency)
        add("spend", "forecast", "Forecast of the month", each.forecast, [each.why] if each.why else [], each.currency)
    people = seen.people
    for name, label in (
        ("assigned", "Members"), ("active", f"Active in {people.days} days"), ("longer_ago", "Longer ago"),
        ("unknown", "No use known"), ("invited", "Invited"),
    ):  # fmt: skip
        add("people", name, label, getattr(people, name), people.notes)
    add("keys", "total", "Keys", seen.keys.total, seen.keys.notes)
    for issue in seen.keys.issues:
        add("keys", issue.name, issue.label, issue.keys, seen.keys.notes)
    if seen.connections:
        add("connections", "total", "Connections", seen.connections.total)
        lines = [f"{line.name}: {line.message}" for line in seen.connections.attention]
        add("connections", "attention", "Need a look", len(lines), lines)
    for sort in seen.changes.important:
        add("changes", sort.name, f"{sort.label} this week", sort.count, seen.changes.notes)
    for count in seen.changes.counts:
        add("changes", f"{count.stream}.{count.kind}", f"{count.stream} {count.kind}".replace("_", " "), count.changes)
    return found
