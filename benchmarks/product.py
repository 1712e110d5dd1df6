"""Seatwise as a contestant: `seatwise sync` on a data directory with one connection that was never synced."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import accounting
from vendor import Vendor

COMMAND = (sys.executable, "-m", "seatwise")
ENTITIES = ("store_user", "store_project", "store_projectmember", "store_change")


def environment(vendor: Vendor, data: Path) -> dict[str, str]:
    return accounting.clean(SEATWISE_DATA_DIR=str(data), SEATWISE_OPENAI_BASE_URL=vendor.base_url)


def connected(vendor: Vendor, data: Path, extra: Mapping[str, str] = MappingProxyType({})) -> Path:
    """A new data directory with the vendor's organization connected, through the command line. `extra` adds to the
    environment."""
    data.mkdir(parents=True)
    key = data / "key"
    key.write_text(vendor.key)
    connect = ("connect", "openai", "--name", vendor.size, "--organization-id", vendor.organization)
    done = subprocess.run(
        (*COMMAND, *connect, "--admin-key-file", str(key)),
        env={**environment(vendor, data), **extra}, capture_output=True, text=True,
    )  # fmt: skip
    key.unlink()
    if done.returncode:
        raise RuntimeError(f"seatwise connect ended with {done.returncode}: {done.stderr}")
    return data


def fresh(template: Path, data: Path) -> Path:
    """A copy of a data directory nobody has open."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(template, data)
    return data


def database(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(data / "seatwise.sqlite3")


def watch_writes(data: Path) -> None:
    """From here on the database itself counts every vendor row and change that is written."""
    with database(data) as tables:
        tables.execute("CREATE TABLE IF NOT EXISTS bench_written (name TEXT)")
        tables.execute("DELETE FROM bench_written")
        for name in ENTITIES:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                tables.execute(
                    f"CREATE TRIGGER IF NOT EXISTS bench_{verb}_{name} AFTER {verb} ON {name} "
                    f"BEGIN INSERT INTO bench_written VALUES ('{verb} {name}'); END"
                )
    tables.close()


def last_run(data: Path) -> dict[str, Any]:
    """How the last run ended, when its last commit was, what it wrote, and what is stored."""
    tables = database(data)
    tables.row_factory = sqlite3.Row
    run = dict(tables.execute("SELECT * FROM store_run ORDER BY id DESC LIMIT 1").fetchone())
    streams = [dict(row) for row in tables.execute("SELECT * FROM store_runstream WHERE run_id = ?", [run["id"]])]
    watched = tables.execute("SELECT count(*) FROM sqlite_master WHERE name = 'bench_written'").fetchone()[0]
    written = dict(tables.execute("SELECT name, count(*) FROM bench_written GROUP BY 1")) if watched else None
    rows = {
        "users": _count(tables, "store_user WHERE kind <> 'invite' AND departed_at IS NULL"),
        "invites": _count(tables, "store_user WHERE kind = 'invite' AND departed_at IS NULL"),
        "projects": _count(tables, "store_project WHERE departed_at IS NULL"),
        "members": _count(tables, "store_projectmember WHERE departed_at IS NULL"),
    }
    tables.close()
    ended = datetime.fromisoformat(run["finished_at"]).replace(tzinfo=UTC).timestamp()
    broken = [stream["name"] for stream in streams if stream["state"] != "complete"]
    return {
        "state": run["state"],
        "ended": ended,
        "rows": rows,
        "written": written,
        "broken": broken,
        "error": run["error"],
    }


def _count(tables: sqlite3.Connection, what: str) -> int:
    count: int = tables.execute(f"SELECT count(*) FROM {what}").fetchone()[0]
    return count


def described(run: dict[str, Any]) -> str:
    return json.dumps({name: run[name] for name in ("state", "broken", "error")})
