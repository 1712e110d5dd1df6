"""`check`, `reset-password`, `rotate-secrets`."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from django.test import Client

from seatwise.services.links import accept_link, create_setup_link

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., Result]


def owner() -> None:
    accept_link(str(create_setup_link()), email="ada@example.com", name="Ada", password="correct horse battery")


def test_check_says_what_is_wrong_and_what_to_do(seatwise: Run, synced: Any) -> None:
    result = seatwise("check", "--json")
    assert result.exit_code == 1
    wrong = [finding for finding in json.loads(result.stdout) if not finding["ok"]]
    assert ["owns" in finding["what"] and bool(finding["what_to_do"]) for finding in wrong] == [True]
    owner()
    assert seatwise("check").exit_code == 0


def test_check_explains_a_wrong_database_address(run: Callable[..., Any]) -> None:
    done = run("check", env={"SEATWISE_DATABASE_URL": "mysql://user:hunter2@db/x"})
    assert done.returncode == 1
    assert "postgresql://" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_database_out_of_reach_is_one_clear_line(run: Callable[..., Any]) -> None:
    done = run("users", env={"SEATWISE_DATABASE_URL": "postgresql://user:hunter2@127.0.0.1:9/x"})
    assert done.returncode == 1
    assert "seatwise check" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_link_sets_a_new_password(seatwise: Run) -> None:
    owner()
    link = seatwise("reset-password", "ADA@example.com", "--address", "https://seatwise.example/").stdout.strip()
    match = re.fullmatch(r"https://seatwise\.example(/welcome/\S{40,})", link)
    assert match
    assert Client().get(match[1]).status_code == 200
    assert seatwise("reset-password", "nobody@example.com").exit_code == 2


def test_a_rotation_leaves_every_key_readable(seatwise: Run, synced: Any, settings: Any) -> None:
    kept = Path(settings.DATA_DIR) / "secret_keys"
    before = kept.read_text()
    result = seatwise("rotate-secrets")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 connection" in result.stderr
    assert kept.read_text() != before
    assert before.strip() not in result.output
    assert seatwise("sync").exit_code == 0


def test_what_was_done_here_is_in_the_audit_log(seatwise: Run, synced: Any) -> None:
    seatwise("pause", "Acme")
    latest = json.loads(seatwise("audit", "--json", "--operation", "pause").stdout)[0]
    assert (latest["operation"], latest["target"], latest["outcome"]) == ("pause", "Acme", "done")
    assert latest["operator"].startswith("cli:")
