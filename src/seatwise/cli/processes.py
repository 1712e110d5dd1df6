"""Child processes of `serve` and `demo`: restarted when they die, ended when we end, and gone when we are killed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

import click

STEADY = 60.0
"""Seconds a child must live for its next death to count as the first."""
LONGEST_WAIT = 60.0
BARE = re.compile(r"PATH|HOME|TMPDIR|TZ|LANG|LC_[A-Z]+|VIRTUAL_ENV|(DY)?LD_LIBRARY_PATH|PYTHON[A-Z]+")
"""The variables that any program of Python may need. None of them holds a secret."""


class Child:
    """`python -m seatwise <arguments> --parent <our process>`, in a session of its own: a Ctrl-C on the terminal
    reaches us alone, and we end it in our order. Only the process that made it steers it: a fork of ours leaves it be.
    It has our environment, with the keys and passwords in that, unless it is given one of its own.
    """

    def __init__(
        self, name: str, *arguments: str, stdout: int | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.owner, self.env = name, os.getpid(), env
        own = ("-P", "-m", "seatwise")  # -P: no module of the current directory stands in for ours
        self.command = [sys.executable, *own, *arguments, "--parent", str(self.owner)]
        self.deaths, self.not_before = 0, 0.0
        self._start(stdout)

    def _start(self, stdout: int | None = None) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=stdout, text=True, start_new_session=True, env=self.env
        )

    def tend(self) -> None:
        """Starts the child anew if it died: at once the first time, then ever later. Called about once a second."""
        if self.process.poll() is None or os.getpid() != self.owner:
            return
        now = time.monotonic()
        if not self.not_before:
            self.deaths = 1 if now - self.began > STEADY else self.deaths + 1
            wait = min(2.0 ** min(self.deaths - 1, 10) - 1, LONGEST_WAIT)
            self.not_before = now + wait
            click.echo(f"The {self.name} ended unexpectedly; it starts again in {wait:.0f} s.", err=True)
        if now >= self.not_before:
            self.not_before = 0.0
            self._start()

    def ask_to_end(self) -> None:
        if os.getpid() == self.owner:
            self.process.terminate()

    def end(self, seconds: float = 25.0) -> None:
        """Asks, waits this long, and kills."""
        if os.getpid() != self.owner:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def bare() -> dict[str, str]:
    """The environment of a child that is trusted with nothing."""
    return {name: value for name, value in os.environ.items() if BARE.fullmatch(name)}


def on_end(parent: int | None, ended: Callable[[], None]) -> None:
    """Calls `ended` once, from a thread, when this process is told to end or its parent has gone, killed or not. A
    child that is still there half a minute later ends the hard way. Only in a main thread."""
    told = []  # a handler may come in the middle of anything, so it takes no lock: it leaves a note
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: told.append(number))

    def watch() -> None:
        while not told and parent in (None, os.getppid()):
            time.sleep(0.2)
        ended()
        if parent is not None:
            time.sleep(30)
            os._exit(1)

    threading.Thread(target=watch, name="watch", daemon=True).start()
