"""Spend at 100,000 users and 1,000,000 rows of usage, straight into the database: the questions behind Users and Spend,
the pages as served, both again while costs are written; and what each question takes when nothing is kept yet."""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import accounting
from pages import HERE, TIMES, Server, Times, _asked, _both, _databases, _spread
from report import table

USERS, USAGE = 100_000, 1_000_000


class Site:
    """One database, seeded; what a `Server` needs."""

    def __init__(self, data: Path, database: str | None) -> None:
        data.mkdir(parents=True)
        self.data = data
        self.environment = accounting.clean(
            SEATWISE_DATA_DIR=str(data), **({"SEATWISE_DATABASE_URL": database} if database else {})
        )
        self.script_text("spend_seed.py", "seed", str(USERS), str(USAGE))

    def script_text(self, name: str, *words: str) -> str:
        command = (sys.executable, str(HERE / name), *words)
        done = subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def script(self, name: str, *words: str) -> Any:
        return json.loads(self.script_text(name, *words))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A process that goes on writing the last days' costs, as syncs one after another would."""
        command = (sys.executable, str(HERE / "spend_seed.py"), "write", "100000")
        writer = subprocess.Popen(command, env=self.environment)
        threading.Event().wait(3)  # past its start
        try:
            yield
        finally:
            writer.terminate()
            writer.wait()


def measure(directory: Path, options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Markdown, and every median and 95th percentile."""
    parts, found = [], {}
    with ExitStack() as stack:
        for name, url in _databases(stack, options):
            began = time.monotonic()
            site = Site(directory / name.lower(), url)
            print(f"  {name}: seeded in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            text, figures = _site(site)
            parts.append(
                f"**{name}**, {USERS:,} users, {USAGE:,} rows of usage, ms (median / 95th percentile)\n\n{text}"
            )
            found[name] = figures
    return "\n\n".join(parts), found


def _site(site: Site) -> tuple[str, dict[str, Any]]:
    addresses: dict[str, list[str]] = site.script("spend_queries.py", "addresses")
    first = site.script("spend_queries.py", "ask", str(TIMES))
    columns: dict[str, Times] = {"query": first["times"]}
    with Server(site) as server:  # type: ignore[arg-type]  # it asks for no more than this site has
        columns["page"] = _asked(server.port, addresses, server.headers)
        with site.writing():
            columns["query, while costs are written"] = site.script("spend_queries.py", "ask", str(TIMES))["times"]
            columns["page, while costs are written"] = _asked(server.port, addresses, server.headers)
    lines = [
        [name, *(_both(times.get(name)) for times in columns.values()), f"{median(some):.0f} / {max(some):.0f}"]
        for name, some in first["first"].items()
    ]
    text = table(["question", *columns, "first time (median / slowest)"], lines)
    figures = {column: {name: _spread(some) for name, some in times.items()} for column, times in columns.items()}
    return text, {"ms": figures, "first": first["first"]}
