"""100,000 users on screen: the queries behind the users' page, the page as served, the file of all of them, each also
while a sync writes; and Datasette, which somebody would put in front of the same file instead."""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

import accounting
import product
from report import table
from vendor import Vendor

Times = dict[str, list[float]]
"""Question: milliseconds of each time it was asked."""
HERE = Path(__file__).parent
TIMES, SECONDS = 200, 30.0
"""How often all questions are asked in turn, and how long at most."""
CHANGED = 10_000
"""Users whose role changes before each sync that runs beside."""


class Site:
    """One database filled by a sync of the vendor's organization."""

    def __init__(self, vendor: Vendor, data: Path, database: str | None) -> None:
        self.vendor, self.data = vendor, data
        self.extra = {"SEATWISE_DATABASE_URL": database} if database else {}
        product.connected(vendor, data, self.extra)
        self.seatwise("sync")
        self.seatwise("pause", vendor.size)

    @property
    def environment(self) -> dict[str, str]:
        return {**product.environment(self.vendor, self.data), **self.extra}

    def seatwise(self, *words: str) -> None:
        done = subprocess.run((*product.COMMAND, *words), env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"seatwise {words[0]} ended with {done.returncode}: {done.stderr}")

    def script(self, name: str, *words: str) -> Any:
        """What one of our scripts, run inside Seatwise's process space, says on its standard output."""
        command = (sys.executable, str(HERE / name), *words)
        return json.loads(subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE).stdout)

    @contextmanager
    def syncing(self) -> Iterator[list[int]]:
        """Syncs one after another, each of changed users, until the block ends; yields the list of those done."""
        ended, done = threading.Event(), [0]

        def again() -> None:
            while not ended.is_set():
                self.vendor.change(CHANGED)
                self.vendor.begin(0.05)
                with open(os.devnull, "w") as nowhere:
                    command = (*product.COMMAND, "sync")
                    running = subprocess.Popen(command, env=self.environment, stdout=nowhere, stderr=nowhere)
                    while running.poll() is None:
                        if ended.wait(0.1):
                            running.terminate()
                            running.wait()
                done[0] += 1

        thread = threading.Thread(target=again)
        thread.start()
        time.sleep(3)  # past its start and its first pages
        try:
            yield done
        finally:
            ended.set()
            thread.join()


class Server:
    """`seatwise serve`, and one signed-in reader of its pages."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def __enter__(self) -> "Server":
        cookie = self._site.script("pages_operator.py")["cookie"]
        self._log = open(self._site.data / "serve.txt", "w+")
        self._process = subprocess.Popen(
            (*product.COMMAND, "serve", "--port", "0"), env=self._site.environment, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self.port = _until(lambda: _port(self._site.data / "serve.txt"))
        self.headers = {"Cookie": cookie}
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def resident(self) -> float:
        """MiB of the largest process of the server."""
        return max(accounting.resident(pid) for pid in (self._process.pid, *_children(self._process.pid)))


def measure(directory: Path, options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Markdown, and every median and 95th percentile."""
    parts, found = [], {}
    with ExitStack() as stack:
        vendor = stack.enter_context(Vendor(options.size_of_pages))
        for name, url in _databases(stack, options):
            site = Site(vendor, directory / name.lower(), url)
            text, figures = _site(site, datasette=url is None)
            parts.append(f"**{name}**, {sum(vendor.rows.values())} rows, ms (median / 95th percentile)\n\n{text}")
            print(parts[-1], file=sys.stderr, flush=True)
            found[name] = figures
    return "\n\n".join(parts), found


def _databases(stack: ExitStack, options: argparse.Namespace) -> Iterator[tuple[str, str | None]]:
    yield "SQLite", None
    if options.database:
        yield "Postgres", options.database
        return
    sys.path.insert(0, str(HERE.parent / "tests"))
    import postgres

    try:
        url = stack.enter_context(postgres.server())
    except RuntimeError as error:
        print(f"  Postgres left out: {error}", file=sys.stderr)
        return
    yield "Postgres", url


def _site(site: Site, *, datasette: bool) -> tuple[str, dict[str, Any]]:
    columns: dict[str, Times] = {}
    questions: dict[str, Any] = site.script("pages_queries.py", "questions")
    addresses = {name: [f"/users/?{urlencode(one, doseq=True)}" for one in some] for name, some in questions.items()}
    columns |= _queried(site)
    _say("queries")
    with Server(site) as server:
        columns["page"] = _asked(server.port, addresses, server.headers)
        _say("pages")
        file = _file(server)
        _say("file")
        with site.syncing():
            columns |= {f"{name}, while a sync writes": times for name, times in _queried(site).items()}
            columns["page, while a sync writes"] = _asked(server.port, addresses, server.headers)
        _say("both while a sync writes")
    if datasette:
        columns["Datasette's page"] = _datasette(site, questions)
    lines = [[question, *(_both(times.get(question)) for times in columns.values())] for question in addresses]
    text = (
        table(["question", *columns], lines) + "\n\n" + "\n".join(f"- {name}: {value}" for name, value in file.items())
    )
    figures = {column: {name: _spread(some) for name, some in times.items()} for column, times in columns.items()}
    return text, {"ms": figures, "file": file}


def _queried(site: Site) -> dict[str, Times]:
    """`query` and `service`."""
    times: dict[str, Times] = site.script("pages_queries.py", "ask", str(TIMES), str(SECONDS))
    return times


def _say(done: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {done}", file=sys.stderr, flush=True)


def _asked(port: int, addresses: Mapping[str, list[str]], headers: Mapping[str, str], skipped: int = 5) -> Times:
    """Each address in turn over one kept-alive connection; the first times, which compile templates, do not count."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found: Times = {}
    deadline = time.monotonic() + SECONDS
    for turn in range(TIMES):
        if turn > skipped + 1 and time.monotonic() > deadline:
            break
        for name, some in addresses.items():
            began = time.perf_counter()
            connection.request("GET", some[turn % len(some)], headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            took = (time.perf_counter() - began) * 1000
            if answer.status != 200:
                raise RuntimeError(
                    f"{some[turn % len(some)]} answered {answer.status} {answer.headers.get('Location')}"
                )
            found.setdefault(name, []).append(took)
    connection.close()
    return {name: some[skipped:] for name, some in found.items()}


def _file(server: Server) -> dict[str, str]:
    """The CSV file of everybody, while the server's memory is watched."""
    before, peak = server.resident(), 0.0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    began = time.perf_counter()
    connection.request("GET", "/users/export.csv", headers=server.headers)
    answer = connection.getresponse()
    size = lines = 0
    while piece := answer.read(1 << 18):
        size += len(piece)
        lines += piece.count(b"\n")
        peak = max(peak, server.resident())
    return {
        "CSV of all users": f"{lines - 1} lines, {size / 2**20:.1f} MiB in {time.perf_counter() - began:.1f} s",
        "server's memory": f"{before:.0f} MiB before, {peak:.0f} MiB at most while it streamed",
    }


def _datasette(site: Site, questions: Mapping[str, list[dict[str, Any]]]) -> Times:
    """The same questions as Datasette's own page of the users' table takes them."""
    copy = site.data / "datasette.sqlite3"
    with product.database(site.data) as ours:
        ours.execute("VACUUM INTO ?", [str(copy)])
    port = 8765
    command = (
        sys.executable,
        "-m",
        "datasette",
        "serve",
        str(copy),
        "--port",
        str(port),
        "--setting",
        "sql_time_limit_ms",
        "20000",
    )
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until(lambda: _answers(port))
        addresses = {
            name: [_as_datasette(one) for one in some if "cursor" not in one] for name, some in questions.items()
        }
        return _asked(port, {name: some for name, some in addresses.items() if some}, {}, skipped=1)
    finally:
        server.terminate()
        server.wait()


def _as_datasette(question: Mapping[str, Any]) -> str:
    words: list[tuple[str, str]] = [("_size", "50"), ("departed_at__isnull", "1")]
    sort = question.get("sort", "email")
    words.append(("_sort_desc", sort[1:]) if sort.startswith("-") else ("_sort", sort))
    if "search" in question:
        words.append(("email__contains", question["search"]))
    words += [(name, question[name]) for name in ("role", "kind") if name in question]
    words += [("status", status) for status in question.get("status", ())]
    return f"/datasette/store_user?{urlencode(words)}"


def _both(times: list[float] | None) -> str:
    if not times:
        return "–"
    middle, most = _spread(times)
    return f"{middle:.1f} / {most:.1f}"


def _spread(times: list[float]) -> tuple[float, float]:
    return median(times), quantiles(times, n=20)[-1]


def _until(ready: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := ready():
            return found
        time.sleep(0.05)
    raise RuntimeError("A server did not come up.")


def _port(log: Path) -> int | None:
    said = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())
    return int(said[1]) if said and _answers(int(said[1])) else None


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError):
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    return False


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]
