"""On a terminal: the key is typed unseen, a sync shows how far it is, a listing is a table."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from seatwise.connectors.openai.sandbox import Organization, Sandbox

Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(program_env: dict[str, str], vendor: Sandbox, settings: Any) -> Typed:
    """Runs a command on a terminal of its own and types `keys` at the `prompt`; its exit code and all it showed."""
    env = program_env | {
        "SEATWISE_OPENAI_BASE_URL": settings.VENDOR_BASE_URLS["openai"],
        "TERM": "xterm",
        "COLUMNS": "140",
    }

    def typed(*arguments: str, prompt: str = "", keys: str = "") -> tuple[int, str]:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "seatwise", *arguments]
        process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        shown = b""
        try:
            while piece := _read(ours):
                shown += piece
                if prompt and prompt in shown.decode(errors="ignore"):
                    os.write(ours, keys.encode())
                    prompt = ""
        finally:
            os.close(ours)
        return process.wait(60), shown.decode()

    return typed


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody holds the other end any more
        return b""


def test_the_key_is_typed_unseen_and_a_sync_shows_real_counts(typed: Typed, acme: Organization) -> None:
    given = ("--name", "Acme", "--organization-id", acme.id)
    code, shown = typed("connect", "openai", *given, prompt="Admin Key (not shown)", keys=acme.key.value + "\n")
    assert code == 0, shown
    assert acme.key.value not in shown
    code, shown = typed("sync")
    assert code == 0, shown
    assert re.search(rf"Acme  Users .*{len(acme.users)} complete", shown)
    code, shown = typed("users")
    assert "E-mail" in shown
    assert "─────" in shown
