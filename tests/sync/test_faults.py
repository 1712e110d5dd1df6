"""Each fault of the vendor, at the level of a whole sync: a clear line, nobody departs, the next clean run repairs."""

import pytest

from fixtures.vendor import states, stored, truth
from seatwise.connectors.openai.sandbox import Fault
from seatwise.connectors.openai.sandbox.faults import Faults
from seatwise.store.models import Change, User
from seatwise.store.secrets import seal

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]
BREAKS = {
    "truncated": Fault("truncated", "/organization/users", nth=2, times=None),
    "cut": Fault("cut", "/organization/users", nth=2, times=None),
    "html": Fault("html", "/organization/users", nth=2),
    "array": Fault("array", "/organization/users"),
    "empty_object": Fault("empty_object", "/organization/users", nth=2),
    "null_data": Fault("null_data", "/organization/users", nth=2),
    "empty_stuck": Fault("empty_stuck", "/organization/users", nth=2, times=None),
    "missing_cursor": Fault("missing_cursor", "/organization/users"),
    "repeated_cursor": Fault("repeated_cursor", "/organization/users", nth=2, times=None),
    "row_without_id": Fault("malformed_row", "/organization/users", nth=2),
    "row_with_a_wrong_type": Fault("malformed_row", "/organization/users", nth=2, field="added_at", value="soon"),
    "row_with_an_impossible_time": Fault("malformed_row", "/organization/users", nth=2, field="added_at", value=10**18),
    "server_error": Fault("server_error", "/organization/users", nth=2, times=None, status=503, html=True),
    "odd_error": Fault("odd_error", "/organization/users", nth=2, status=404),
    "rate_limit": Fault("rate_limit", "/organization/users", nth=2, times=None),
    "hang": Fault("hang", "/organization/users", nth=2, times=None),
}
PASSES = {
    "rate_limit": Fault("rate_limit", "/organization/users", nth=2, times=2),
    "rate_limit_with_retry_after": Fault("rate_limit", "/organization/users", nth=1, retry_after=0.3),
    "rate_limit_with_milliseconds": Fault("rate_limit", "/organization/users", nth=2, times=2, retry_after_ms=40),
    "hang": Fault("hang", "/organization/invites"),
    "server_error": Fault("server_error", "/organization/users", nth=2, status=500),
    "cut": Fault("cut", "/organization/projects/*/users", nth=3),
    "truncated": Fault("truncated", "/organization/invites"),
    "empty_more": Fault("empty_more", "/organization/users", nth=1),
    "slow": Fault("slow", "/organization/users", nth=1, seconds=0.3),
    "duplicate_rows": Fault("duplicate_rows", "/organization/users", nth=1),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Gives up after seconds instead of minutes: the waits themselves are the transport's own tests."""
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 3.0)
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.05)


def three_leave(organization):
    for key in list(organization.truth().users)[:3]:
        organization.remove_user(key)


def assert_nobody_left(connection):
    assert not User.objects.filter(connection=connection, departed_at__isnull=False).exclude(kind="invite").exists()
    assert not Change.objects.filter(connection=connection, stream="users", kind="departed").exists()


def assert_repaired(organization, connection, run, *, left=0):
    """The clean run after trouble: the copy is the truth, and who left was told of once, and of nobody else."""
    assert run.state == "complete", [(s.name, s.state, s.message) for s in run.streams.all()]
    assert stored(connection) == truth(organization)
    told = Change.objects.filter(connection=connection).exclude(kind="baseline").exclude(stream="project_members")
    assert list(told.values_list("stream", "kind")) == [("users", "departed")] * left
    connection.refresh_from_db()
    assert connection.attention == ""


def seal_anew(connection, organization, key):
    seal(connection, {"organization_id": organization.id, "admin_key": key.value})
    connection.save()


@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_listing_sweeps_nobody(acme, connection, sync, vendor, fault, monkeypatch):
    if fault.kind == "hang":
        monkeypatch.setattr("seatwise.connectors.openai.client.ANSWER_WITHIN", 1.0)
        monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 2.0)
    three_leave(acme)
    vendor.faults.add(fault)
    run = sync(connection)
    users = run.streams.get(name="users")
    assert (run.state, users.state, users.departed) == ("partial", "failed", 0)
    assert users.message
    assert acme.key.value not in users.message + users.detail
    assert_nobody_left(connection)
    assert states(run)["projects"] == states(run)["project_members"] == "complete"
    vendor.faults.clear()
    assert_repaired(acme, connection, sync(connection), left=3)


@pytest.mark.parametrize("fault", PASSES.values(), ids=PASSES.keys())
def test_trouble_that_passes_is_waited_out(acme, connect, sync, vendor, fault, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 30.0)
    if fault.kind == "hang":
        monkeypatch.setattr("seatwise.connectors.openai.client.ANSWER_WITHIN", 0.5)
    connection = connect(acme)
    vendor.faults.add(fault)
    run = sync(connection)
    assert run.state == "complete", [(s.name, s.message, s.detail) for s in run.streams.all()]
    assert stored(connection) == truth(acme)


def test_a_vendor_that_asks_for_a_long_wait_is_left_alone_and_the_run_says_how_long(acme, connection, sync, vendor):
    three_leave(acme)
    vendor.faults.add(Fault("rate_limit", "/organization/users", nth=2, retry_after=300))
    run = sync(connection)
    assert (run.state, states(run)["users"]) == ("partial", "failed")
    assert "OpenAI says we ask too often, and asks us to wait 5 minutes" in run.streams.get(name="users").message
    assert len(vendor.requests_to("/organization/users")) == 2 * 2  # of the first sync, and of this one
    assert_nobody_left(connection)
    assert_repaired(acme, connection, sync(connection), left=3)


def test_a_key_revoked_in_the_middle_ends_the_run_and_asks_for_a_new_one(acme, connection, sync, vendor):
    three_leave(acme)
    vendor.faults.add(Fault("revoke_key", "/organization/users", nth=2))
    run = sync(connection)
    connection.refresh_from_db()
    assert run.state == "failed"
    assert "complete" not in states(run)["users"]
    assert connection.attention == run.error != ""
    assert_nobody_left(connection)
    seal_anew(connection, acme, acme.add_key())
    assert_repaired(acme, connection, sync(connection), left=3)


@pytest.mark.parametrize("status", [403, 401])
def test_one_forbidden_stream_names_its_permission_and_leaves_the_others_fresh(acme, connection, sync, vendor, status):
    before = connection.last_complete_sync_at
    three_leave(acme)
    vendor.missing_scope_status = status
    key = acme.add_key(refused_paths=("/organization/projects/*",))
    seal_anew(connection, acme, key)
    run = sync(connection)
    assert states(run) == {
        "users": "complete",
        "invites": "complete",
        "projects": "complete",
        "project_members": "forbidden",
    }
    assert run.state == "partial"
    members = connection.streams.get(name="project_members")
    assert (members.allowed, members.permission) == (False, "api.management.read")
    assert "api.management.read" in members.message
    assert not Change.objects.filter(stream="project_members", kind="departed").exists()
    connection.refresh_from_db()
    assert (connection.attention, connection.last_complete_sync_at) == ("", before)
    key.refused_paths = ()
    assert_repaired(acme, connection, sync(connection), left=3)


def test_when_the_parent_breaks_its_members_are_not_called_complete(acme, connection, sync, vendor):
    three_leave(acme)
    vendor.faults.add(Fault("missing_cursor", "/organization/projects"))
    run = sync(connection)
    assert states(run)["project_members"] == "failed"
    assert not Change.objects.filter(stream="project_members", kind="departed").exists()
    assert_repaired(acme, connection, sync(connection), left=3)


def test_one_broken_project_fails_its_stream_and_departs_nobody(acme, connection, sync, vendor):
    project, user = next(iter(acme.truth().members))
    acme.remove_member(project, user)
    vendor.faults.add(Fault("html", f"/organization/projects/{project}/users"))
    run = sync(connection)
    left = Change.objects.filter(stream="project_members", kind="departed")
    assert states(run)["project_members"] == "failed"
    assert not left.exists()
    assert_repaired(acme, connection, sync(connection))
    assert left.get().vendor_id == f"{project}/{user}"


class Meanwhile(Faults):
    """No fault: something happens at the vendor as it is first asked for `path`."""

    def __init__(self, path, happens):
        super().__init__()
        self.path, self.happens = path, happens

    def due(self, path, organization_id):
        if path == self.path and self.happens:
            self.happens, happens = None, self.happens
            happens()
        return super().due(path, organization_id)


def test_a_project_archived_between_two_requests_has_no_members_any_more(acme, connection, sync, vendor):
    project = next(iter(acme.truth().members))[0]
    theirs = {f"{place}/{user}" for place, user in acme.truth().members if place == project}
    path = f"/organization/projects/{project}/users"
    vendor.faults = Meanwhile(path, lambda: acme.archive_project(project))
    assert sync(connection).state == "complete"
    assert vendor.requests_to(path)[-1].status == 400
    assert_nobody_left(connection)
    assert stored(connection)["members"] == truth(acme)["members"]
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    told = Change.objects.exclude(kind="baseline").values_list("stream", "kind", "vendor_id")
    assert {*told} == {("projects", "changed", project)} | {("project_members", "departed", one) for one in theirs}


def test_a_silently_short_list_is_held_when_most_would_go(acme, connection, sync, vendor):
    three_leave(acme)
    vendor.faults.add(Fault("short_list", "/organization/users"))
    assert states(sync(connection))["users"] == "held"
    assert_nobody_left(connection)
    assert_repaired(acme, connection, sync(connection), left=3)


def test_hostile_values_are_stored_as_they_are(acme, connect, sync):
    hostile = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE store_user; --",
        "\u202eevil",
        "a\0b",
        "\U0001d518" * 300,
        "".join(chr(0x10000 + n * n * 7919 % 65_521) for n in range(5000)),  # no index holds it
        "",
    ]
    for name in hostile:
        acme.add_user(name=name, email=None)
    connection = connect(acme)
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
