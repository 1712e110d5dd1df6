"""Alerts: what happened that somebody should know, each once, with its evidence, and where it went.

`tell` writes an alert and its deliveries in the caller's transaction: what is committed is delivered, whoever dies.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from django.db.models import Prefetch, QuerySet

from seatwise.store.models import Alert, Budget, Channel, Connection, Delivery

from .audit import operation
from .backoff import due_at
from .errors import NotFound
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .texts import connections_called, plain

KINDS = {
    "budget": ("Budget", "A budget's threshold was passed, by what is spent or by the forecast."),
    "anomaly": ("Unusual spend", "A day cost far more than the days before it."),
    "orphaned_key": ("Orphaned key", "A key works on, and nobody answers for it any more."),
    "new_owner": ("New owner", "Somebody became an owner of an organization."),
    "new_admin_key": ("New Admin Key", "An Admin Key appeared in an organization."),
    "connection": ("Connection", "A connection needs attention, or has not been synced for long."),
    "own_key": (
        "Our Admin Key",
        "The Admin Key Seatwise works with expires soon, or its owner is gone, disabled or not listed.",
    ),
}
"""Kind: what it is called, and when it is told."""
Facts = Sequence[tuple[str, str]]


class DeliveryState(msgspec.Struct, frozen=True):
    """Where an alert went. `state` is waiting, delivered or failed; `reason` what the other side said, None for who
    may not set up channels."""

    channel: str
    state: str
    reason: str | None


class AlertInfo(msgspec.Struct, frozen=True):
    """`key` is our number of it. `facts` are the evidence, label and value; `link` is the page that shows more."""

    key: int
    kind: str
    at: datetime
    connection: str | None
    title: str
    text: str
    facts: list[tuple[str, str]]
    link: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    deliveries: list[DeliveryState]


def tell(
    kind: str,
    occurrence: str,
    title: str,
    text: str = "",
    facts: Facts = (),
    *,
    link: str = "",
    connection: Connection | None = None,
    budget: Budget | None = None,
) -> Alert | None:
    """Writes the alert, with one delivery for each channel that takes its kind. None where this `occurrence` was told
    before, by whichever worker. Call it in the transaction that is the reason for it."""
    written = {
        "kind": kind, "title": plain(title), "text": plain(text), "link": link, "connection": connection,
        "budget": budget, "facts": [[label, plain(value)] for label, value in facts],
    }  # fmt: skip
    alert, new = Alert.objects.get_or_create(key=f"{kind}:{occurrence}", defaults=written)
    if not new:
        return None
    now = datetime.now(UTC)
    channels = [each for each in Channel.objects.filter(enabled=True) if not each.kinds or kind in each.kinds]
    Delivery.objects.bulk_create(
        [Delivery(channel=each, alert=alert, next_try_at=due_at(each.digest_hour, now)) for each in channels]
    )
    return alert


def list_alerts(
    operator: Actor,
    *,
    kind: str = "",
    connection: str = "",
    acknowledged: bool | None = None,
    since: datetime | None = None,
    budget: int | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[AlertInfo]:
    """The latest first; `acknowledged` True or False for those alone, `budget` for those of one."""
    require(operator, Permission.SEE_USERS)
    rows = _visible(operator)
    if kind:
        rows = rows.filter(kind=plain(kind))
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if acknowledged is not None:
        rows = rows.filter(acknowledged_at__isnull=not acknowledged)
    if since:
        rows = rows.filter(at__gte=since)
    if budget is not None:
        rows = rows.filter(budget=budget)
    return page_of(rows, ("-at", "-id"), cursor, limit, partial(_described, operator), rows.count())


def get_alert(operator: Actor, *, key: int) -> AlertInfo:
    """Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _visible(operator).filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no alert with the key {key}.")
    return _described(operator, row)


def count_open_alerts(operator: Actor) -> int:
    """How many nobody has acknowledged."""
    require(operator, Permission.SEE_USERS)
    return _visible(operator).filter(acknowledged_at=None).count()


def acknowledge_alert(operator: Actor, *, key: int) -> AlertInfo:
    """Marks it as seen; a second time changes nothing. Raises NotFound."""
    with operation(operator, Permission.MANAGE_ALERTS, "acknowledge_alert", str(key)) as entry:
        row = Alert.objects.select_for_update().filter(pk=key).first()
        if row is None:
            raise NotFound(f"There is no alert with the key {key}.")
        entry.target = row.title
        if row.acknowledged_at is None:
            row.acknowledged_at, row.acknowledged_by = datetime.now(UTC), plain(operator.name)[:200]
            row.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return get_alert(operator, key=key)


def acknowledge_alerts(operator: Actor, *, kind: str = "", connection: str = "") -> int:
    """Marks all that are open as seen, of this kind and this connection where one is named; how many."""
    with operation(operator, Permission.MANAGE_ALERTS, "acknowledge_alerts", kind or "all") as entry:
        rows = Alert.objects.filter(acknowledged_at=None)
        if kind:
            rows = rows.filter(kind=plain(kind))
        if (called := connections_called(connection)) is not None:
            rows = rows.filter(connection__in=called)
        count = rows.update(acknowledged_at=datetime.now(UTC), acknowledged_by=plain(operator.name)[:200])
        entry.detail["alerts"] = count
    return count


def _described(operator: Actor, row: Alert) -> AlertInfo:
    """Of a row with its connection and its deliveries. What mail servers and hosts inside answer names people and
    addresses: it is for whoever sets up channels."""
    said = operator.may(Permission.MANAGE_ALERTS)
    return AlertInfo(
        key=row.pk,
        kind=row.kind,
        at=row.at,
        connection=row.connection.name if row.connection else None,
        title=row.title,
        text=row.text,
        facts=[(str(label), str(value)) for label, value in row.facts],
        link=row.link,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by or None,
        deliveries=[
            DeliveryState(each.channel.name, each.state, each.reason if said else None) for each in row.deliveries.all()
        ],
    )


def _visible(operator: Actor) -> "QuerySet[Alert]":
    """Budgets and unusual spend are for whoever may see spend."""
    ways: Prefetch[Any, Any, Any] = Prefetch("deliveries", Delivery.objects.select_related("channel").order_by("pk"))
    rows = Alert.objects.select_related("connection").prefetch_related(ways)
    return rows if operator.may(Permission.SEE_SPEND) else rows.exclude(kind__in=("budget", "anomaly"))
