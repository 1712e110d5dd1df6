"""Seatwise as a contestant: `seatwise sync` on a data directory with one connection that was never synced."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import accounting
import jobs
from vendor import Vendor

COMMAND = (sys.executable, "-m", "seatwise")
ENTITIES = (
    "store_user", "store_project", "store_projectmember", "store_serviceaccount", "store_key", "store_usage",
    "store_usageday", "store_cost", "store_spendday", "store_spendmonth", "store_change",
)  # fmt: skip
"""Tables of vendor rows, of their sums, and of what changed."""
LISTS = {
    "users": "vendor_id FROM store_user WHERE kind <> 'invite' AND departed_at IS NULL",
    "invites": "vendor_id FROM store_user WHERE kind = 'invite' AND departed_at IS NULL",
    "projects": "vendor_id FROM store_project WHERE departed_at IS NULL",
    "members": "vendor_id FROM store_projectmember WHERE departed_at IS NULL",
    "service_accounts": "vendor_id FROM store_serviceaccount WHERE departed_at IS NULL",
    "api_keys": "vendor_id FROM store_key WHERE kind = 'project' AND departed_at IS NULL",
    "admin_keys": "vendor_id FROM store_key WHERE kind = 'admin' AND departed_at IS NULL",
    "usage_completions": "id FROM store_usage WHERE stream = 'usage_completions'",
    "costs": "id FROM store_cost",
}
SUMS = {
    "requests": "SELECT sum(requests) FROM store_usage",
    "tokens": "SELECT sum(input_tokens + output_tokens) FROM store_usage",
    "spent": "SELECT sum(amount) FROM store_cost",
}
"""The last is in 10⁻¹⁰ dollars, each row rounded to that."""


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
    _only(vendor, data, extra)
    return data


def _only(vendor: Vendor, data: Path, extra: Mapping[str, str]) -> None:
    """No other streams than the job's, and its history."""
    chosen = (*COMMAND, "settings", vendor.size, "--streams", vendor.job.streams)
    subprocess.run(chosen, env={**environment(vendor, data), **extra}, check=True, capture_output=True)
    if set(jobs.SPEND) & set(vendor.job.lists):
        with database(data) as tables:  # this one is set on a page only
            tables.execute("INSERT INTO store_setting (name, value) VALUES ('history_days', ?)", [str(jobs.HISTORY)])
        tables.close()


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
    tables.close()
    ended = datetime.fromisoformat(run["finished_at"]).replace(tzinfo=UTC).timestamp()
    broken = [stream["name"] for stream in streams if stream["state"] != "complete"]
    return {
        "state": run["state"],
        "ended": ended,
        "written": written,
        "broken": broken,
        "error": run["error"],
    }


def stored(vendor: Vendor, data: Path) -> dict[str, int]:
    """Rows by list."""
    tables = database(data)
    counts = {name: tables.execute(f"SELECT count(*) {_from(name)}").fetchone()[0] for name in vendor.job.lists}
    tables.close()
    return counts


def _from(name: str) -> str:
    return LISTS[name].partition(" ")[2]


def differs(vendor: Vendor, data: Path) -> list[str]:
    """Where what is stored is not what the vendor has: rows of a list, whom they name, what they sum to."""
    tables = database(data)
    wrong = [name for name, count in stored(vendor, data).items() if count != vendor.rows[name]]
    for name, digest in vendor.ids.items():
        if jobs.digest(row[0] for row in tables.execute(f"SELECT {LISTS[name]}")) != digest:
            wrong.append(f"ids of {name}")
    for name, truth in vendor.sums.items():
        found = Decimal(tables.execute(SUMS[name]).fetchone()[0] or 0)
        if name == "spent":
            found = found.scaleb(-10)
        if abs(found - Decimal(truth)) > (Decimal("0.00001") if name == "spent" else 0):
            wrong.append(f"sum of {name}: {found}, not {truth}")
    tables.close()
    return wrong


def described(run: dict[str, Any], wrong: list[str]) -> str:
    return json.dumps({**{name: run[name] for name in ("state", "broken", "error")}, "wrong": wrong})
