"""Runs a command to its end and gives the kernel's account of it: CPU, memory, and how the CPU went over time.

The caller must stay small: a child's peak memory is never counted below what its parent held when it was born.
"""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
EVERY = 0.01
"""Seconds between two looks at a child's account; the kernel keeps it in ticks of 10 ms."""


@dataclass
class Account:
    """`cpu` in seconds, user and system, of the process and the children it waited for; `peak` in MiB, of the largest
    of them; `wall` from start to exit. `output` is its standard output."""

    status: int
    wall: float
    cpu: float
    peak: float
    output: str
    errors: str
    _looks: list[tuple[float, float]] = field(repr=False)

    def cpu_between(self, began: float, ended: float) -> float:
        """CPU seconds between two moments (epoch seconds), right to about a tick."""
        return self._at(ended) - self._at(began)

    def _at(self, moment: float) -> float:
        earlier = (0.0, 0.0)
        for look in self._looks:
            if look[0] >= moment:
                share = (moment - earlier[0]) / (look[0] - earlier[0]) if earlier[0] else 1.0
                return earlier[1] + share * (look[1] - earlier[1])
            earlier = look
        return self.cpu


def clean(**added: str) -> dict[str, str]:
    """The environment of a contestant: ours without what steers Python (such as to keep no compiled files, which would
    be charged to everybody's start) or any of the products."""
    ours = ("PYTHON", "SEATWISE_", "OPENAI_", "BENCH_", "DLT_")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(ours)}, **added}


def run(command: Sequence[str], environment: Mapping[str, str], *, directory: Path, limit: float = 900) -> Account:
    """Waits at most `limit` seconds; then the command is killed and its status is -9."""
    with open(directory / "output.txt", "w+b") as out, open(directory / "errors.txt", "w+b") as err:
        began = time.time()
        process = subprocess.Popen(
            list(command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        looks: list[tuple[float, float]] = []
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, looks, ended, began + limit))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.time() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watcher.join()
        out.seek(0)
        err.seek(0)
        return Account(
            process.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
            out.read().decode(errors="replace"), err.read().decode(errors="replace"), looks,
        )  # fmt: skip


def _watch(pid: int, looks: list[tuple[float, float]], ended: threading.Event, deadline: float) -> None:
    while not ended.wait(EVERY):
        try:
            looks.append((time.time(), cpu_of(pid) + sum(map(cpu_of, _children(pid)))))
            if time.time() > deadline:
                os.kill(pid, 9)
        except (OSError, ValueError):
            return


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_of(pid: int) -> float:
    """CPU seconds a process has used so far, with children it has waited for. Raises OSError where there is none."""
    line = Path(f"/proc/{pid}/stat").read_text()
    return sum(map(int, line.rpartition(") ")[2].split()[11:15])) / TICK


def resident(pid: int) -> float:
    """MiB a process holds at this moment. Raises OSError where there is none."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
