"""What is read because somebody asks: each answer replaces its own rows, and no answer takes nothing away."""

from datetime import UTC, datetime

import pytest

from seatwise.connectors.openai.sandbox import Fault
from seatwise.store.models import Limit, ProjectMember, RoleAssignment
from seatwise.sync import ondemand

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def person(acme):
    return next(user for _, user in acme.truth().members)


@pytest.fixture
def connection(acme, connect, person):
    """The person is in two projects and has left a third; in each a role was once read."""
    connection = connect(acme)
    inside = [row["id"] for row in acme.projects if row["status"] == "active"][:2]
    for project in (*inside, "proj_left"):
        here = {"connection": connection, "hash": 1, "first_seen_at": NOW, "project_id": project, "user_id": person}
        RoleAssignment.objects.create(vendor_id=f"{project}/{person}/old", kind="user", role_id="old", **here)
        if project != "proj_left":
            ProjectMember.objects.create(vendor_id=f"{project}/{person}", **here)
    return connection


def with_old_role(connection):
    return set(RoleAssignment.objects.filter(connection=connection, role_id="old").values_list("project_id", flat=True))


def test_a_project_whose_answer_comes_too_late_keeps_its_roles(connection, person, vendor, monkeypatch):
    monkeypatch.setattr(ondemand, "SECONDS", 1)
    _, second = ondemand.projects_of(connection, person)
    vendor.faults.add(Fault("hang", f"/projects/{second}/users/{person}/roles", times=None))
    part = ondemand.look_up(connection, "user", person).parts["projects"]
    assert with_old_role(connection) == {second}
    assert (part["message"], part["read_at"]) == (ondemand.LATE, None)


def test_projects_beyond_the_most_keep_their_roles_and_the_others_are_read_now(connection, person, monkeypatch):
    monkeypatch.setattr(ondemand, "MOST_PROJECTS", 1)
    _, second = ondemand.projects_of(connection, person)
    row = ondemand.look_up(connection, "user", person)
    assert with_old_role(connection) == {second}
    assert row.parts["projects"]["read_at"] == row.read_at.isoformat()
    assert "1 of 2 projects" in row.parts["projects"]["message"]


def test_a_project_that_is_not_found_keeps_the_limits_that_were_read(acme, connection, vendor):
    project = next(row["id"] for row in acme.projects if row["status"] == "active")
    acme.set_spend_limit(25_000, project_id=project)
    before = ondemand.look_up(connection, "project", project).parts
    there = Limit.objects.filter(connection=connection, project_id=project)
    limits = set(there.values_list("vendor_id", flat=True))
    assert "spend_limit" in {limit.what for limit in there}
    vendor.faults.add(Fault("odd_error", f"/organization/projects/{project}/*", times=None, status=404))
    parts = ondemand.look_up(connection, "project", project).parts
    assert set(there.values_list("vendor_id", flat=True)) == limits
    assert "does not find" in parts["spend_limit"]["message"]
    assert parts["spend_limit"]["read_at"] == before["spend_limit"]["read_at"]
