"""What stands above a listing, for each way a connection can stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from seatwise.services.connections import ConnectionInfo, StreamInfo
from seatwise.services.syncs import RunInfo, RunStreamInfo
from seatwise.web.freshness import freshness

NOW = datetime.now(UTC)
STREAM = StreamInfo(
    name="users", label="Users", state="complete", records=10, synced_at=NOW, message="", detail="", enabled=True,
    held=0, allowed=True, permission="", needs="", required=True,
)  # fmt: skip
MEMBERS = msgspec.structs.replace(STREAM, name="project_members", label="Project members", required=False)
GOOD = ConnectionInfo(
    id=1, name="Acme", integration="openai", organization_id="org-1", state="connected", attention=None, stale=False,
    last_complete_sync_at=NOW, next_sync_at=NOW + timedelta(hours=1), sync_every=60, paused=False, created_at=NOW,
    streams=[STREAM, MEMBERS], run=None, streams_off=[],
)  # fmt: skip


def like(**fields: Any) -> ConnectionInfo:
    return msgspec.structs.replace(GOOD, **fields)


def test_nothing_is_said_of_what_is_complete_and_fresh() -> None:
    assert not freshness([GOOD, like(name="Labs", state="syncing")]).notes


@pytest.mark.parametrize(
    ("fields", "tone", "says"),
    [
        ({"state": "needs_attention", "attention": "The key was revoked"}, "bad", "The key was revoked."),
        ({"state": "partial", "attention": "Late.", "stale": True}, "warn", "Late."),
        ({"state": "partial", "attention": "Invites: broke off"}, "warn", "2 of 2 streams complete. Invites:"),
        ({"state": "paused"}, "info", "paused, so nothing here is brought up to date."),
        ({"state": "disconnected"}, "info", "disconnected, so nothing here is brought up to date."),
        ({"state": "syncing", "stale": True}, "warn", "late. A sync is under way."),
        ({"state": "syncing", "last_complete_sync_at": None}, "warn", "not every stream has been"),
    ],
)  # fmt: skip
def test_whatever_is_not_is_said_in_words(fields: dict[str, Any], tone: str, says: str) -> None:
    (note,) = freshness([like(**fields)]).notes
    assert (note.tone, note.text[: len(says)]) == (tone, says)


def test_a_first_sync_tells_how_far_it_is_and_lets_the_list_grow() -> None:
    first = msgspec.structs.replace(STREAM, state="syncing", synced_at=None, records=4200)
    seen = freshness([like(state="syncing", last_complete_sync_at=None, streams=[first, MEMBERS])])
    assert seen.arriving
    assert "1 of 2 streams complete, 4,200 users and invites so far" in seen.notes[0].text


def test_a_run_under_way_counts_as_it_goes() -> None:
    waiting = msgspec.structs.replace(STREAM, state="pending", synced_at=None, records=0)
    counted = RunStreamInfo(
        name="users", label="Users", state="syncing", records=900, synced_at=None, message="", detail="", arrived=900,
        changed=0, departed=0, returned=0, unchanged=0, seconds=1.0,
    )  # fmt: skip
    run = RunInfo(
        id=1, connection="Acme", trigger="connect", state="running", created_at=NOW, started_at=NOW, finished_at=None,
        requests=9, error="", detail="", streams=[counted],
    )  # fmt: skip
    seen = freshness([like(state="syncing", last_complete_sync_at=None, streams=[waiting, MEMBERS], run=run)])
    assert "900 users and invites so far" in seen.notes[0].text


def test_only_connections_in_view_count_and_the_worst_comes_first() -> None:
    four = [like(id=n, name=f"C{n}", state="paused") for n in range(4)]
    broken = like(id=9, name="Broken", state="needs_attention", attention="Act.")
    seen = freshness([*four, broken])
    assert seen.notes[0].connection.name == "Broken"
    assert (len(seen.shown), seen.more) == (3, 2)
    assert [note.connection.name for note in freshness([*four, broken], "C2").notes] == ["C2"]
    assert not freshness([]).connected
