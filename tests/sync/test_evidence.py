"""Who is gone is removed when the vendor's audit log says so, and missing where nothing does; whichever comes first."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.connectors.openai.sandbox import Fault, audit_actor
from seatwise.store.models import AuditEvent, Change, Stream, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.directory]
MANAGEMENT = frozenset({"api.management.read"})


@pytest.fixture
def connection(labs, connect, sync):
    """Labs with the directory and the audit log."""
    connection = connect(labs)
    Stream.objects.filter(connection=connection, name="audit_events").update(enabled=True)
    sync(connection)
    return connection


def somebody(organization, number=0):
    rows = [row for row in organization.users if row.get("email") and not row.get("is_service_account")]
    return rows[number]


def log(connection, enabled):
    Stream.objects.filter(connection=connection, name="audit_events").update(enabled=enabled)


def story(connection, user):
    changes = Change.objects.filter(connection=connection, stream="users", vendor_id=user["id"]).order_by("pk")
    return [change.kind for change in changes]


def status(connection, user):
    return User.objects.get(connection=connection, vendor_id=user["id"]).status


def test_whoever_the_audit_log_says_was_removed_is_removed_and_by_whom(labs, connection, sync):
    user, admin = somebody(labs), somebody(labs, 1)
    labs.actor = audit_actor("key_9", user=admin)
    labs.remove_user(user["id"])
    sync(connection)
    assert status(connection, user) == "removed"
    (change,) = Change.objects.filter(connection=connection, stream="users", kind="departed")
    event = AuditEvent.objects.get(connection=connection, type="user.deleted", target_id=user["id"])
    assert (change.after["status"], change.after["removed_by"]) == ("removed", admin["email"])
    assert change.after["audit_event"] == event.vendor_id
    assert event.actor_id == admin["id"]


def test_without_an_event_they_are_missing(labs, connection, sync):
    labs.audit_log_on = False
    user = somebody(labs)
    labs.remove_user(user["id"])
    run = sync(connection)
    assert (status(connection, user), run.state) == ("missing", "complete")


def test_an_event_that_is_read_before_the_list_shows_it_is_evidence_once_they_are_gone(labs, connection, sync, vendor):
    user = somebody(labs)
    labs.remove_user(user["id"])
    vendor.faults.add(Fault("missing_cursor", "/organization/users"))
    sync(connection)
    assert AuditEvent.objects.filter(type="user.deleted", target_id=user["id"]).exists()
    assert status(connection, user) == "active"
    sync(connection)
    assert (status(connection, user), story(connection, user)) == ("removed", ["departed"])


def test_evidence_that_comes_later_makes_the_missing_removed_without_a_second_departure(labs, connection, sync):
    log(connection, False)
    user = somebody(labs)
    labs.remove_user(user["id"])
    sync(connection)
    assert status(connection, user) == "missing"
    gone_at = User.objects.get(vendor_id=user["id"]).departed_at
    log(connection, True)
    sync(connection)
    assert status(connection, user) == "removed"
    assert User.objects.get(vendor_id=user["id"]).departed_at == gone_at
    assert story(connection, user) == ["departed", "changed"]
    said = Change.objects.filter(vendor_id=user["id"], kind="changed").get()
    assert (said.before, said.after["status"]) == ({"status": "missing"}, "removed")
    sync(connection)
    assert story(connection, user) == ["departed", "changed"]


def test_whoever_returns_is_back_and_an_old_removal_explains_no_new_departure(labs, connection, sync):
    user = somebody(labs)
    row = labs.remove_user(user["id"])
    sync(connection)
    labs.advance(3600)
    labs.add_user(**row)
    sync(connection)
    assert status(connection, user) == "active"
    labs.audit_log_on = False
    labs.remove_user(user["id"])
    sync(connection)
    assert status(connection, user) == "missing"
    assert story(connection, user) == ["departed", "returned", "departed"]


def test_a_removal_older_than_the_membership_is_of_another_one(labs, connection, sync):
    user = somebody(labs)
    labs.record_event("user.deleted", {"id": user["id"]}, at=user["added_at"] - 60)
    labs.audit_log_on = True
    AuditEvent.objects.filter(connection=connection).delete()
    Stream.objects.filter(connection=connection, name="audit_events").update(covered_from=None, covered_to=None)
    sync(connection)
    labs.audit_log_on = False
    labs.remove_user(user["id"])
    sync(connection)
    assert status(connection, user) == "missing"


def test_an_invite_that_was_withdrawn_is_removed(labs, connection, sync):
    invite = labs.invite(email="never@example.com")
    sync(connection)
    labs.withdraw_invite(invite["id"])
    sync(connection)
    assert User.objects.get(connection=connection, vendor_id=invite["id"]).status == "removed"


def test_an_event_without_an_actor_is_evidence_all_the_same(labs, connection, sync):
    log(connection, False)
    user = somebody(labs)
    labs.users.remove(user["id"])
    labs.record_event("user.deleted", {"id": user["id"]})
    log(connection, True)
    sync(connection)
    (change,) = Change.objects.filter(connection=connection, stream="users", kind="departed")
    assert status(connection, user) == "removed"
    assert change.after["status"] == "removed"


def test_events_are_added_once_and_stay_when_the_log_comes_back_empty(labs, connection, sync):
    before = AuditEvent.objects.filter(connection=connection).count()
    assert before
    run = sync(connection)
    assert run.streams.get(name="audit_events").arrived == 0
    labs.audit_log_on = False
    run = sync(connection)
    assert AuditEvent.objects.filter(connection=connection).count() == before
    assert run.streams.get(name="audit_events").state == "complete"


def test_a_log_that_was_never_on_is_complete_and_says_so(labs, connect, sync):
    labs.audit_log_on = False
    connection = connect(labs)
    log(connection, True)
    run = sync(connection)
    stream = run.streams.get(name="audit_events")
    assert (run.state, stream.state, stream.records) == ("complete", "complete", 0)
    assert "does not mean that nobody did anything" in stream.message
    assert Stream.objects.get(connection=connection, name="audit_events").message == stream.message


def test_a_missing_scope_is_that_streams_alone(labs, connect, sync):
    connection = connect(labs)
    log(connection, True)
    labs.keys[0].scopes = MANAGEMENT
    run = sync(connection)
    by_state = {stream.name: stream.state for stream in run.streams.all()}
    assert by_state.pop("audit_events") == "forbidden"
    assert set(by_state.values()) == {"complete"}
    assert "api.audit_logs.read" in Stream.objects.get(connection=connection, name="audit_events").permission


def test_strange_types_far_days_and_a_nul_are_kept(labs, connection, sync):
    labs.record_event("starbase.docked", {"id": "x\0y", "how": [{"deep": None}]})
    labs.record_event("clock.ahead", {"id": "soon"}, at=labs.now + 3600)
    sync(connection)
    event = AuditEvent.objects.get(connection=connection, type="starbase.docked")
    assert (event.target_id, event.payload["how"]) == ("x\ufffdy", [{"deep": None}])
    later = AuditEvent.objects.filter(connection=connection, type="clock.ahead")
    midnight = datetime.fromtimestamp(labs.now, UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert later.exists() is (datetime.fromtimestamp(labs.now + 3600, UTC) < midnight)


def test_the_history_is_read_once_and_then_what_is_new(labs, connection, sync, vendor):
    vendor.forget_requests()
    sync(connection)
    request, tenant = vendor.requests_to("/organization/audit_logs*")
    assert ("tenant_only" in request.query, tenant.query["tenant_only"]) == (False, "true")
    begin = datetime.fromtimestamp(int(request.query["effective_at[gte]"]), UTC)
    assert datetime.now(UTC) - begin < timedelta(days=2, hours=1)
