"""`sync`: its exit codes are a promise; one connection's trouble never touches another's."""

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from django.db import OperationalError, connection

from fixtures.program import Running, until
from seatwise.connectors.openai.sandbox import Organization, Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., Result]
Connect = Callable[..., Any]


def test_0_all_streams_complete(seatwise: Run, connect: Connect, acme: Organization, labs: Organization) -> None:
    connect(acme), connect(labs)
    result = seatwise("sync")
    assert result.exit_code == 0
    assert f"Users: complete, {len(acme.users)} records" in result.stdout
    assert "Labs: complete" in result.stdout
    runs = json.loads(seatwise("runs", "--json", "--connection", "labs").stdout)
    assert [(run["state"], run["connection"], run["trigger"]) for run in runs] == [("complete", "Labs", "operator")]


def test_3_partial_when_a_stream_is_forbidden(seatwise: Run, connect: Connect, acme: Organization) -> None:
    connect(acme)
    acme.key.refused_paths = ("/organization/projects*",)
    result = seatwise("sync", "Acme")
    assert result.exit_code == 3
    assert "Projects: forbidden" in result.stdout
    assert json.loads(seatwise("users", "--json").stdout)


def test_4_credentials_refused_comes_before_all_else(
    seatwise: Run, connect: Connect, acme: Organization, labs: Organization
) -> None:
    connect(acme), connect(labs)
    acme.key.revoked = True
    labs.key.refused_paths = ("/organization/projects*",)
    assert seatwise("sync").exit_code == 4
    assert seatwise("sync", "labs").exit_code == 3
    states = {each["name"]: each["state"] for each in json.loads(seatwise("connections", "--json").stdout)}
    assert states == {"Acme": "needs_attention", "Labs": "partial"}


def test_4_departures_held_until_they_are_confirmed(seatwise: Run, synced: Any, acme: Organization) -> None:
    gone = acme.remove_users(100)
    held = seatwise("sync")
    assert held.exit_code == 4
    assert "Users: held" in held.stdout
    assert json.loads(seatwise("users", "--json", "--departed").stdout) == []
    assert seatwise("sync", "--confirm-departures").exit_code == 0
    assert {row["id"] for row in json.loads(seatwise("users", "--json", "--departed").stdout)} == set(gone)


def test_1_when_the_sync_itself_could_not_be_done(
    seatwise: Run, connect: Connect, acme: Organization, labs: Organization
) -> None:
    connect(acme), connect(labs)
    labs.key.refused_paths = ("/organization/projects*",)

    def full(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "store_runstream"') and not broken:
            broken.append(sql)
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    broken: list[str] = []
    with connection.execute_wrapper(full):
        result = seatwise("sync")
    assert broken
    assert result.exit_code == 1
    assert "disk is full" in result.stderr
    assert "Labs: partial" in result.stdout


def test_2_for_a_connection_that_is_not_there(seatwise: Run) -> None:
    result = seatwise("sync", "Nowhere")
    assert result.exit_code == 2
    assert "Nowhere" in result.stderr


def test_nothing_connected_is_nothing_wrong(seatwise: Run) -> None:
    result = seatwise("sync")
    assert result.exit_code == 0
    assert "Nothing is connected" in result.stderr


def test_cancel_says_whether_there_was_one(seatwise: Run, synced: Any) -> None:
    assert "not syncing" in seatwise("cancel", "Acme").stderr


@pytest.fixture
def env(vendor: Sandbox, settings: Any) -> dict[str, str]:
    return {"SEATWISE_OPENAI_BASE_URL": settings.VENDOR_BASE_URLS["openai"]}


def test_a_sync_under_way_is_joined_canceled_or_interrupted(
    start: Callable[..., Running], run: Callable[..., Any], env: dict[str, str], vendor: Sandbox, acme: Organization
) -> None:
    given = ("--name", "Acme", "--organization-id", acme.id, "--admin-key-file", "-")
    assert run("connect", "openai", *given, env=env, input=acme.key.value).returncode == 0
    vendor.latency = 20.0

    def runs() -> list[str]:
        return [each["state"] for each in json.loads(run("runs", "--json", env=env).stdout)]

    for code in (3, 130):
        first = start("sync", **env)
        until(lambda: "running" in runs(), "a run under way")
        second = start("sync", **env)
        second.wait_for(r"sync \d+ is under way")
        if code == 3:
            assert "asked to stop" in run("cancel", "Acme", env=env).stderr
        else:
            first.process.send_signal(signal.SIGINT)
        assert first.process.wait(60) == code
        assert second.process.wait(60) == 3
    vendor.latency = 0.0
    assert run("sync", env=env).returncode == 0
    assert runs() == ["complete", "canceled", "canceled"]


def test_a_sync_called_within_a_running_django_leaves_its_apps_alone(synced: Any) -> None:
    from django.conf import settings

    assert "seatwise.web" in settings.INSTALLED_APPS
