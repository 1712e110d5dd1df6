"""How far a listing can be trusted: a list must never look complete when it is not. Words above the list say so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from seatwise.services.connections import ConnectionInfo
from seatwise.services.missing import first_sync


class Note(NamedTuple):
    """One connection whose data is not all there, or not from now. `tone` is the notice's; `since` when what is shown
    was last complete."""

    tone: str
    connection: ConnectionInfo
    text: str
    since: datetime | None = None


class Freshness(NamedTuple):
    """`arriving`: a first sync is under way, so the list grows while it is looked at."""

    notes: list[Note]
    arriving: bool
    connected: bool

    @property
    def shown(self) -> list[Note]:
        return self.notes[:3]

    @property
    def more(self) -> int:
        return len(self.notes) - len(self.shown)


_WORST_FIRST = ("bad", "warn", "info")


def freshness(connections: Sequence[ConnectionInfo], chosen: str = "") -> Freshness:
    """What must be said above a list of the connections in view: the one named `chosen`, or all."""
    in_view = [c for c in connections if not chosen or c.name == chosen]
    notes = [note for connection in in_view if (note := _note(connection))]
    notes.sort(key=lambda note: _WORST_FIRST.index(note.tone))
    return Freshness(notes, any(map(first_sync, in_view)), bool(connections))


def _note(connection: ConnectionInfo) -> Note | None:
    since = connection.last_complete_sync_at
    if first_sync(connection):
        said = f"the first sync is under way, {_progress(connection)}."
        return Note("info", connection, f"{said} What is shown is not complete yet.")
    if connection.state == "disconnected":
        return Note("info", connection, "disconnected, so nothing here is brought up to date.", since)
    if connection.state == "paused":
        return Note("info", connection, "paused, so nothing here is brought up to date.", since)
    if connection.state == "syncing" and (connection.attention or connection.stale or since is None):
        said = connection.attention or ("late" if connection.stale else "not every stream has been complete yet")
        return Note("warn", connection, _sentence(said) + " A sync is under way.", since)
    if connection.state == "needs_attention":
        return Note("bad", connection, _sentence(connection.attention or "it needs attention"), since)
    if connection.state == "partial":
        said = "" if connection.stale else f"{_streams(connection)} complete. "
        return Note("warn", connection, said + _sentence(connection.attention or ""), since)
    return None


def _progress(connection: ConnectionInfo) -> str:
    """The run under way counts as it goes; the streams themselves only when they end."""
    run = {stream.name: stream for stream in connection.run.streams} if connection.run else {}
    now = [run.get(stream.name, stream) for stream in connection.streams if stream.enabled]
    done = sum(stream.state == "complete" for stream in now)
    found = sum(stream.records for stream in now if stream.name in ("users", "invites"))
    return f"{done} of {len(now)} streams complete, {found:,} users and invites so far"


def _streams(connection: ConnectionInfo) -> str:
    on = [stream for stream in connection.streams if stream.enabled]
    done = sum(stream.state == "complete" for stream in on)
    return f"{done} of {len(on)} streams"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
