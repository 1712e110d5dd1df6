"""The screen of audit events, over HTTP: filters, the file, one event, and what the log does not tell."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.store.models import AuditEvent, Stream

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def acme(connection_of):
    acme = connection_of("Acme")
    Stream.objects.create(connection=acme, name="audit_events", state="complete", synced_at=NOW)
    return acme


@pytest.fixture
def event_of():
    def event_of(connection, number, **fields):
        plain = {"type": "user.added", "at": NOW - timedelta(hours=number), "hash": number}
        return AuditEvent.objects.create(connection=connection, vendor_id=f"audit-{number}", **(plain | fields))

    return event_of


def text(client, path, **options):
    answer = client.get(path, **options)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_an_event_is_a_line_with_who_and_whom(client_of, acme, event_of, user_of):
    user_of(acme, vendor_id="user-9", email="gone@x")
    event = event_of(
        acme, 1, type="user.deleted", actor_kind="session", actor_email="ada@x", actor_id="user-1", target_id="user-9"
    )
    page = text(client_of("viewer"), "/activity/")
    for said in ("User deleted", "ada@x", "gone@x", "Signed in", f"/activity/{event.pk}/"):
        assert said in page
    assert 'aria-current="page"' in page


def test_unknown_types_and_unknown_actors_are_shown_as_such(client_of, acme, event_of):
    event_of(acme, 1, type="moonbase.launched<script>", actor_kind=None)
    page = text(client_of("viewer"), "/activity/")
    assert "Moonbase launched&lt;script&gt;" in page
    assert "Unknown" in page


def test_filters_live_in_the_address_and_the_file_follows_them(client_of, acme, event_of):
    event_of(acme, 1, type="user.deleted", actor_email="ada@x")
    event_of(acme, 2, type="login.succeeded", actor_email="ben@x", payload={"how": "=cmd()"})
    event_of(acme, 80, type="login.succeeded", actor_email="cy@x")
    client = client_of("viewer")
    since = (NOW - timedelta(days=2)).date()
    asked = f"?type=login.succeeded&since={since}"
    part = text(client, f"/activity/{asked}", headers={"HX-Request": "true", "HX-Target": "events"})
    assert "<html" not in part
    assert "ben@x" in part
    assert "ada@x" not in part
    assert "cy@x" not in part
    lines = b"".join(client.get(f"/activity/export.csv{asked}").streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("connection,id,type,at,actor_kind")
    assert "ben@x" in lines[1]
    assert lines[0].endswith(",payload,withheld")
    assert lines[1].endswith(",,true")
    full = b"".join(client_of("admin").get(f"/activity/export.csv{asked}").streaming_content).decode().splitlines()
    assert full[1].endswith('""=cmd()""}",false')
    assert "No such event" in text(client, "/activity/?actor=nobody")
    assert text(client, "/activity/?since=yesterday&until=9999-12-31&type=%00")


def test_until_is_a_day_that_counts(client_of, acme, event_of):
    event_of(acme, 1, actor_email="today@x")
    event_of(acme, 49, actor_email="before@x")
    page = text(client_of("viewer"), f"/activity/?until={(NOW - timedelta(hours=49)).date()}")
    assert "before@x" in page
    assert "today@x" not in page


def test_one_event_has_all_that_was_told(client_of, acme, event_of):
    event = event_of(
        acme, 1, type="api_key.created", actor_kind="api_key", api_key_id="key_7", ip_address="192.0.2.1",
        target_id="key_9", payload={"id": "key_9", "data": {"scopes": ["api.model.request"]}},
    )  # fmt: skip
    page = text(client_of("admin"), f"/activity/{event.pk}/")
    for said in ("API key created", "key_7", "192.0.2.1", "data.scopes", "api.model.request", "?target=key_9"):
        assert said in page
    page = text(client_of("viewer"), f"/activity/{event.pk}/")
    assert "key_7" in page
    assert "shown to operators who may see the audit log" in page
    for said in ("192.0.2.1", "data.scopes", "has no details"):
        assert said not in page
    assert client_of("viewer").get("/activity/999999/").status_code == 404


def test_an_event_without_details_says_so(client_of, acme, event_of):
    assert "the event has no details" in text(client_of("admin"), f"/activity/{event_of(acme, 1).pk}/")


def test_a_log_that_is_off_says_that_nothing_recorded_is_not_nobody(client_of, acme):
    page = text(client_of("viewer"), "/activity/")
    assert "Nothing is recorded" in page
    assert "does not mean" in page


def test_a_log_that_may_not_be_read_says_which_permission_is_missing(client_of, acme):
    Stream.objects.filter(name="audit_events").update(
        state="forbidden", permission="api.audit_logs.read", allowed=False, synced_at=None
    )
    page = text(client_of("viewer"), "/activity/")
    assert "api.audit_logs.read" in page


def test_before_any_connection_the_way_leads_to_integrations(client_of, db):
    assert "Nothing is connected yet" in text(client_of("viewer"), "/activity/")


def test_a_users_page_tells_where_activity_is_known_from_and_one_story(client_of, acme, event_of, user_of):
    from seatwise.store.models import Change

    user = user_of(
        acme, vendor_id="user-1", email="one@x", last_active_at=NOW - timedelta(hours=1), last_active_source="Audit log"
    )
    event_of(acme, 1, type="login.succeeded", actor_id="user-1")
    event_of(acme, 5, type="user.updated", target_id="user-1", actor_email="ada@x")
    Change.objects.create(
        connection=acme, stream="users", vendor_id="user-1", kind="changed", at=NOW - timedelta(hours=3),
        before={"role": "reader"}, after={"role": "owner"},
    )  # fmt: skip
    page = text(client_of("viewer"), f"/users/{user.pk}/")
    assert "Last known use" in page
    assert "in the vendor&#x27;s audit log" in page
    for source in ("API key use", "Own key", "Usage by day", "Audit log"):
        assert source in page
    story = page[page.index('id="timeline"') :]
    assert story.index("Role changed") < story.index("User updated")
    assert "Login succeeded" not in story
    assert "Login succeeded" in page


def test_a_removed_users_page_says_who_did_it(client_of, acme, event_of, user_of):
    user = user_of(acme, vendor_id="user-1", email="one@x", status="removed", departed_at=NOW)
    event = event_of(acme, 5, type="user.deleted", target_id="user-1", actor_email="ada@x")
    page = text(client_of("viewer"), f"/users/{user.pk}/")
    assert "Removed by ada@x" in page
    assert f"/activity/{event.pk}/" in page
    assert "audit log says that it was removed" in page


def test_a_user_without_any_source_is_unknown_and_never_inactive(client_of, acme, user_of):
    user = user_of(acme, email="one@x")
    page = text(client_of("viewer"), f"/users/{user.pk}/")
    assert "No source names any use" in page
    assert "inactive" not in page.lower()


def test_a_departure_with_evidence_names_who_removed_them(client_of, acme):
    from seatwise.store.models import Change

    Change.objects.create(
        connection=acme, stream="users", vendor_id="user-1", kind="departed", at=NOW, label="one@x",
        before={"role": "reader"}, after={"status": "removed", "removed_by": "ada@x", "audit_event": "audit-1"},
    )  # fmt: skip
    assert "removed by ada@x" in text(client_of("viewer"), "/changes/")


def test_an_empty_story_says_of_the_log_only_what_is_known(client_of, acme, user_of, event_of):
    user = user_of(acme, vendor_id="user-1")
    event_of(acme, 1, type="login.succeeded", actor_id="user-1")
    client = client_of("viewer")
    assert "no more than sign-ins" in text(client, f"/users/{user.pk}/")
    Stream.objects.filter(connection=acme, name="audit_events").update(state="forbidden", permission="api.audit")
    page = text(client, f"/users/{user.pk}/")
    assert "no more than sign-ins" not in page
    assert "would tell is not known whole" in page
    assert "api.audit" in page[page.index('id="timeline"') :]
