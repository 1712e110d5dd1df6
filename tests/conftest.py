"""Fixtures for everybody. A family of fixtures is a module in tests/fixtures; each is loaded from there by itself.

Browser tests use whatever Chromium the machine has; nothing here downloads one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import browser as browsers
from databases import BROWSER, ROOT, environment, new_database, uses

pytest_plugins = [f"fixtures.{path.stem}" for path in sorted((ROOT / "tests/fixtures").glob("[a-z]*.py"))]

# The browser talks to this machine alone.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database of each worker's own. On SQLite a file, as in an install: only a file has WAL and locks that wait."""
    from django.db import connections

    database, worker = connections["default"].settings_dict, os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder = Path(os.environ["SEATWISE_DATA_DIR"])
    on_file = database["ENGINE"].endswith("sqlite3")
    database["TEST"]["NAME"] = str(folder / f"test_{worker}.sqlite3") if on_file else f"test_{worker}"


@pytest.fixture(scope="session", autouse=True)
def emptied_fast() -> None:
    """Django ends a test of transactions with TRUNCATE on every table, and writes permissions that nobody asks for: a
    tenth of a second on Postgres. What a test has written is deleted in milliseconds."""
    from django.core.management.color import no_style
    from django.db import connection
    from django.test import TransactionTestCase

    def teardown(case: TransactionTestCase) -> None:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        if connection.vendor == "postgresql":
            deletes = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]
            replica, origin = (f"SET LOCAL session_replication_role = {role}" for role in ("replica", "origin"))
            connection.ops.execute_sql_flush([replica, *deletes, origin])  # in any order, without a trigger
        else:
            connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def hashed_fast() -> None:
    """A password takes a quarter of a second to hash, and every other test signs somebody in. Here it is Argon2 with
    the least of work; the programs that tests start do all of it."""
    from django.contrib.auth.hashers import Argon2PasswordHasher as Hasher

    Hasher.time_cost, Hasher.memory_cost, Hasher.parallelism = 1, 8, 1


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """What a first command leaves, to be copied: the tables take two seconds to make. SQLite's file, or the name of a
    database."""
    data = tmp_path_factory.mktemp("migrated")
    with new_database() as url:
        subprocess.run([sys.executable, "-m", "seatwise", "connections"], env=environment(data, url), check=True)
        if not url:
            with closing(sqlite3.connect(data / "seatwise.sqlite3")) as database:
                database.execute("VACUUM INTO ?", [str(data / "copy")])
        yield data / "copy", url.rpartition("/")[2]


@pytest.fixture
def program_env(tmp_path: Path, migrated: tuple[Path, str]) -> Iterator[dict[str, str]]:
    """The environment for `python -m seatwise ...` as a program: a data directory and a database of its own."""
    file, template = migrated
    with new_database(template or "template1") as url:
        if not url:
            (tmp_path / "data").mkdir(mode=0o700)
            shutil.copy(file, tmp_path / "data" / "seatwise.sqlite3")
        yield environment(tmp_path / "data", url)


@pytest.fixture
def empty_env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The same of a machine on which there was never a Seatwise."""
    with new_database() as url:
        yield environment(tmp_path / "data", url)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = browsers.find()
    path = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **path, "args": [*QUIET]}  # as root Playwright adds --no-sandbox by itself


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}}


class BrowserLoop:
    """Playwright marks its event loop as the thread's running one for the rest of the session.

    Unmarked between journeys, tests of async code can run theirs, and Django still refuses the database inside them.
    """

    marked: asyncio.AbstractEventLoop | None = None

    @classmethod
    def mark(cls, journey: bool) -> None:
        cls.marked = asyncio._get_running_loop() or cls.marked
        asyncio._set_running_loop(cls.marked if journey else None)
        if journey:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        else:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    BrowserLoop.mark(uses(item, BROWSER))
    return (yield)


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Iterator[Browser]:
    yield browser
    BrowserLoop.mark(journey=True)  # closing it needs the loop again, whichever test was the last
