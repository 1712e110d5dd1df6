"""Contestants, and the rounds they meet in: A B C, A B C, …, each in a fresh process with a new database."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import accounting
import jobs
import product
from vendor import Limit, Vendor

CONTESTANTS = Path(__file__).with_name("contestants")
FLOOR, CHAIN, PRODUCT = "raw", "chain", "seatwise"
UNCHANGED, CHANGED = "seatwise, unchanged", "seatwise, 100 changed"
SDK_ASYNC, SDK_SYNC, DLT = "sdk_async", "sdk_sync", "dlt_rest"
AIRBYTE, SINGER = "airbyte", "singer"
EVERYBODY = (CHAIN, FLOOR, PRODUCT, UNCHANGED, CHANGED, SDK_ASYNC, SDK_SYNC, DLT)
WHOLE = (*EVERYBODY, AIRBYTE, SINGER)
"""Who takes part where everything is synced."""


@dataclass
class Result:
    """`seconds` from the first request's arrival to the last commit, `cpu_sync` the CPU between the two; `wall` and
    `cpu` are the whole process's. `limited` counts answers with 429, `written` vendor rows and changes."""

    contestant: str
    wall: float
    seconds: float
    cpu: float
    cpu_sync: float
    peak: float
    requests: int
    limited: int
    rows: int
    complete: bool
    written: int | None = None
    note: str = ""

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Arena:
    """One vendor, one directory for everything written."""

    def __init__(self, vendor: Vendor, directory: Path) -> None:
        self.vendor, self.directory = vendor, directory
        self._template: Path | None = None
        self._warm: set[str] = set()

    def rounds(
        self, count: int, contestants: tuple[str, ...], latency: float, limit: Limit | None = None
    ) -> Iterator[Result]:
        """Before a contestant's first round it runs once unseen: Python compiles what was never imported here."""
        for name in contestants:
            if name not in self._warm:
                self._warm.add(name)
                self._one(name, 0.0, None)
        for _ in range(count):
            for name in contestants:
                yield self._one(name, latency, limit)

    def _one(self, name: str, latency: float, limit: Limit | None) -> Result:
        run = self._product if name.startswith(PRODUCT) else self._script
        return run(name, latency, limit)

    def _script(self, name: str, latency: float, limit: Limit | None) -> Result:
        place = self.directory / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        environment = accounting.clean(
            BENCH_BASE_URL=self.vendor.base_url, BENCH_ORGANIZATION=self.vendor.organization,
            BENCH_KEY=self.vendor.key, BENCH_DIRECTORY=str(place),
            PYTHONPATH=str(CONTESTANTS.parent), **jobs.environment(self.vendor.job, self.vendor.since),
        )  # fmt: skip
        self.vendor.begin(latency, limit)
        command = (sys.executable, str(CONTESTANTS / f"{name}.py"))
        account = accounting.run(command, environment, directory=place)
        ended = json.loads(account.output.splitlines()[-1])["ended"] if account.status == 0 else None
        rows = stored(place / "target.sqlite3", self.vendor.job.lists)
        note = "" if account.status == 0 else "fails: " + (account.errors.strip().splitlines() or ["killed"])[-1][:90]
        return self._result(name, account, ended, rows, complete=rows == self.vendor.rows, note=note)

    def _product(self, name: str, latency: float, limit: Limit | None) -> Result:
        """The first sync begins with a new copy; the others go on with what it left."""
        data = self.directory / PRODUCT
        if name == PRODUCT:
            self.vendor.begin()
            self._template = self._template or product.connected(self.vendor, self.directory / "connected")
            product.fresh(self._template, data)
        else:
            product.watch_writes(data)
        if name == CHANGED:
            self.vendor.change(100)
        self.vendor.begin(latency, limit)
        account = accounting.run(
            (*product.COMMAND, "sync"), product.environment(self.vendor, data), directory=self.directory
        )
        run = product.last_run(data)
        wrong = product.differs(self.vendor, data)
        complete = run["state"] == "complete" and not run["broken"] and not wrong
        note = "" if complete else product.described(run, wrong)
        rows = product.stored(self.vendor, data)
        result = self._result(name, account, run["ended"], rows, complete=complete, note=note)
        if run["written"] is not None:
            result.written = sum(run["written"].values())
        return result

    def _result(
        self,
        name: str,
        account: accounting.Account,
        ended: float | None,
        rows: dict[str, int],
        *,
        complete: bool,
        note: str,
    ) -> Result:
        counted = self.vendor.count()
        began = counted["first"]
        seconds = cpu_sync = float("nan")
        if began and ended:
            seconds, cpu_sync = ended - began, account.cpu_between(began, ended)
        statuses = {int(status): times for status, times in counted["statuses"].items()}
        return Result(
            name, account.wall, seconds, account.cpu, cpu_sync, account.peak, sum(statuses.values()),
            statuses.get(429, 0), sum(rows.values()), complete or name == CHAIN, note=note,
        )  # fmt: skip


def stored(file: Path, lists: tuple[str, ...]) -> dict[str, int]:
    """Rows by table in a contestant's database."""
    if not file.exists():
        return {}
    tables = sqlite3.connect(file)
    try:
        return {name: tables.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in lists}
    except sqlite3.Error:
        return {}
    finally:
        tables.close()
