"""Every listing as scripts get it: the promised names, nothing else on standard output."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli import objects
from seatwise.cli.objects import Names, flat
from seatwise.connectors.openai.sandbox import Organization

pytestmark = pytest.mark.usefixtures("kept")

Run = Callable[..., Result]
CONTRACT = Path(__file__).parents[3] / "shared/cli.md"
LISTINGS = {
    ("users",): objects.USER,
    ("connections",): objects.CONNECTION,
    ("runs",): objects.RUN,
    ("changes",): objects.CHANGE,
    ("projects",): objects.PROJECT,
    ("licenses", "--group", "assigned"): objects.USER,
    ("audit",): objects.AUDIT,
    ("capabilities",): objects.CAPABILITIES,
    ("capabilities", "openai", "--connection", "Acme"): objects.CAPABILITIES,
    ("check",): objects.FINDING,
}


def exactly(found: dict[str, Any], names: Names) -> bool:
    inner = [(part, name[1]) for name in names if isinstance(name, tuple) for part in found[name[0]]]
    return list(found) == flat(names) and all(exactly(part, of) for part, of in inner)


@pytest.mark.parametrize(("arguments", "names"), LISTINGS.items())
def test_json_has_exactly_the_names(seatwise: Run, synced: Any, arguments: tuple[str, ...], names: Names) -> None:
    seatwise("users", "--csv")  # which is written down
    found = json.loads(seatwise(*arguments, "--json").stdout)
    assert found
    assert all(exactly(each, names) for each in found)


@pytest.mark.parametrize(
    ("arguments", "names"), [each for each in LISTINGS.items() if each[0][0] != "capabilities"], ids=str
)
def test_csv_has_the_same_names(seatwise: Run, synced: Any, arguments: tuple[str, ...], names: Names) -> None:
    lines = list(csv.reader(io.StringIO(seatwise(*arguments, "--csv").stdout, newline="")))
    assert lines[0] == flat(names)
    assert {len(line) for line in lines} == {len(flat(names))}
    assert len(lines) == 1 + len(json.loads(seatwise(*arguments, "--json").stdout))


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the checkout")
@pytest.mark.parametrize("name", ["user", "connection", "run", "change"])
def test_the_names_are_those_promised(name: str) -> None:
    line = next(line for line in CONTRACT.read_text().splitlines() if line.startswith(f"| {name} |"))
    outer = re.findall(r"`(\w+)`", re.sub(r"\([^()]*\)", "", line))
    ours = getattr(objects, name.upper())
    assert [each for each in flat(ours) if each in outer] == outer  # names may be added
    for each in ours:
        if isinstance(each, tuple) and (promised := re.search(rf"`{each[0]}` \(list of ([^()]*)\)", line)):
            inner = re.findall(r"`(\w+)`", promised[1])
            assert [name for name in flat(each[1]) if name in inner] == inner


def test_users_are_those_of_the_vendor(seatwise: Run, synced: Any, acme: Organization) -> None:
    rows = json.loads(seatwise("users", "--json").stdout)
    assert {row["id"] for row in rows if row["kind"] != "invite"} == set(acme.truth().users)
    found = json.loads(seatwise("users", "--json", "--status", "active", "--status", "banned").stdout)
    assert {row["status"] for row in found} == {"active", "banned"}
    assert {row["role"] for row in json.loads(seatwise("users", "--json", "--role", "owner").stdout)} == {"owner"}
    assert all(row["licenses"] == ["OpenAI"] for row in rows if row["kind"] == "user" and row["status"] == "active")


def test_who_left_is_another_listing(seatwise: Run, synced: Any, acme: Organization) -> None:
    gone = acme.remove_users(2)
    assert seatwise("sync").exit_code == 0
    assert {row["id"] for row in json.loads(seatwise("users", "--json", "--departed").stdout)} == set(gone)
    assert {row["id"] for row in json.loads(seatwise("users", "--json", "--status", "removed").stdout)} == set(gone)
    assert not set(gone) & {row["id"] for row in json.loads(seatwise("users", "--json").stdout)}
    assert seatwise("users", "--status", "missing", "--status", "active").exit_code == 2


def test_changes_since_a_time(seatwise: Run, synced: Any, acme: Organization) -> None:
    user = acme.add_user(email="new@acme.example")
    assert seatwise("sync").exit_code == 0
    arrived = json.loads(seatwise("changes", "--json", "--since", "1h", "--stream", "users").stdout)[0]
    assert (arrived["kind"], arrived["id"], arrived["connection"]) == ("arrived", user["id"], "Acme")
    assert json.loads(seatwise("changes", "--json", "--since", "2999-01-01").stdout) == []


def test_licenses_say_who_holds_them(seatwise: Run, synced: Any) -> None:
    (info,) = json.loads(seatwise("licenses", "--json").stdout)
    assert list(info) == [*flat(objects.LICENSE), "holders"]
    assert (info["license"], len(info["holders"])) == ("OpenAI", info["assigned"])
    assert list(info["holders"][0]) == flat(objects.HOLDER)


def test_a_limit_holds_across_pages(seatwise: Run, synced: Any) -> None:
    assert len(json.loads(seatwise("users", "--json", "--limit", "3").stdout)) == 3
    assert len(seatwise("users", "--limit", "3").stdout.splitlines()) == 4


@pytest.mark.parametrize("command", ["users", "licenses", "projects", "changes", "runs", "capabilities"])
def test_an_unknown_connection_is_no_empty_listing(seatwise: Run, command: str) -> None:
    result = seatwise(command, "--connection", "Nowhere", "--json")
    assert result.exit_code == 2
    assert "Nowhere" in result.stderr
    assert not result.stdout
