"""What a list has just named and the vendor then does not find (404): that says nothing of what is in it. Nothing of it
departs, the run says which it was, and the next sync asks again."""

import pytest

from fixtures.vendor import states, stored, truth
from seatwise.connectors.openai import openai
from seatwise.connectors.openai.sandbox import Fault
from seatwise.sdk.streams import Snapshot
from seatwise.store.models import Change, Project
from seatwise.sync.tables import TABLES

pytestmark = pytest.mark.django_db(transaction=True)
OF_PROJECTS = ("project_members", "service_accounts", "api_keys", "project_groups")
OF_GROUPS = ("group_members", "role_assignments")


@pytest.fixture
def project(acme):
    """One that all lists of projects hold something of."""
    now = acme.truth()
    kinds = (now.members, now.service_accounts, now.api_keys, now.project_groups)
    return min(set.intersection(*({project for project, _ in kind} for kind in kinds)))


@pytest.fixture
def group(acme):
    return next(group for group, _ in acme.truth().group_members)


def lost(path):
    return Fault("odd_error", path, times=None, status=404)


def present(connection):
    """All rows that are there, by stream, with what they hold."""
    return {
        stream.name: set(TABLES[stream.record].present(connection.pk).values_list("vendor_id", "hash"))
        for stream in openai.streams
        if isinstance(stream, Snapshot)
    }


def news(connection):
    return Change.objects.filter(connection=connection).exclude(kind="baseline")


def test_what_is_not_found_keeps_its_rows_and_the_next_sync_asks_again(acme, connection, sync, vendor, project, group):
    before = present(connection)
    vendor.faults.add(lost(f"/organization/projects/{project}/*"), lost(f"/organization/groups/{group}/*"))
    run = sync(connection)
    assert run.state == "partial"
    failed = {name for name, state in states(run).items() if state != "complete"}
    assert failed == {*OF_PROJECTS, *OF_GROUPS}
    for stream in run.streams.filter(name__in=failed):
        assert (stream.state, stream.departed) == ("failed", 0)
        assert (project if stream.name in OF_PROJECTS else group) in stream.message
        assert "next sync asks again" in stream.message
        assert "404" in stream.detail
    name = Project.objects.get(vendor_id=project).name
    assert f"{name} ({project})" in run.streams.get(name="project_members").message
    assert present(connection) == before
    vendor.faults.clear()
    assert sync(connection).state == "complete"
    assert present(connection) == before
    assert stored(connection) == truth(acme)
    assert not news(connection).exists()


def test_who_left_another_project_departs_all_the_same(acme, connection, sync, vendor):
    (first, hers), (second, his), *_ = dict(acme.truth().members.keys()).items()
    acme.remove_member(first, hers)
    acme.remove_member(second, his)
    vendor.faults.add(lost(f"/organization/projects/{first}/users"))
    sync(connection)
    left = news(connection).filter(stream="project_members", kind="departed")
    assert set(left.values_list("vendor_id", flat=True)) == {f"{second}/{his}"}
    vendor.faults.clear()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    assert left.count() == 2


def test_a_project_that_was_only_just_created_arrives_whole_with_the_next_sync(acme, connection, sync, vendor):
    made = acme.add_project("Fresh")["id"]
    person = next(iter(acme.truth().users))
    acme.add_member(made, person)
    vendor.faults.add(lost(f"/organization/projects/{made}/*"))
    assert sync(connection).state == "partial"
    vendor.faults.clear()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    told = news(connection).exclude(stream="project_groups").values_list("stream", "kind", "vendor_id")
    assert sorted(told) == [("project_members", "arrived", f"{made}/{person}"), ("projects", "arrived", made)]


def test_a_project_that_was_just_deleted_departs_with_all_that_was_in_it_once_no_list_names_it(
    acme, connection, sync, vendor, project
):
    vendor.faults.add(lost(f"/organization/projects/{project}/*"))
    assert sync(connection).state == "partial"
    assert not news(connection).exists()
    vendor.faults.clear()
    before = present(connection)
    acme.projects.remove(project)
    run = sync(connection)
    assert run.state == "complete"
    of_it = {name: {row for row, _ in before[name] if row.startswith(project)} for name in OF_PROJECTS}
    left = {name: {row for row, _ in before[name]} - {row for row, _ in present(connection)[name]} for name in before}
    assert left["projects"] == {project}
    for name in ("project_members", "project_groups"):
        assert left[name] == of_it[name] != set()
    for name in ("service_accounts", "api_keys"):
        gone = TABLES[openai.stream(name).record].model._default_manager.filter(departed_at__isnull=False)
        assert set(gone.values_list("project_id", flat=True)) == {project}
        assert {row.vendor_id for row in gone} == left[name] != set()
    assert not left["users"]


def test_a_first_sync_that_does_not_find_a_project_makes_no_news_of_it_later(acme, connect, sync, vendor, project):
    connection = connect(acme)
    vendor.faults.add(lost(f"/organization/projects/{project}/*"))
    assert sync(connection).state == "partial"
    assert connection.streams.get(name="project_members").synced_at is None
    vendor.faults.clear()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    assert not news(connection).exists()


def test_a_group_not_found_in_its_project_leaves_the_others_to_be_read(acme, connection, sync, vendor):
    project = next(row["id"] for row in acme.projects if row["status"] == "active")
    lost_one, *others = made = [acme.add_group(name)["id"] for name in ("Here", "There", "Everywhere")]
    for each in made:
        acme.add_group_to_project(project, each, "viewer")
    before = present(connection)["project_groups"]
    vendor.faults.add(lost(f"/projects/{project}/groups/{lost_one}/roles"))
    assert states(sync(connection))["project_groups"] == "failed"
    found = present(connection)["project_groups"]
    assert before < found
    assert {row.split("/")[1] for row, _ in found - before} == {*others}
