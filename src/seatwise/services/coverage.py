"""How far figures can be trusted: which days of a connection's usage or costs are read, which may still change, and
what is not allowed. A sum is never shown as the whole where it is not."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.streams import Series, label
from seatwise.store.models import Connection, Stream, Unsettled
from seatwise.store.sums import ONE, Span
from seatwise.sync import lacking, schedule

from .money import today
from .running import running_day
from .standing import is_late

COSTS = "costs"
FIELDS = {"person": "user_id", "api_key": "api_key_id"}
"""By which dimension figures are not whole where the vendor refused to group by a field."""
BLOCKED = {
    "disconnected": "The connection is disconnected: an admin can connect its organization again.",
    "needs_attention": "The connection needs attention: its page says what to do.",
    "paused": "Its syncs are paused: an admin can resume them on its page.",
}
"""What has to happen before a sync goes on, by the state of the connection."""
GRANT = "An owner of the organization can grant it to the key at the vendor."
SWITCH = "An admin can switch it on, on the page of the connection under Streams."


class Coverage(msgspec.Struct, frozen=True):
    """One stream of one connection, over a range of days. `problem` is what keeps the figures from being whole: off,
    forbidden, unread, backfill, beyond, failed, behind, lacking, or empty; `message` says it for people.
    `covered_from` and `covered_to` are the first and the last day that is read, `running` the last one where it had not
    ended when it was read, `restated_from` the first day that the vendor may still change, `unsettled` how many days of
    the range have persons still to be worked out."""

    connection: str
    connection_id: int
    stream: str
    problem: str
    message: str
    permission: str
    covered_from: date | None
    covered_to: date | None
    running: date | None
    restated_from: date | None
    read_at: datetime | None
    unsettled: int

    def covers(self, first: date, last: date) -> bool:
        """Whether all days from `first` to `last` are read, the last one perhaps while it was running."""
        if self.covered_from is None or self.covered_to is None:
            return False
        return self.covered_from <= first and last <= self.covered_to


class Complete(NamedTuple):
    """The days of a connection whose costs are read completely: from `first` to `last`, which had ended by then. Both
    are None where nothing is read."""

    connection: str
    connection_id: int
    first: date | None
    last: date | None


def coverage_of(
    connections: Sequence[int], span: Span, streams: Iterable[str] = (COSTS,), by: Iterable[str] = ()
) -> list[Coverage]:
    """Of these connections, by name; those of a vendor that does not tell are left out. `by` are dimensions that the
    figures are told by, or narrowed to."""
    wanted, fields = set(streams), {"amount"} | {FIELDS.get(dimension, "") for dimension in by}
    rows = Connection.objects.filter(pk__in=connections).prefetch_related("streams")
    history, tail = schedule.history(), schedule.restated()
    found = []
    for row in sorted(rows, key=lambda row: row.name.casefold()):
        stored = {stream.name: stream for stream in row.streams.all()}
        for declared in connectors()[row.integration].streams:
            if declared.name in wanted and isinstance(declared, Series):
                stream = stored.get(declared.name) or Stream(connection=row, name=declared.name)
                series = schedule.followed(declared, tail)
                whole = _coverage(row, series, stream, span, min(history, series.history))
                found.append(whole if whole.problem else _lacking(whole, row, stream, span, fields))
    return found


def in_short(coverage: Iterable[Coverage]) -> list[Coverage]:
    """What is not whole, each said once: streams of one connection with the same to say are named in one sentence."""
    alike: dict[tuple[int, str], list[Coverage]] = {}
    for each in coverage:
        if each.problem:
            said = each.message.replace(_called(each.stream), "{}")
            alike.setdefault((each.connection_id, said), []).append(each)
    found = []
    for some in alike.values():
        names = ", ".join(_called(each.stream) for each in some)
        found.append(msgspec.structs.replace(some[0], message=some[0].message.replace(_called(some[0].stream), names)))
    return found


def complete(coverage: Iterable[Coverage]) -> list[Complete]:
    """Of the connections that are still connected. A reading ends with the day it is made on, so the last day that is
    read had not ended."""
    coverage = list(coverage)
    live = Connection.objects.filter(pk__in=[each.connection_id for each in coverage], disconnected_at=None)
    connected = set(live.values_list("pk", flat=True))
    return [
        Complete(each.connection, each.connection_id, each.covered_from, each.covered_to and each.covered_to - ONE)
        for each in coverage
        if each.connection_id in connected
    ]


def covered(connections: Iterable[int], span: Span) -> set[int]:
    """Those of these connections whose costs of every day of the range are read."""
    read = Stream.objects.filter(connection__in=connections, name=COSTS, covered_from__lte=span.first)
    return set(read.filter(covered_to__gt=min(span.last, today())).values_list("connection_id", flat=True))


def is_covered(connections: Sequence[int], span: Span) -> bool:
    """Whether the costs of every day of the range are read, of every connection."""
    return covered(connections, span) == set(connections)


def unsettled(connections: Iterable[int], span: Span) -> set[int]:
    """Those of these connections with days in the range whose persons are still to be worked out."""
    days = Unsettled.objects.filter(connection__in=connections, day__gte=span.first, day__lte=span.last)
    return set(days.values_list("connection_id", flat=True))


def _coverage(row: Connection, declared: Series, stream: Stream, span: Span, history: timedelta) -> Coverage:
    first, last = stream.covered_from, stream.covered_to and stream.covered_to - ONE
    problem, message = _problem(row, declared, stream, span, history)
    running = running_day(stream.covered_to, stream.synced_at)
    restated = (stream.synced_at.astimezone(UTC).date() - declared.restated) if stream.synced_at else None
    waiting = Unsettled.objects.filter(connection=row, day__gte=span.first, day__lte=span.last)
    return Coverage(
        connection=row.name,
        connection_id=row.pk,
        stream=declared.name,
        problem=problem,
        message=message,
        permission=declared.needs if problem == "forbidden" else "",
        covered_from=first,
        covered_to=last,
        running=running if running and running in span else None,
        restated_from=max(restated, span.first) if restated and restated <= span.last else None,
        read_at=stream.synced_at,
        unsettled=waiting.count() if declared.name == COSTS else 0,
    )


def _lacking(whole: Coverage, row: Connection, stream: Stream, span: Span, fields: set[str]) -> Coverage:
    """With what the vendor did not tell of days that are read, of these fields; the newest of it is said."""
    for first, last, lacks in reversed(lacking.unpacked(stream.lacking)):
        if first <= span.last and span.first <= last and (some := tuple(name for name in lacks if name in fields)):
            within = lacking.Stretch(max(first, span.first), min(last, span.last), some)
            said = lacking.said(row.integration, f"{_called(stream.name)}", within)
            return msgspec.structs.replace(whole, problem="lacking", message=said)
    return whole


def _problem(row: Connection, declared: Series, stream: Stream, span: Span, history: timedelta) -> tuple[str, str]:
    """The first that applies, what an operator must do before what time will mend; and who can do what about it."""
    called = _called(declared.name)
    if not stream.enabled:
        why = f" {stream.message}" if stream.message else ""
        return "off", f"{called}: switched off, so nothing new is read.{why} {SWITCH}"
    if stream.state == "forbidden":
        return "forbidden", f"The key may not read {called}. It needs the permission {declared.needs}. {GRANT}"
    if stream.covered_from is None or stream.covered_to is None:
        failed = f" {stream.message}" if stream.state == "failed" and stream.message else ""
        return "unread", f"{called} were not read yet.{failed} {_next(row)}"
    if span.last < stream.covered_from or span.first < stream.covered_from:
        horizon = today() - history
        if stream.covered_from > horizon:
            said = f"Days before {stream.covered_from} are still to be read of {called}, the newest first."
            return "backfill", f"{said} {_next(row)}"
        return "beyond", f"Days before {stream.covered_from} were never read of {called}: the history begins there."
    if stream.state == "failed":
        why = stream.message or "it broke off."
        return "failed", f"The last sync could not read {called}: {why}{_last_read(stream)} {_next(row)}"
    if min(span.last, today()) >= stream.covered_to or (_late(row, stream) and _open(stream, declared, span)):
        return "behind", f"{called} are read up to {stream.covered_to - ONE}.{_last_read(stream)} {_next(row)}"
    return "", ""


def _called(stream: str) -> str:
    return f"“{label(stream)}”"


def _last_read(stream: Stream) -> str:
    return f" Last read on {stream.synced_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC." if stream.synced_at else ""


def _next(row: Connection) -> str:
    """What has to happen before the next days are read."""
    state = "disconnected" if row.disconnected_at else "needs_attention" if row.attention else "paused"
    return BLOCKED[state] if state != "paused" or row.paused else "The next sync goes on with them."


def _late(row: Connection, stream: Stream) -> bool:
    return stream.synced_at is not None and is_late(stream.synced_at, row.sync_every, datetime.now(UTC))


def _open(stream: Stream, declared: Series, span: Span) -> bool:
    """Whether the range has days that could still change when they were read last."""
    return stream.synced_at is not None and span.last > stream.synced_at.astimezone(UTC).date() - declared.restated
