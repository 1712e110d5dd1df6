"""How far figures can be trusted: which days of a connection's usage or costs are read, which may still change, and
what is not allowed. A sum is never shown as the whole where it is not."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.streams import Series
from seatwise.store.models import Connection, Stream, Unsettled
from seatwise.store.sums import ONE, Span
from seatwise.sync import schedule

from .money import today
from .standing import STALE_AFTER

COSTS = "costs"


class Coverage(msgspec.Struct, frozen=True):
    """One stream of one connection, over a range of days. `problem` is what keeps the figures from being whole: off,
    forbidden, unread, backfill, beyond, failed, behind, or empty; `message` says it for people. `covered_from` and
    `covered_to` are the first and the last day that is read, `running` the last one where it had not ended when it was
    read, `restated_from` the first day that the vendor may still change, `unsettled` how many days of the range have
    persons still to be worked out."""

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

    @property
    def whole(self) -> bool:
        """Whether every day of the range is read."""
        return not self.problem


def coverage_of(connections: Sequence[int], span: Span, streams: Iterable[str] = (COSTS,)) -> list[Coverage]:
    """Of these connections, by name; those of a vendor that does not tell are left out."""
    wanted = set(streams)
    rows = Connection.objects.filter(pk__in=connections).prefetch_related("streams")
    history = schedule.history()
    found = []
    for row in sorted(rows, key=lambda row: row.name.casefold()):
        stored = {stream.name: stream for stream in row.streams.all()}
        for declared in connectors()[row.integration].streams:
            if declared.name in wanted and isinstance(declared, Series):
                stream = stored.get(declared.name) or Stream(connection=row, name=declared.name)
                found.append(_coverage(row, declared, stream, span, min(history, declared.history)))
    return found


def is_covered(connections: Sequence[int], span: Span) -> bool:
    """Whether the costs of every day of the range are read, of every connection."""
    read = Stream.objects.filter(connection__in=connections, name=COSTS, covered_from__lte=span.first)
    return read.filter(covered_to__gt=min(span.last, today())).count() == len(connections)


def _coverage(row: Connection, declared: Series, stream: Stream, span: Span, history: timedelta) -> Coverage:
    first, last = stream.covered_from, stream.covered_to and stream.covered_to - ONE
    problem, message = _problem(row, declared, stream, span, history)
    running = last if last and stream.synced_at and stream.synced_at.astimezone(UTC).date() <= last else None
    restated = (stream.synced_at.astimezone(UTC).date() - declared.restated) if stream.synced_at else None
    unsettled = Unsettled.objects.filter(connection=row, day__gte=span.first, day__lte=span.last)
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
        unsettled=unsettled.count() if declared.name == COSTS else 0,
    )


def _problem(row: Connection, declared: Series, stream: Stream, span: Span, history: timedelta) -> tuple[str, str]:
    """The first that applies, what an operator must do before what time will mend."""
    label = declared.label
    if not stream.enabled:
        why = f" {stream.message}" if stream.message else ""
        return "off", f"The stream “{label}” is switched off, so nothing new is read.{why}"
    if stream.state == "forbidden":
        return "forbidden", f"The key may not read “{label}”. It needs the permission {declared.needs}."
    if stream.covered_from is None or stream.covered_to is None:
        failed = f" {stream.message}" if stream.state == "failed" and stream.message else ""
        return "unread", f"“{label}” were not read yet.{failed}"
    if span.last < stream.covered_from or span.first < stream.covered_from:
        horizon = today() - history
        if stream.covered_from > horizon:
            return "backfill", f"Days before {stream.covered_from} are still to be read, the newest first."
        return "beyond", f"Days before {stream.covered_from} were never read: the history begins there."
    if stream.state == "failed":
        return "failed", f"The last sync could not read “{label}”: {stream.message or 'it broke off'}"
    if min(span.last, today()) >= stream.covered_to or (_late(row, stream) and _open(stream, declared, span)):
        why = f"{row.name} is disconnected: " if row.disconnected_at else ""
        return "behind", f"{why}“{label}” are read up to {stream.covered_to - ONE}."
    return "", ""


def _late(row: Connection, stream: Stream) -> bool:
    """Read longer ago than a connection may go without a sync."""
    longest = timedelta(minutes=STALE_AFTER * row.sync_every)
    return stream.synced_at is not None and datetime.now(UTC) - stream.synced_at > longest


def _open(stream: Stream, declared: Series, span: Span) -> bool:
    """Whether the range has days that could still change when they were read last."""
    return stream.synced_at is not None and span.last > stream.synced_at.astimezone(UTC).date() - declared.restated
