"""What a connection is said to be: the worst that is so, and green only when nothing is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.services.integrations import worst
from seatwise.services.standing import StreamInfo, standing
from seatwise.services.texts import together
from seatwise.store.models import Connection

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def stream(state: str = "complete", *, enabled: bool = True, message: str = "") -> StreamInfo:
    return StreamInfo("users", "Users", state, 1, NOW, message, "", enabled, 0, True, "", "read", True)


def connection(**fields: object) -> Connection:
    return Connection(**{"name": "Acme", "sync_every": 60, "last_complete_sync_at": NOW - HOUR, **fields})


def state(row: Connection, *streams: StreamInfo, syncing: bool = False) -> str:
    return standing(row, streams or (stream(),), syncing=syncing, now=NOW)[0]


@pytest.mark.parametrize(
    ("fields", "streams", "syncing", "expected"),
    [
        ({}, (stream(), stream()), False, "connected"),
        ({}, (stream(), stream("failed", enabled=False)), False, "connected"),
        ({}, (stream(), stream("failed")), False, "partial"),
        ({}, (stream(), stream("forbidden")), False, "partial"),
        ({}, (stream(), stream("canceled")), False, "partial"),
        ({}, (stream(), stream("pending")), False, "partial"),
        ({"last_complete_sync_at": NOW - 4 * HOUR}, (stream(),), False, "partial"),
        ({"last_complete_sync_at": NOW - 3 * HOUR}, (stream(),), False, "connected"),
        ({"last_complete_sync_at": NOW - 4 * HOUR, "sync_every": 120}, (stream(),), False, "connected"),
        ({"last_complete_sync_at": None}, (stream("pending"),), False, "pending"),
        ({"last_complete_sync_at": None}, (stream("failed"),), False, "partial"),
        ({"last_complete_sync_at": None}, (stream(), stream("failed", enabled=False)), False, "pending"),
        ({"attention": "Enter a new key."}, (stream(),), False, "needs_attention"),
        ({"attention": "Enter a new key.", "paused": True}, (stream(),), False, "needs_attention"),
        ({"paused": True}, (stream("failed"),), False, "paused"),
        ({"attention": "Enter a new key."}, (stream(),), True, "syncing"),
        ({"disconnected_at": NOW, "attention": "x"}, (stream("failed"),), True, "disconnected"),
    ],
)
def test_the_first_that_applies_is_said(fields, streams, syncing, expected):
    assert state(connection(**fields), *streams, syncing=syncing) == expected


def test_what_is_wrong_stands_beside_it():
    streams = (
        stream(),
        stream("failed", message="The list broke off."),
        stream("failed", message="The list broke off."),
    )
    _, attention, _ = standing(connection(), streams, syncing=False, now=NOW)
    assert attention == "Users: The list broke off."


def test_what_many_have_to_say_is_said_once():
    names = ("Users", "Invites", "Projects", "Groups", "Roles", "Costs")
    said = [(name, "OpenAI could not be reached.") for name in names] + [("Members", "failed")]
    assert together(said) == "Users, Invites, Projects and 3 more: OpenAI could not be reached. Members: failed."
    assert together(said[:4]) == "Users, Invites, Projects and Groups: OpenAI could not be reached."
    assert together(said[:1] + said[-1:]) == "Users: OpenAI could not be reached. Members: failed."


def test_a_stale_one_says_so():
    _, attention, stale = standing(
        connection(last_complete_sync_at=NOW - 4 * HOUR), (stream(),), syncing=False, now=NOW
    )
    assert stale
    assert "older than 3 intervals" in (attention or "")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), "not_connected"),
        (("connected", "partial", "needs_attention"), "needs_attention"),
        (("connected", "partial"), "partial"),
        (("connected", "syncing"), "syncing"),
        (("connected", "paused"), "connected"),
        (("paused",), "paused"),
    ],
)
def test_the_tile_shows_the_worst_and_does_not_count_the_paused(states, expected):
    class Row:
        def __init__(self, state: str) -> None:
            self.state = state

    assert worst([Row(each) for each in states]) == expected
