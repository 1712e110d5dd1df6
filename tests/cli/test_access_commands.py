"""`groups`, `roles`, `access` and `projects`: the promised names on standard output, what is unknown beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli.objects import ACCESS, GROUP, PROJECT, ROLE, flat
from seatwise.connectors.openai.sandbox import Organization

pytestmark = pytest.mark.usefixtures("kept")

Run = Callable[..., Result]


@pytest.mark.parametrize(("command", "names"), [("groups", GROUP), ("roles", ROLE), ("projects", PROJECT)])
def test_listings_have_exactly_the_names(seatwise: Run, synced: Any, command: str, names: Any) -> None:
    found = json.loads(seatwise(command, "--json").stdout)
    assert found
    assert all(list(each) == flat(names) for each in found)
    lines = list(csv.reader(io.StringIO(seatwise(command, "--csv").stdout, newline="")))
    assert lines[0] == flat(names)
    assert len(lines) == 1 + len(found)
    assert seatwise(command, "--connection", "Nowhere", "--json").exit_code == 2


def test_groups_and_roles_are_those_of_the_vendor(seatwise: Run, synced: Any, acme: Organization) -> None:
    assert {each["id"] for each in json.loads(seatwise("groups", "--json").stdout)} == set(acme.groups.ids())
    found = json.loads(seatwise("roles", "--kind", "organization", "--json").stdout)
    assert {each["id"] for each in found} == set(acme.roles.ids())


def test_access_of_a_user_is_a_line_for_each_reason(seatwise: Run, synced: Any, acme: Organization) -> None:
    _, person = next(iter(acme.truth().members))
    result = seatwise("access", person, "--json")
    found = json.loads(result.stdout)
    assert all(list(each) == flat(ACCESS) for each in found)
    assert {each["project_id"] for each in found if each["project_id"]} == {
        row["id"] for row in acme.projects if row["status"] == "active" and acme.has_access(row["id"], person)
    }
    assert "never read" in result.stderr
    read = seatwise("access", person, "--read", "--csv")
    assert "never read" not in read.stderr
    assert next(csv.reader(io.StringIO(read.stdout, newline=""))) == flat(ACCESS)


def test_access_of_a_project_names_everybody_in_it(seatwise: Run, synced: Any, acme: Organization) -> None:
    project = next(row for row in acme.projects if row["status"] == "active")
    found = json.loads(seatwise("access", "--project", project["id"], "--json").stdout)
    assert {each["user_id"] for each in found} == {
        user["id"] for user in acme.users if acme.has_access(project["id"], user["id"])
    }
    assert seatwise("access", "--project", project["name"].upper()).exit_code == 0


@pytest.mark.parametrize(
    "arguments", [(), ("ada", "--project", "x"), ("--project", "x", "--read"), ("no-one@x.example",)]
)
def test_a_question_that_makes_no_sense_is_wrong_usage(seatwise: Run, synced: Any, arguments: tuple[str, ...]) -> None:
    result = seatwise("access", *arguments)
    assert result.exit_code == 2
    assert not result.stdout


def test_a_file_is_written_down_and_what_is_not_known_is_said(seatwise: Run, synced: Any, acme: Organization) -> None:
    from seatwise.store.models import AuditEntry, Stream

    project = next(row for row in acme.projects if row["status"] == "active")
    holders = sum(acme.has_access(project["id"], user["id"]) for user in acme.users)
    said = "Roles given to one person directly are read person by person, and were for 0 of these"
    unread = f"{project['name']} of Acme: {said} {holders}: the others may hold more.\n"
    listings = dict.fromkeys(("users", "groups", "roles", "projects"), "")
    for command, beside in {**listings, f"access --project {project['id']}": unread}.items():
        assert seatwise(*command.split()).stderr == beside
        assert seatwise(*command.split(), "--csv").exit_code == 0
    named = set(AuditEntry.objects.values_list("operation", flat=True))
    assert {"export_groups", "export_roles", "export_projects", "export_project_access"} <= named
    Stream.objects.update(state="forbidden", permission="api.everything.read")
    for name in ("users", "groups", "roles", "keys", "service-accounts", "audit-events", "projects"):
        result = seatwise(name, "--json")
        assert json.loads(result.stdout)
        assert "api.everything.read" in result.stderr, name
