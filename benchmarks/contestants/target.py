"""What the hand-written contestants share: where to read from, and the SQLite file they write to.

The upsert is the plainest that is right: one statement per page, a commit per page, no hash, no history.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jobs import told

BASE_URL = os.environ.get("BENCH_BASE_URL", "")
ORGANIZATION = os.environ.get("BENCH_ORGANIZATION", "")
KEY = os.environ.get("BENCH_KEY", "")
DIRECTORY = Path(os.environ.get("BENCH_DIRECTORY", "."))
PLACES = 16
JOB, SINCE = told()
"""What to sync, and the first day of usage and costs."""
LARGEST = 100
"""Rows a page may hold at the most."""
COLUMNS = {
    "users": "id email name role added_at last_used_at service_account scim enabled banned banned_at",
    "invites": "id email role status created_at expires_at accepted_at projects",
    "projects": "id name status created_at archived_at",
    "members": "id project_id user_id role added_at",
    "service_accounts": "id project_id account_id name role created_at",
    "api_keys": "id project_id key_id name redacted_value created_at last_used_at expires_at access owner_kind "
    "owner_id owner_name owner_email",
    "admin_keys": "id name redacted_value created_at last_used_at expires_at owner_kind owner_id owner_name",
    "usage_completions": "id day project_id user_id api_key_id model batch service_tier requests input_tokens "
    "cached_tokens output_tokens",
    "costs": "id day project_id line_item api_key_id user_id amount currency quantity quantity_unit",
}


class Target:
    def __init__(self) -> None:
        self._database = sqlite3.connect(DIRECTORY / "target.sqlite3", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._upserts: dict[str, str] = {}
        for table, names in COLUMNS.items():
            columns = names.split()
            self._database.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, {', '.join(columns[1:])})"
            )
            self._upserts[table] = (
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
                f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns[1:])}"
            )

    def write(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(self._upserts[table], rows)
        self._database.execute("COMMIT")


def finished() -> None:
    """Tells the benchmark that the last commit was just now."""
    print(json.dumps({"ended": time.time()}), flush=True)
