"""`seatwise serve`: one command, two processes, and no way to lose one of them."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable

import pytest

from fixtures.program import Running, processes, until

Start = Callable[..., Running]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def served(start: Start) -> Running:
    running = start("serve", "--port", "0")
    running.wait_for(r"http://[\d.]+:\d+")
    until(lambda: len(running.children()) == 2, "a web process and a worker")
    return running


def niceness(process: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, process)


def answers(address: str) -> int:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return int(answer.status)


def test_it_prints_its_address_and_the_link_to_become_the_owner(served: Running) -> None:
    address = served.wait_for(r"at (http://[\d.]+:\d+)")[1]
    link = served.wait_for(rf"{address}/welcome/\S{{40,}}")[0]
    assert answers(address + "/healthz") == 200
    assert answers(link) == 200


def test_a_worker_that_dies_is_replaced(served: Running) -> None:
    (first,) = served.children("_worker")
    os.kill(first, signal.SIGKILL)
    second = until(lambda: [pid for pid in served.children("_worker") if pid != first], "another worker")
    assert second


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_its_processes_when_it_ends(served: Running, number: int) -> None:
    children = served.children()
    assert served.end(number) == 0
    assert not set(children) & set(processes())


def test_its_processes_end_even_when_it_is_killed(served: Running) -> None:
    children = set(served.children())
    served.end(signal.SIGKILL)
    until(lambda: not children & set(processes()), "the end of the children")


def test_what_syncs_gives_way_to_what_serves_pages(served: Running) -> None:
    (worker,) = served.children("_worker")
    (pages,) = set(served.children()) - {worker}
    until(lambda: niceness(worker) > niceness(pages), "the worker steps back")


def test_no_secret_is_an_argument_of_any_process(served: Running) -> None:
    (worker,) = served.children("_worker")
    assert processes()[worker][1].endswith(f"-P -m seatwise _worker --parent {served.process.pid}")


def test_a_port_in_use_is_said_plainly(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "is in use" in done.stderr
    assert "--port" in done.stderr
