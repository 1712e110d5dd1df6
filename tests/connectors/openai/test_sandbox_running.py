"""Running the sandbox: beside a test, as a process of its own, under a rate limit, and seen by its own counters."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sandbox_http import get

from seatwise.connectors.openai.sandbox import Organization, RateLimit, Sandbox, demo_organizations
from seatwise.connectors.openai.sandbox.__main__ import main

USERS = "/organization/users"
MODULE = "seatwise.connectors.openai.sandbox"


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=5)


def test_a_sandbox_can_stop_and_start_again_at_the_same_address(acme: Organization) -> None:
    sandbox = Sandbox([acme])
    with sandbox.running() as base_url:
        assert get(base_url, USERS, acme.key.value).status == 200
    with pytest.raises(ConnectionRefusedError):
        get(base_url, USERS, acme.key.value)
    port = int(re.findall(r":(\d+)/", base_url)[0])
    with sandbox.running(port) as again:
        assert again == base_url
        assert get(base_url, USERS, acme.key.value).status == 200
    assert sandbox.statuses == {200: 2}


def test_a_taken_port_is_an_error_and_leaves_nothing_behind(acme: Organization) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):  # noqa: SIM117
        with Sandbox([acme]).running(taken.getsockname()[1]):
            pass


def test_changes_show_in_the_next_answer(acme: Organization) -> None:
    with Sandbox([acme]).running() as base_url:
        acme.add_user(email="new@acme.example")
        assert get(base_url, USERS, acme.key.value).json["data"][-1]["email"] == "new@acme.example"
        acme.minimal_users = True
        assert len(get(base_url, f"{USERS}/{acme.users.ids()[0]}", acme.key.value).json) == 6


def test_the_counters_see_how_many_ask_at_once(acme: Organization) -> None:
    sandbox = Sandbox([acme], latency=0.5)
    with sandbox.running() as base_url, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: get(base_url, USERS, acme.key.value), range(4)))
    assert 2 <= sandbox.most_at_once <= 4
    assert sandbox.statuses == {200: 4}
    sandbox.forget_requests()
    assert (len(sandbox.requests), sandbox.most_at_once, sandbox.statuses) == (0, 0, {})


@pytest.mark.parametrize(
    ("hint", "longest"),
    [("retry-after", {"retry-after": 600}), ("retry-after-ms", {"retry-after-ms": 600_000}), (None, {})],
)
def test_above_the_rate_the_answer_is_429(acme: Organization, hint: Any, longest: dict[str, int]) -> None:
    other = Organization.seeded("Other", users=2)
    sandbox = Sandbox([acme, other], rate_limit=RateLimit(requests=1, seconds=600, burst=3, hint=hint))
    with sandbox.running() as base_url:
        answers = [get(base_url, USERS, acme.key.value) for _ in range(4)]
        assert get(base_url, USERS, other.key.value).status == 200
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    hints = {name: int(text) for name, text in answers[-1].headers.items() if name.startswith("retry-after")}
    assert hints.keys() == longest.keys()
    assert all(longest[name] / 2 < wait <= longest[name] for name, wait in hints.items())


@contextmanager
def process(*arguments: str, lines: int) -> Iterator[str]:
    """The sandbox as a program; yields the lines it says once it listens, and ends it as a terminal would."""
    command = [sys.executable, "-m", MODULE, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield "".join(program.stdout.readline() for _ in range(lines))
        finally:
            program.send_signal(signal.SIGINT)
            assert program.wait(20) == 0


def test_as_a_program_it_prints_where_it_is_and_which_keys_fit() -> None:
    with process("--users", "12", lines=13) as said:
        base_url = re.findall(r"Base URL: (\S+)", said)[0]
        for organization in demo_organizations(12):
            assert (
                f"{organization.name}\n  Organization ID: {organization.id}\n  Admin Key: {organization.key.value}"
                in said
            )
            assert get(base_url, USERS, organization.key.value).status == 200


def test_as_a_program_it_speaks_json_and_keeps_its_limits() -> None:
    limits = ("--rate", "1/60", "--burst", "2", "--hint", "none")
    with process("--json", "--users", "12", "--minimal", *limits, lines=1) as said:
        told = json.loads(said)
        key = told["organizations"][0]["keys"][0]
        answers = [get(told["base_url"], USERS, key) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert set(answers[0].json["data"][0]) == {"object", "id", "name", "email", "role", "added_at"}


@pytest.mark.parametrize("rate", ["fast", "0/1", "60/0"])
def test_a_rate_that_is_none_is_refused_with_an_example(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--rate", rate])
    assert "60/1" in capsys.readouterr().err
