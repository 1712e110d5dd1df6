"""When a connection syncs next: `next_sync_at` on its row and nothing else. One tick reads it."""

import random
from dataclasses import replace
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from seatwise.sdk.streams import Series
from seatwise.store.models import Connection, Run, Setting

JITTER = 0.1
"""Part of the interval by which a sync may come earlier or later, so that many connections do not start together."""
BRAKE = 50
"""Percent of a stream's rows that may depart at once, where no setting says otherwise."""

HISTORY = 365
"""Days of usage and costs that are read, where no setting says otherwise."""

RESTATED = 7
"""Days of usage and costs that are read again with every sync, where no setting says otherwise."""

IDLE = 90
"""Days without use after which a license counts as idle, where no setting says otherwise."""


def due() -> list[Connection]:
    """Connections whose time has come and that no run is on, the longest waiting first."""
    busy = Run.objects.filter(state__in=("queued", "running")).values("connection_id")
    waiting = Connection.objects.filter(disconnected_at=None, next_sync_at__lte=Now()).exclude(pk__in=busy)
    return list(waiting.order_by("next_sync_at"))


def plan(connection_id: int) -> None:
    """Sets the next sync, unless one was asked for meanwhile or the connection is paused or disconnected."""
    rows = Connection.objects.filter(pk=connection_id, paused=False, disconnected_at=None, next_sync_at=None)
    for connection in rows:
        rows.update(next_sync_at=Now() + interval(connection.sync_every), next_trigger="schedule")


def interval(minutes: int) -> timedelta:
    return timedelta(minutes=minutes) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (no secret)


def brake_share() -> float:
    """The part of a stream's rows that may depart at once without an operator."""
    return _setting("departures_brake", BRAKE) / 100


def history() -> timedelta:
    """How far back usage and costs are read."""
    return timedelta(days=_setting("history_days", HISTORY))


def restated() -> timedelta:
    """How many past days of usage and costs are taken for such as may change."""
    return timedelta(days=_setting("restated_days", RESTATED))


def followed(series: Series, tail: timedelta) -> Series:
    """The series with the `tail` of this install. Events are not restated: theirs is as declared."""
    return replace(series, restated=tail) if series.sums else series


def idle_days() -> int:
    """After how many days without use a license counts as idle."""
    return _setting("idle_days", IDLE)


def _setting(name: str, default: int) -> int:
    kept = Setting.objects.filter(Q(name=name)).values_list("value", flat=True).first()
    return int(kept if kept is not None else default)
