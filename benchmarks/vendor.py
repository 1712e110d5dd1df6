"""A handle on the vendor's process. `begin` before each contestant, `count` after it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from jobs import JOBS, Job

Limit = tuple[float, float, int]
"""Requests, per seconds, after a burst of so many."""


class Vendor:
    """`rows`, `requests` and `chain` say what a complete sync must bring, with how many requests at the least, and how
    many of them follow one another. `sums` and `ids` are what the rows must add up to and whom they must name; `since`
    is the first day of the history (epoch seconds)."""

    def __init__(self, size: str, job: Job = JOBS["directory"]) -> None:
        command = [sys.executable, str(Path(__file__).with_name("vendor_process.py")), size, job.name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        facts = self._heard()
        self.size, self.job = size, job
        self.base_url: str = facts["base_url"]
        self.organization: str = facts["organization"]
        self.key: str = facts["key"]
        self.rows: dict[str, int] = facts["rows"]
        self.requests: int = facts["requests"]
        self.chain: int = facts["chain"]
        self.since: int = facts["since"]
        self.sums: dict[str, Any] = facts["sums"]
        self.ids: dict[str, str] = facts["ids"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def begin(self, latency: float = 0.0, limit: Limit | None = None) -> None:
        self._ask(do="begin", latency=latency, limit=limit)

    def count(self) -> dict[str, Any]:
        """`first`: when the first request came (epoch seconds); `statuses`; `pages` by list; `most_at_once`."""
        return self._ask(do="count")

    def change(self, users: int) -> None:
        self._ask(do="change", users=users)

    def _ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The vendor's process has ended.")
        facts: dict[str, Any] = json.loads(line)
        return facts
