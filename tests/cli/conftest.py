"""`seatwise` as a program, with a data directory and a database of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

SECONDS = 60


def until(condition: Callable[[], Any], what: str) -> Any:
    """Waits for the condition and gives what it gave; fails after a minute."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {SECONDS} s")
        time.sleep(0.05)
    return found


def processes() -> dict[int, tuple[int, str]]:
    """Process: its parent, and its arguments. Those that ended and nobody has asked for are left out."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True).stdout
    found = (line.split(None, 3) for line in listed.splitlines())
    return {int(pid): (int(parent), args) for pid, parent, state, args in found if "Z" not in state}


class Running:
    """A command that goes on until it is told to end. What it says can be waited for."""

    def __init__(self, arguments: tuple[str, ...], env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "seatwise", *arguments],
            env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.out = self.process.stdout
        os.set_blocking(self.out.fileno(), False)
        self.said = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        def found() -> re.Match[str] | None:
            self.said += self.out.read() or ""
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise AssertionError(f"ended with {self.process.returncode}: {self.process.stderr.read()}")
            return re.search(pattern, self.said)

        match = until(found, f"{pattern} in the output")
        assert isinstance(match, re.Match)
        return match

    def children(self, named: str = "") -> list[int]:
        table = processes()
        return [pid for pid, (parent, args) in table.items() if parent == self.process.pid and named in args]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


@pytest.fixture
def start(program_env: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts a command that goes on; ended with the test."""
    with ExitStack() as ends:

        def start(*arguments: str, **env: str) -> Running:
            running = Running(arguments, program_env | env)
            ends.callback(lambda: running.process.poll() is None and running.end(signal.SIGKILL))
            return running

        yield start


@pytest.fixture
def run(program_env: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command to its end."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        env = program_env | options.pop("env", {})
        command = [sys.executable, "-m", "seatwise", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=env, **options)

    return run
