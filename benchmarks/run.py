"""Seatwise measured beside what people would use instead. One command, from a checkout:

    ./dev bench                          everything; about 40 minutes
    ./dev bench sync --rounds 3 --latency 0.05 --only raw,seatwise
    ./dev bench whole limit large --job whole --only raw,seatwise
    ./dev bench pages --size-of-pages M

Parts: `start` (the command's own cost), `sync` (the directory of organization M: users, invites, projects, members),
`whole` (its keys, 90 days of usage and of costs too), `limit` (a rate limit nobody was told of), `large` (organization
XL), `pages` (queries, pages, Datasette), `spend` (a year of usage and costs). `--job` says what `limit` and `large` are
of. How it measures: docs/explanation/performance.md.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import accounting
import pages
import product
import report
import spend_pages
from jobs import JOBS, Job
from rounds import (
    CHAIN,
    CHANGED,
    DLT,
    EVERYBODY,
    FLOOR,
    PRODUCT,
    SDK_ASYNC,
    SDK_SYNC,
    SINGER,
    UNCHANGED,
    WHOLE,
    Arena,
    Result,
)
from vendor import Limit, Vendor

SLOW = (SDK_SYNC, DLT, SINGER)
"""One request after another: with latency they take minutes and tell little, so they run in one round only."""
LIMITS: dict[str, Limit] = {"60 a second, burst 60": (60, 1.0, 60), "500 a minute, burst 8": (500, 60.0, 8)}


class Bench:
    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self.options, self.directory = options, directory
        self.found: dict[str, Any] = {
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "python": platform.python_version(),
            "cpus": os.cpu_count(),
            "rounds": options.rounds,
        }

    def chosen(self, *names: str) -> tuple[str, ...]:
        return tuple(name for name in names if not self.options.only or name.split(",")[0] in self.options.only)

    def start(self) -> None:
        """CPU of the command before it does anything."""
        lines = []
        data = self.directory / "start"
        data.mkdir()
        environment = accounting.clean(SEATWISE_DATA_DIR=str(data))
        for word in ("--help", "--version"):
            runs = [
                accounting.run((*product.COMMAND, word), environment, directory=self.directory)
                for _ in range(self.options.rounds + 1)
            ][1:]  # the first one compiles
            lines.append(
                [f"`seatwise {word}`", f"{median(r.cpu for r in runs):.2f}", f"{median(r.peak for r in runs):.0f}"]
            )
        self.say("Start", report.table(["command", "CPU s", "peak MiB"], lines), lines)

    def sync(self) -> None:
        self._sync(JOBS["directory"], EVERYBODY)

    def whole(self) -> None:
        self._sync(JOBS["finest" if self.options.job == "finest" else "whole"], WHOLE)

    def _sync(self, job: Job, contestants: tuple[str, ...]) -> None:
        with Vendor(self.options.size, job) as vendor:
            arena = Arena(vendor, self.directory / job.name)
            for latency in self.options.latency:
                everybody = self.chosen(*contestants)
                often = everybody if not latency else tuple(name for name in everybody if name not in SLOW)
                results = list(self.shown(arena, self.options.rounds, often, latency))
                if latency:
                    results += self.shown(arena, 1, tuple(name for name in everybody if name in SLOW), latency)
                self.synced(f"{told(vendor)}, {latency * 1000:.0f} ms latency", vendor, results)

    def limit(self) -> None:
        for job in self.jobs():
            with Vendor(self.options.size, job) as vendor:
                arena = Arena(vendor, self.directory / f"limit-{job.name}")
                for name, limit in LIMITS.items():
                    requests, seconds, burst = limit
                    least = max(vendor.chain * 0.05, (vendor.requests - burst) / requests * seconds)
                    rounds = self.shown(arena, self.options.rounds, self.chosen(PRODUCT), 0.05, limit)
                    others = self.shown(arena, 1, self.chosen(SDK_ASYNC), 0.05, limit)
                    results = [*rounds, *others]
                    title = f"{told(vendor)}, 50 ms latency, at most {name} (L = {least:.1f} s)"
                    self.synced(title, vendor, results, least)

    def large(self) -> None:
        for job in self.jobs():
            with Vendor("XL", job) as vendor:
                arena = Arena(vendor, self.directory / f"large-{job.name}")
                names = self.chosen(CHAIN, FLOOR, PRODUCT, UNCHANGED, CHANGED)
                results = list(self.shown(arena, min(3, self.options.rounds), names, 0.0))
                self.synced(f"{told(vendor)}, no latency", vendor, results)

    def jobs(self) -> list[Job]:
        return [JOBS[self.options.job]] if self.options.job else [JOBS["directory"], JOBS["whole"]]

    def pages(self) -> None:
        text, found = pages.measure(self.directory / "pages", self.options)
        self.say("Pages", text, found)

    def spend(self) -> None:
        text, found = spend_pages.measure(self.directory / "spend", self.options)
        self.say("Spend", text, found)

    def shown(
        self, arena: Arena, rounds: int, names: tuple[str, ...], latency: float, limit: Limit | None = None
    ) -> "list[Result]":
        results = []
        for result in arena.rounds(rounds, names, latency, limit):
            print(
                f"  {result.contestant:24} {result.seconds:7.2f} s  {result.cpu:6.2f} CPU s  {result.peak:5.0f} MiB  "
                f"{result.requests} requests, {result.limited} × 429  {result.note}",
                file=sys.stderr, flush=True,
            )  # fmt: skip
            results.append(result)
        return results

    def synced(self, title: str, vendor: Vendor, results: "list[Result]", floor: float | None = None) -> None:
        least = f"{sum(vendor.rows.values())} rows in {vendor.requests} requests at the least."
        text = f"{least}\n\n{report.syncs(results, floor)}"
        self.say(title, text, [result.as_json for result in results])

    def say(self, title: str, text: str, found: Any) -> None:
        self.found[title] = found
        print(f"\n### {title}\n\n{text}\n", flush=True)


PARTS: dict[str, Callable[[Bench], None]] = {
    "start": Bench.start, "sync": Bench.sync, "whole": Bench.whole, "limit": Bench.limit, "large": Bench.large,
    "pages": Bench.pages, "spend": Bench.spend,
}  # fmt: skip


def told(vendor: Vendor) -> str:
    return f"Organization {vendor.size}, {vendor.job.name}"


def main() -> None:
    options = arguments()
    directory = Path(tempfile.mkdtemp(prefix="seatwise-bench-"))
    try:
        bench = Bench(options, directory)
        for part in options.parts or PARTS:
            PARTS[part](bench)
        Path(options.out).write_text(json.dumps(bench.found, indent=1))
        print(f"Every round: {options.out}", file=sys.stderr)
    finally:
        if not options.keep:
            shutil.rmtree(directory, ignore_errors=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", choices=("M", "XL"), default="M", help="organization of `sync`, `whole` and `limit`")
    parser.add_argument(
        "--latency", type=float, nargs="+", default=[0.0, 0.05, 0.15], help="seconds; of `sync` and `whole`"
    )
    parser.add_argument("--only", type=lambda names: set(names.split(",")), help=f"of {', '.join(WHOLE)}")
    parser.add_argument(
        "--job", choices=[*JOBS], help="of `limit` and `large` (both by default); finest: of `whole` too"
    )
    parser.add_argument("--size-of-pages", choices=("M", "XL"), default="XL", help="organization of `pages`")
    parser.add_argument(
        "--database", help="postgresql://… of an empty database, for `pages` (by default one of its own)"
    )
    parser.add_argument("--out", default="benchmarks/results.json", help="where every round goes")
    parser.add_argument("--keep", action="store_true", help="leave the databases for a look")
    return parser.parse_args()


if __name__ == "__main__":
    main()
