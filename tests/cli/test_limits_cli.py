"""`limits`, `group-members`, `project-groups`, and the people of a project by name: what the API tells, for scripts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli.objects import GROUP_MEMBER, LIMIT, PROJECT_GROUP, flat
from seatwise.connectors.openai.sandbox import Organization

pytestmark = pytest.mark.usefixtures("kept")
Run = Callable[..., Result]


@pytest.fixture
def project(acme: Organization) -> dict[str, Any]:
    return next(row for row in acme.projects if row["status"] == "active")


def test_limits_of_organizations_and_of_a_project(seatwise: Run, synced: Any, project: dict[str, Any]) -> None:
    own = json.loads(seatwise("limits", "--json").stdout)
    assert own
    assert all(list(each) == flat(LIMIT) for each in own)
    assert {each["project"] for each in own} == {None}
    assert "never read: use --read" in seatwise("limits", "--project", project["name"]).stderr
    read = seatwise("limits", "--project", project["id"], "--read", "--json")
    assert "as of " in read.stderr
    rates = [each for each in json.loads(read.stdout) if each["what"] == "rate_limit"]
    assert {each["project"] for each in rates} == {project["id"]}
    model = rates[0]["name"]
    found = json.loads(seatwise("limits", "--project", project["id"], "--search", model, "--json").stdout)
    assert model in {each["name"] for each in found}
    shown = seatwise("limits", "--project", project["id"]).stdout
    assert "requests a minute" in shown
    lines = list(csv.reader(io.StringIO(seatwise("limits", "--csv").stdout, newline="")))
    assert lines[0] == flat(LIMIT)


@pytest.mark.parametrize("arguments", [("--read",), ("--search", "gpt"), ("--project", "no such one")])
def test_a_question_about_no_project_is_wrong_usage(seatwise: Run, synced: Any, arguments: tuple[str, ...]) -> None:
    result = seatwise("limits", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_members_of_a_group_by_its_name(seatwise: Run, synced: Any) -> None:
    groups = json.loads(seatwise("groups", "--json").stdout)
    group = max(groups, key=lambda each: each["members"])
    found = json.loads(seatwise("group-members", group["name"].upper(), "--json").stdout)
    assert len(found) == group["members"]
    assert all(list(each) == flat(GROUP_MEMBER) and each["group_id"] == group["id"] for each in found)
    person = next(each for each in found if each["email"])
    named = json.loads(seatwise("group-members", group["id"], "--search", person["email"], "--json").stdout)
    assert [each["id"] for each in named] == [person["id"]]
    assert seatwise("group-members", "Nobody at all").exit_code == 2


def test_groups_and_people_of_a_project(seatwise: Run, synced: Any, project: dict[str, Any]) -> None:
    found = json.loads(seatwise("project-groups", project["name"], "--json").stdout)
    assert all(list(each) == flat(PROJECT_GROUP) for each in found)
    people = json.loads(seatwise("access", "--project", project["id"], "--json").stdout)
    person = next(each for each in people if each["email"])
    named = seatwise("access", "--project", project["id"], "--search", person["email"], "--json")
    assert {each["user_id"] for each in json.loads(named.stdout)} == {person["user_id"]}
    assert seatwise("access", person["email"], "--search", "x").exit_code == 2


def test_listings_are_narrowed_and_sorted_as_over_the_api(seatwise: Run, synced: Any) -> None:
    def of(*arguments: str) -> list[dict[str, Any]]:
        found = json.loads(seatwise(*arguments, "--json").stdout)
        assert isinstance(found, list)
        return found

    assert {each["kind"] for each in of("users", "--kind", "invite")} == {"invite"}
    assert all(each["last_active_at"] is None for each in of("users", "--used", "unknown"))
    for command in ("users", "projects", "groups", "keys", "service-accounts"):
        up, down = (of(command, "--sort", sort) for sort in ("name", "-name"))
        assert sorted(each["id"] for each in up) == sorted(each["id"] for each in down)
        assert up[0]["id"] != down[0]["id"], command
    assert {each["kind"] for each in of("changes", "--kind", "baseline")} == {"baseline"}
    assert of("changes", "--search", "nobody is called so") == []
    assert of("connections", "--integration", "openai")
    assert {each["outcome"] for each in of("audit", "--outcome", "done")} <= {"done"}
    assert seatwise("users", "--sort", "color").exit_code == 2
