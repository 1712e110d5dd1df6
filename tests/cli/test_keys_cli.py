"""`seatwise keys` and `seatwise service-accounts`, as scripts and people get them."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli.keys import ISSUES
from seatwise.cli.objects import KEY, SERVICE_ACCOUNT, Names, flat
from seatwise.connectors.openai.sandbox import Organization
from seatwise.services import keys as service

pytestmark = pytest.mark.usefixtures("kept")

Run = Callable[..., Result]
LISTINGS: dict[str, Names] = {"keys": KEY, "service-accounts": SERVICE_ACCOUNT}


def test_the_issues_are_those_of_the_services() -> None:
    assert ISSUES == service.ISSUES


@pytest.mark.parametrize(("command", "names"), LISTINGS.items())
def test_json_and_csv_have_exactly_the_names(seatwise: Run, synced: Any, command: str, names: Names) -> None:
    found = json.loads(seatwise(command, "--json").stdout)
    assert found
    assert all(list(each) == flat(names) for each in found)
    lines = list(csv.reader(io.StringIO(seatwise(command, "--csv").stdout, newline="")))
    assert lines[0] == flat(names)
    assert len(lines) == 1 + len(found)


def test_keys_are_those_of_the_vendor(seatwise: Run, synced: Any, acme: Organization) -> None:
    truth = acme.truth()
    found = json.loads(seatwise("keys", "--json").stdout)
    assert {each["id"] for each in found} == {key for _, key in truth.api_keys} | set(truth.admin_keys)
    assert {each["id"] for each in json.loads(seatwise("keys", "--kind", "admin", "--json").stdout)} == set(
        truth.admin_keys
    )
    accounts = json.loads(seatwise("service-accounts", "--json").stdout)
    assert {each["id"] for each in accounts} == {account for _, account in truth.service_accounts}


def test_orphaned_keys_come_with_their_evidence(seatwise: Run, synced: Any, acme: Organization) -> None:
    (project, key), row = next((at, row) for at, row in acme.truth().api_keys.items() if "user" in row["owner"])
    owner = row["owner"]["user"]
    acme.remove_user(owner["id"])
    assert seatwise("sync").exit_code == 0
    found = {each["id"]: each for each in json.loads(seatwise("keys", "--issue", "orphaned", "--json").stdout)}
    assert [issue["name"] for issue in found[key]["issues"]][:2] == ["orphaned", "owner_left"]
    assert " left on " in found[key]["issues"][1]["evidence"]
    assert " left on " in seatwise("keys", "--issue", "owner_left").stdout
    mine = json.loads(seatwise("keys", "--owner", owner["id"], "--project", project, "--json").stdout)
    assert key in {each["id"] for each in mine}
    assert all(each["owner_id"] == owner["id"] for each in mine)


def test_wrong_usage_is_said(seatwise: Run, synced: Any) -> None:
    assert seatwise("keys", "--issue", "stolen").exit_code == 2
    assert seatwise("keys", "--kind", "master").exit_code == 2
    for command in LISTINGS:
        assert "Nowhere" in seatwise(command, "--connection", "Nowhere").stderr
        assert len(json.loads(seatwise(command, "--json", "--limit", "2").stdout)) == 2
        assert "Example:" in seatwise(command, "--help").stdout
