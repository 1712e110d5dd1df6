"""How a connection stands, in one word: a pure reading of its rows, the same on tile and page, in API and CLI.

Green means: every stream that is switched on is complete, and the last complete sync is no older than three intervals.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.streams import AnyStream, label
from seatwise.store.models import Connection, Run, RunStream, Stream

from .texts import together

STALE_AFTER = 3
"""Intervals without a complete sync after which a connection is stale."""
WORST_FIRST = ("needs_attention", "partial", "syncing", "pending", "connected")


class RunStreamInfo(msgspec.Struct, frozen=True):
    """What one stream did in one run; `seconds` is its duration."""

    name: str
    label: str
    state: str
    records: int
    synced_at: datetime | None
    message: str
    detail: str
    arrived: int
    changed: int
    departed: int
    returned: int
    unchanged: int
    seconds: float


class RunInfo(msgspec.Struct, frozen=True):
    """One sync; `connection` is its name, `error` what ended it before its streams did."""

    id: int
    connection: str
    trigger: str
    state: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    requests: int
    error: str
    detail: str
    streams: list[RunStreamInfo]


class StreamInfo(msgspec.Struct, frozen=True):
    """One stream of one connection. `allowed` is what the key may, None where it was not tried (`untried` says why).
    `held` departures wait for an operator. `before` is the state it had before the sync under way, pending where the
    last one did not read it; empty where none is."""

    name: str
    label: str
    state: str
    records: int
    synced_at: datetime | None
    message: str
    detail: str
    enabled: bool
    held: int
    allowed: bool | None
    permission: str
    needs: str
    required: bool
    before: str = ""
    untried: str = ""

    @property
    def probe(self) -> str:
        return {True: "allowed", False: "refused", None: "not_tried"}[self.allowed]

    @property
    def outcome(self) -> str:
        """The state that its last listing left, whether a sync is under way or not."""
        return self.before or self.state


class ConnectionInfo(msgspec.Struct, frozen=True):
    """One account, connected. `sync_every` is in minutes; `run` is the one under way."""

    id: int
    name: str
    integration: str
    organization_id: str
    state: str
    attention: str | None
    stale: bool
    last_complete_sync_at: datetime | None
    next_sync_at: datetime | None
    sync_every: int
    paused: bool
    created_at: datetime
    streams: list[StreamInfo]
    run: RunInfo | None
    streams_off: list[str]


def describe(connection: Connection, run: Run | None, now: datetime | None = None) -> ConnectionInfo:
    """`connection` with its streams prefetched, `run` the open one with its streams, if any; these have in `before` how
    they ended the last time."""
    rows = {row.name: row for row in connection.streams.all()}
    declared = connectors()[connection.integration].streams
    ended = {each.name: getattr(each, "before", None) for each in run.streams.all()} if run else {}
    streams = [_stream(stream, rows.get(stream.name), ended.get(stream.name)) for stream in declared]
    # One that this release brought waits for the next sync, and an upgrade turns no green check amber.
    known = [stream for stream in streams if stream.name in rows]
    state, attention, stale = standing(connection, known, syncing=run is not None, now=now or datetime.now(UTC))
    return ConnectionInfo(
        id=connection.pk,
        name=connection.name,
        integration=connection.integration,
        organization_id=connection.organization_id,
        state=state,
        attention=attention,
        stale=stale,
        last_complete_sync_at=connection.last_complete_sync_at,
        next_sync_at=connection.next_sync_at,
        sync_every=connection.sync_every,
        paused=connection.paused,
        created_at=connection.created_at,
        streams=streams,
        run=describe_run(run, connection.name) if run else None,
        streams_off=[stream.name for stream in streams if not stream.enabled],
    )


def standing(
    connection: Connection, streams: Sequence[StreamInfo], *, syncing: bool, now: datetime
) -> tuple[str, str | None, bool]:
    """State, what needs attention, and whether it is stale. The first that applies, from the worst."""
    last = connection.last_complete_sync_at
    on = [stream for stream in streams if stream.enabled]
    stale = last is not None and is_late(last, connection.sync_every, now)
    if connection.disconnected_at:
        return "disconnected", None, False
    if syncing:
        return "syncing", connection.attention or None, stale
    if connection.attention:
        return "needs_attention", connection.attention, stale
    if connection.paused:
        return "paused", None, stale
    broken = [stream for stream in on if stream.state not in ("complete", "pending")]
    if broken:
        return "partial", together((stream.label, stream.message or stream.state) for stream in broken), stale
    if stale:
        said = f"The last complete sync is older than {STALE_AFTER} intervals. "
        return "partial", f"{said}Sync now; if nothing begins, check that `seatwise serve` is running.", True
    if last is None:  # a first sync still to come, or to be complete: nothing is wrong
        return "pending", None, False
    if any(stream.state == "pending" for stream in on):
        return "partial", waiting(on), False
    return "connected", None, False


def is_late(read: datetime, sync_every: int, now: datetime) -> bool:
    """Read longer ago than a connection may go without a sync."""
    return now - read > timedelta(minutes=STALE_AFTER * sync_every)


def waiting(on: Sequence[StreamInfo]) -> str:
    """Names those that wait for their first sync, or for the first since they were switched on again."""
    names = ", ".join(stream.label for stream in on if stream.state == "pending")
    return f"{names}: switched on, and not synced yet."


def _stream(declared: AnyStream, row: Stream | None, before: str | None) -> StreamInfo:
    row = row or Stream(name=declared.name)  # new in this release: the next sync gives it a row
    return StreamInfo(
        name=declared.name,
        label=declared.label,
        state=row.state,
        records=row.records,
        synced_at=row.synced_at,
        message=row.message,
        detail=row.detail,
        enabled=row.enabled,
        held=row.held,
        allowed=row.allowed,
        permission=row.permission,
        needs=declared.needs,
        required=declared.required,
        before=(before or "pending") if row.state == "syncing" else "",
        untried=row.untried if row.allowed is None else "",
    )


def describe_run(run: Run, connection: str) -> RunInfo:
    """`run` with its streams prefetched."""
    return RunInfo(
        id=run.pk,
        connection=connection,
        trigger=run.trigger,
        state=run.state,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        requests=run.requests,
        error=run.error,
        detail=run.detail,
        streams=[_run_stream(stream) for stream in sorted(run.streams.all(), key=lambda stream: stream.pk)],
    )


def _run_stream(row: RunStream) -> RunStreamInfo:
    return RunStreamInfo(
        name=row.name,
        label=label(row.name),
        state=row.state,
        records=row.records,
        synced_at=row.synced_at,
        message=row.message,
        detail=row.detail,
        arrived=row.arrived,
        changed=row.changed,
        departed=row.departed,
        returned=row.returned,
        unchanged=row.unchanged,
        seconds=row.seconds,
    )
