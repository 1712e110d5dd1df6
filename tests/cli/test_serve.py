"""`seatwise serve`: one command, two processes, and no way to lose one of them."""

import logging
import os
import re
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.program import Running, processes, until
from seatwise.cli import logs
from seatwise.cli.ready import BEHIND_PAGES

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
    behind = max(niceness(pages), BEHIND_PAGES)  # a test that ran `sync` in this process stepped back for good
    until(lambda: niceness(worker) == behind, "the worker steps back")


def test_no_secret_is_an_argument_of_any_process(served: Running) -> None:
    (worker,) = served.children("_worker")
    assert processes()[worker][1].endswith(f"-P -m seatwise _worker --parent {served.process.pid}")


def test_each_of_its_processes_keeps_a_log_for_its_owner_alone(served: Running, program_env: dict[str, str]) -> None:
    address = served.wait_for(r"at (http://[\d.]+:\d+)")[1]
    logs = Path(program_env["SEATWISE_DATA_DIR"]) / "logs"
    until(lambda: len(list(logs.glob("*.log"))) == 2, "two logs")
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in [logs, *logs.iterdir()]} == {
        "logs": 0o700, "web.log": 0o600, "worker.log": 0o600,
    }  # fmt: skip
    strange = urllib.request.Request(address + "/accounts/login/", headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(strange, timeout=60)
    line = r"\d{4}-\d\d-\d\dT\S+Z ERROR django\.security\.DisallowedHost: .*elsewhere\.example"
    assert re.search(line, (logs / "web.log").read_text())
    assert served.wait_for(line)


def test_a_log_that_is_full_is_turned_over(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(logs, "SIZE", 500)
    root, log = logging.getLogger(), logging.getLogger("seatwise.made_up")
    before = list(root.handlers)
    logs.keep_log("web")
    (file,) = set(root.handlers) - set(before)
    try:
        for number in range(100):
            log.warning("%s %s", number, "x" * 80)
    finally:
        root.removeHandler(file)
        file.close()
    kept = sorted((tmp_path / "logs").iterdir())
    assert [path.name for path in kept] == ["web.log", *(f"web.log.{n + 1}" for n in range(logs.OLDER))]
    assert all(path.stat().st_size <= 500 and stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    assert " 99 x" in kept[0].read_text()


def test_without_a_place_for_logs_all_goes_on(tmp_path: Path, settings: Any, caplog: Any) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "logs").write_text("a file where the folder would be")
    logs.keep_log("web")
    assert "There is no log file" in caplog.text


def test_a_port_in_use_is_said_plainly(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "is in use" in done.stderr
    assert "--port" in done.stderr
