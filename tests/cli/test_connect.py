"""`connect`, `reconnect`, `disconnect`, and what is set on a connection."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from seatwise.connectors.openai import openai
from seatwise.connectors.openai.sandbox import Organization, Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., Result]


@pytest.fixture
def connect_acme(seatwise: Run, vendor: Sandbox, acme: Organization) -> Run:
    def connect_acme(key: str = acme.key.value, name: str = "Acme", organization: str = acme.id) -> Result:
        given = ("--name", name, "--organization-id", organization, "--admin-key-file", "-")
        return seatwise("connect", "openai", *given, stdin=key + "\n")

    return connect_acme


def connections(seatwise: Run) -> Any:
    return json.loads(seatwise("connections", "--json").stdout)


def test_it_says_what_the_key_may_read_and_makes_the_first_sync_due(seatwise: Run, connect_acme: Run) -> None:
    result = connect_acme()
    assert result.exit_code == 0
    assert "Users: allowed" in result.stdout
    assert "sk-admin" not in result.output
    (found,) = connections(seatwise)
    assert (found["name"], found["integration"], found["state"]) == ("Acme", "openai", "pending")
    assert {stream["enabled"] for stream in found["streams"]} == {True}
    seatwise("settings", "Acme", "--streams", "users,projects")
    (off,) = connections(seatwise)
    assert [stream["name"] for stream in off["streams"] if stream["enabled"]] == ["users", "projects"]
    assert set(off["streams_off"]) == {stream["name"] for stream in off["streams"]} - {"users", "projects"}
    assert found["next_sync_at"]


def test_the_key_may_come_from_a_file(seatwise: Run, vendor: Sandbox, acme: Organization, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"  {acme.key.value}\n")
    given = ("--name", "Acme", "--organization-id", acme.id, "--admin-key-file", str(tmp_path / "key"))
    assert seatwise("connect", "openai", *given).exit_code == 0


def test_without_a_terminal_or_a_file_it_says_how_to_give_the_key(seatwise: Run, acme: Organization) -> None:
    result = seatwise("connect", "openai", "--name", "Acme", "--organization-id", acme.id)
    assert result.exit_code == 2
    assert "--admin-key-file" in result.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"key": "sk-proj-" + "x" * 40}, "project"),
        ({"key": "sk-admin-" + "x" * 40}, "key"),
        ({"organization": "acme"}, "org-"),
        ({"organization": "org-" + "x" * 24}, "organization"),
    ],
)
def test_what_is_refused_is_exit_4_and_not_saved(
    seatwise: Run, connect_acme: Run, given: dict[str, str], said: str
) -> None:
    result = connect_acme(**given)
    assert result.exit_code == 4
    assert said in result.stderr
    assert "x" * 40 not in result.output
    assert not connections(seatwise)


def test_a_vendor_out_of_reach_is_exit_1(seatwise: Run, connect_acme: Run, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("seatwise.sdk.transport.TRIES", 2)
    settings.VENDOR_BASE_URLS = {"openai": "http://127.0.0.1:9/v1"}
    assert connect_acme().exit_code == 1
    assert not connections(seatwise)


def test_neither_an_organization_nor_a_name_is_connected_twice(
    seatwise: Run, connect_acme: Run, labs: Organization
) -> None:
    assert connect_acme().exit_code == 0
    assert connect_acme(name="Again").exit_code == 4
    assert connect_acme(key=labs.key.value, organization=labs.id, name="acme").exit_code == 4
    assert len(connections(seatwise)) == 1


@pytest.mark.parametrize("arguments", [["unknown"], ["openai"], ["openai", "--name", "A", "--organization-id"]])
def test_wrong_usage_is_exit_2(seatwise: Run, arguments: list[str]) -> None:
    assert seatwise("connect", *arguments).exit_code == 2


def test_its_help_shows_an_example_from_the_declaration(seatwise: Run) -> None:
    text = seatwise("connect", "openai", "--help").stdout
    assert "seatwise connect openai --name NAME --organization-id" in text
    assert "--admin-key-file FILE" in text
    assert "--admin-key-file" in seatwise("reconnect", "--help").stdout


def test_a_new_key_takes_the_place_of_the_old(seatwise: Run, connect_acme: Run, acme: Organization) -> None:
    assert connect_acme().exit_code == 0
    old, fresh = acme.key, acme.add_key()
    old.revoked = True
    assert seatwise("sync").exit_code == 4
    assert seatwise("reconnect", "acme", "--admin-key-file", "-", stdin=old.value).exit_code == 4
    assert seatwise("reconnect", "Acme", "--admin-key-file", "-", stdin=fresh.value).exit_code == 0
    assert seatwise("sync").exit_code == 0
    assert seatwise("reconnect", "Nowhere", "--admin-key-file", "-", stdin=fresh.value).exit_code == 2


def test_disconnecting_asks_to_be_meant(seatwise: Run, synced: Any) -> None:
    refused = seatwise("disconnect", "Acme")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert seatwise("disconnect", "Acme", "--yes").exit_code == 0
    assert connections(seatwise)[0]["state"] == "disconnected"
    assert json.loads(seatwise("users", "--json").stdout)
    assert seatwise("sync", "Acme").exit_code == 4


def test_erasing_leaves_nothing(seatwise: Run, synced: Any) -> None:
    assert seatwise("disconnect", "Acme", "--erase", "--yes").exit_code == 0
    assert json.loads(seatwise("users", "--json").stdout) == []
    assert json.loads(seatwise("changes", "--json").stdout) == []


def test_pause_resume_and_settings(seatwise: Run, synced: Any) -> None:
    assert seatwise("pause", "Acme").exit_code == 0
    assert connections(seatwise)[0]["state"] == "paused"
    assert seatwise("resume", "Acme").exit_code == 0
    shown = seatwise("settings", "Acme", "--name", "Acme Corp", "--every", "30", "--streams", "users, invites")
    assert shown.stdout.splitlines() == [
        "name     Acme Corp",
        "every    30 minutes",
        "streams  users, invites",
        "off      " + ", ".join(s.name for s in openai.streams if s.name not in ("users", "invites")),
    ]
    assert seatwise("settings", "Acme Corp", "--streams", "invites").exit_code == 4
    assert seatwise("settings", "Acme Corp").stdout == shown.stdout
    assert seatwise("settings", "Acme").exit_code == 2
