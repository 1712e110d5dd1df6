"""Chooses the database and empties the environment before Django reads its settings: hence a plugin, not a conftest.

`pytest` runs everything on SQLite. `pytest --db=postgres` starts one private server for all workers and runs whatever
touches a database there. `./dev test` does one after the other.

What touches one and runs on SQLite alone: what is about SQLite itself, its query plans and its full disk; and of
journeys whether what they show is well to look at. On Postgres alone: a list that only its index of texts has.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

import postgres

ROOT = Path(__file__).parent.parent
BROWSER = {"page", "context", "new_context", "browser"}
DATABASE = {"db", "transactional_db", "live_server", "program_env", "empty_env"}
NOWHERE = "http://127.0.0.1:9"  # a test that forgets its sandbox is refused at once, and never reaches a vendor


def pytest_addoption(parser: pytest.Parser) -> None:
    choices = ("sqlite", "postgres")
    parser.addoption("--db", choices=choices, default="sqlite", help="the database the tests run on (sqlite)")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: a third of the time tests wait for a database, a browser or a program
    they have started."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit what their controller set
        resources = ExitStack()
        early_config.add_cleanup(resources.close)
        for name in [name for name in os.environ if name.startswith(("SEATWISE_", "OPENAI_"))]:
            del os.environ[name]
        os.environ["SEATWISE_DATA_DIR"] = resources.enter_context(tempfile.TemporaryDirectory(prefix="seatwise-tests-"))
        os.environ["SEATWISE_OPENAI_BASE_URL"] = NOWHERE
        if early_config.known_args_namespace.db == "postgres":
            os.environ["SEATWISE_DATABASE_URL"] = resources.enter_context(postgres.server())
    else:  # each with keys of its own: one test rotates them
        os.environ["SEATWISE_DATA_DIR"] += "/" + os.environ["PYTEST_XDIST_WORKER"]
    return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--db") == "postgres":
        config.hook.pytest_deselected(items=[item for item in items if not runs_on_postgres(item)])
        items[:] = filter(runs_on_postgres, items)


def runs_on_postgres(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or uses(item, DATABASE)


def on_postgres() -> bool:
    return bool(os.environ.get("SEATWISE_DATABASE_URL"))


def uses(item: pytest.Item, fixtures: set[str]) -> bool:
    return not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


def environment(data: Path, database: str) -> dict[str, str]:
    """For `python -m seatwise ...` as a program."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEATWISE_", "DJANGO_"))}
    own = {"SEATWISE_DATA_DIR": str(data), "PYTHONPATH": str(ROOT / "src")}
    own["SEATWISE_OPENAI_BASE_URL"] = os.environ["SEATWISE_OPENAI_BASE_URL"]
    return {**kept, **own, **({"SEATWISE_DATABASE_URL": database} if database else {})}


@contextmanager
def new_database(template: str = "template1") -> Iterator[str]:
    """A database for programs that a test starts: empty for SQLite, else a new one's SEATWISE_DATABASE_URL."""
    server = os.environ.get("SEATWISE_DATABASE_URL", "")
    if not server:
        yield ""
        return
    name = f"own_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield server.rsplit("/", 1)[0] + "/" + name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
