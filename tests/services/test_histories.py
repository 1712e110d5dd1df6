"""Changes, projects, syncs and integrations as doors get them."""

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.program import until
from seatwise.services.audit import list_audit_entries
from seatwise.services.changes import list_changes
from seatwise.services.errors import Conflict, NotFound
from seatwise.services.integrations import get_capabilities, get_integration, list_integrations
from seatwise.services.projects import get_project, list_projects
from seatwise.services.rights import SYSTEM
from seatwise.services.syncs import cancel_sync, get_run, list_runs, request_sync, sync_now
from seatwise.store.models import AuditEntry, Change, Connection, Project, ProjectMember, Run, Stream

pytestmark = [pytest.mark.directory, pytest.mark.django_db]
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def changed(connection, vendor_id, **fields):
    given = {"at": DAY, "stream": "users", "kind": "changed", "label": vendor_id} | fields
    return Change.objects.create(connection=connection, vendor_id=vendor_id, **given)


def test_changes_are_filtered_by_each_of_their_sides(connection_of):
    acme, labs = connection_of("Acme"), connection_of("Labs")
    changed(acme, "u1", label="Ada@x")
    changed(acme, "u2", kind="departed", at=DAY + timedelta(days=1))
    changed(labs, "u3", stream="invites")

    def ids(**filters):
        return [change.id for change in list_changes(SYSTEM, **filters).items]

    assert ids() == ["u2", "u3", "u1"]
    assert ids(connection="labs") == ids(stream="invites") == ["u3"]
    assert ids(kind="departed") == ids(since=DAY + timedelta(hours=1)) == ids(search="u2") == ["u2"]
    assert ids(search="ada@") == ["u1"]
    assert ids(connection="nowhere") == ids(search="\0") == ids(stream="\0") == []


def test_a_change_leads_to_its_user_of_its_own_connection(connection_of, user_of):
    acme, labs = connection_of("Acme"), connection_of("Labs")
    user_of(labs, vendor_id="u1", email="other@x")
    user = user_of(acme, vendor_id="u1", email="a@x")
    changed(acme, "u1")
    changed(acme, "u9")
    assert [change.user_key for change in list_changes(SYSTEM).items] == [None, user.pk]


@pytest.fixture
def projects(connection_of, user_of):
    acme = connection_of("Acme")
    for vendor_id, name, status in (("p1", "beta", "active"), ("p2", None, "archived"), ("p3", "Alpha", "active")):
        Project.objects.create(
            connection=acme, vendor_id=vendor_id, name=name, status=status, hash=0, first_seen_at=DAY
        )
    user = user_of(acme, vendor_id="u1", email="a@x")
    for user_id in ("u1", "u2"):
        ProjectMember.objects.create(
            connection=acme, vendor_id=f"p1/{user_id}", project_id="p1", user_id=user_id, hash=0, first_seen_at=DAY
        )
    return user


def test_projects_are_sorted_filtered_and_counted(projects):
    assert [project.name for project in list_projects(SYSTEM).items] == ["Alpha", "beta", None]
    assert [project.members for project in list_projects(SYSTEM).items] == [0, 2, None], "nobody lists an archived one"
    assert list_projects(SYSTEM, status="archived").total == list_projects(SYSTEM, search="ALP").total == 1
    assert list_projects(SYSTEM, status="\0").total == list_projects(SYSTEM, connection="none").total == 0


def test_a_project_lists_its_members_known_or_not(projects):
    key = list_projects(SYSTEM, search="beta").items[0].key
    assert [(m.id, m.user_key, m.email) for m in get_project(SYSTEM, key=key).members] == [
        ("u1", projects.pk, "a@x"), ("u2", None, None),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        get_project(SYSTEM, key=2**70)


def test_asking_for_a_sync_makes_it_due_and_confirms_what_was_shown(connection_of):
    acme = connection_of("Acme")
    request_sync(SYSTEM, connection=acme.pk)
    acme.refresh_from_db()
    assert acme.next_sync_at <= datetime.now(UTC)
    assert acme.confirmed == {}
    Stream.objects.filter(connection=acme, name="users").update(state="held", held=12)
    request_sync(SYSTEM, connection=acme.pk, confirm_departures=True)
    acme.refresh_from_db()
    assert acme.confirmed == {"users": 12}
    assert AuditEntry.objects.latest("pk").detail == {"confirmed": {"users": 12}}


def test_nothing_syncs_that_is_disconnected_or_not_there(connection_of):
    gone = connection_of("Gone", disconnected_at=DAY)
    for ask in (request_sync, cancel_sync, sync_now):
        with pytest.raises(Conflict):
            ask(SYSTEM, connection=gone.pk)
        with pytest.raises(NotFound):
            ask(SYSTEM, connection=2**70)
    with pytest.raises(NotFound):
        get_run(SYSTEM, id=2**70)


def test_canceling_says_whether_there_was_a_sync(connection_of):
    acme = connection_of("Acme")
    assert cancel_sync(SYSTEM, connection=acme.pk) is False
    Run.objects.create(
        connection=acme, trigger="x", state="running", lease="x", lease_until=datetime.now(UTC) + timedelta(minutes=1)
    )
    assert cancel_sync(SYSTEM, connection=acme.pk) is True
    assert list_runs(SYSTEM, connection=acme.pk).items[0].state == "running"


@pytest.mark.django_db(transaction=True)
def test_what_the_schedule_syncs_is_written_down_as_the_systems_and_in_nobodys_way(vendor, acme, labs, connect, worker):
    hourly, asked = connect(acme), connect(labs)
    Connection.objects.filter(pk=hourly.pk).update(next_sync_at=DAY, next_trigger="schedule")
    request_sync(SYSTEM, connection=asked.pk)
    until(lambda: Run.objects.filter(state="complete").count() == 2, "both synced")
    (line,) = list_audit_entries(SYSTEM, name="scheduled_sync").items
    assert (line.operator, line.target) == ("system", hourly.name)
    assert line.detail == {"run": Run.objects.get(connection=hourly).pk}
    assert [other.operation for other in list_audit_entries(SYSTEM).items] == ["request_sync"]
    assert line in list_audit_entries(SYSTEM, search="system").items


@pytest.mark.django_db(transaction=True)
def test_a_sync_done_here_tells_how_it_goes(vendor, acme, connect):
    seen = []
    run = sync_now(SYSTEM, connection=connect(acme).pk, progress=seen.append)
    assert run.state == "complete"
    assert [stream.name for stream in run.streams] == ["users", "invites", "projects", "project_members"]
    assert seen
    assert {progress.id for progress in seen} == {run.id}
    assert get_run(SYSTEM, id=run.id) == run


def test_tabs_hold_what_they_say(connection_of):
    def tabs():
        return list_integrations(SYSTEM).counts

    assert tabs() == {"all": 1, "connected": 0, "attention": 0, "available": 1}
    connection_of("Acme")
    assert tabs() == {"all": 1, "connected": 1, "attention": 0, "available": 0}
    connection_of("Labs", attention="The key was revoked.")
    assert tabs() == {"all": 1, "connected": 1, "attention": 1, "available": 0}
    assert [tile.state for tile in list_integrations(SYSTEM, tab="attention").tiles] == ["needs_attention"]
    assert list_integrations(SYSTEM, search="OPENAI").tiles
    assert not list_integrations(SYSTEM, search="no such vendor").tiles


def test_capabilities_say_what_one_key_really_has(connection_of):
    acme = connection_of("Acme")
    Stream.objects.filter(connection=acme, name="projects").update(allowed=False, permission="api.management.read")
    Stream.objects.filter(connection=acme, name="users").update(allowed=True)
    table = get_capabilities(SYSTEM, slug="openai", connection=acme.pk)
    assert table.user_fields[:1] == ("Email",)
    assert table.license_types == ("OpenAI",)
    found = {stream.name: (stream.probe, stream.permission) for stream in table.streams}
    assert found["users"] == ("allowed", "")
    assert found["projects"] == ("refused", "api.management.read")
    assert found["invites"] == ("not_tried", "")


def test_an_integration_there_is_not_is_not_found(connection_of):
    for ask in (get_integration, get_capabilities):
        with pytest.raises(NotFound):
            ask(SYSTEM, slug="nobody")
