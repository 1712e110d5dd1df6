"""Audit events listed, last activity explained, and what is not known said beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.services.activity import list_sources, not_known, sentence, user_activity
from seatwise.services.audit_events import (
    audit_event_types,
    export_audit_events,
    get_audit_event,
    list_audit_events,
)
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.rights import SYSTEM, Actor
from seatwise.store.models import AuditEntry, AuditEvent, Key, Project, Stream, Usage

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)
VIEWER = Actor("viewer@example.com", "viewer")


@pytest.fixture
def acme(connection_of):
    return connection_of("Acme")


@pytest.fixture
def event_of():
    def event_of(connection, number, **fields):
        plain = {"type": "user.added", "at": NOW - timedelta(hours=number), "hash": number}
        return AuditEvent.objects.create(connection=connection, vendor_id=f"audit-{number}", **(plain | fields))

    return event_of


def ids(page):
    return [event.id for event in page.items]


def test_events_are_listed_newest_first_page_by_page(acme, event_of):
    for number in range(1, 6):
        event_of(acme, number)
    first = list_audit_events(VIEWER, limit=2)
    second = list_audit_events(VIEWER, limit=2, cursor=first.next)
    assert ids(first) + ids(second) == ["audit-1", "audit-2", "audit-3", "audit-4"]
    assert ids(list_audit_events(VIEWER, limit=2, cursor=second.previous)) == ids(first)
    with pytest.raises(Refusal):
        list_audit_events(VIEWER, cursor="nonsense")


def test_events_are_narrowed_by_each_filter(acme, connection_of, event_of):
    event_of(acme, 1, type="user.deleted", actor_id="user-1", actor_email="Ada@Example.com", target_id="user-9")
    event_of(acme, 2, project_id="proj_a", api_key_id="key_7")
    event_of(connection_of("Labs"), 3)
    Project.objects.create(
        connection=acme, vendor_id="proj_a", name="Search", status="active", hash=1, first_seen_at=NOW
    )
    for asked, found in (
        ({"connection": "acme"}, ["audit-1", "audit-2"]),
        ({"connection": "nowhere"}, []),
        ({"type": "user.deleted"}, ["audit-1"]),
        ({"actor": "ada@"}, ["audit-1"]),
        ({"actor": "user-1"}, ["audit-1"]),
        ({"actor": "key_7"}, ["audit-2"]),
        ({"target": "user-9"}, ["audit-1"]),
        ({"project": "search"}, ["audit-2"]),
        ({"project": "proj_a"}, ["audit-2"]),
        ({"since": NOW - timedelta(hours=2)}, ["audit-1", "audit-2"]),
        ({"until": NOW - timedelta(hours=2)}, ["audit-3"]),
        ({"actor": "\0\ud800"}, []),
    ):
        assert ids(list_audit_events(VIEWER, **asked)) == found, asked
        assert [event.id for event in export_audit_events(SYSTEM, **asked)] == found


def test_an_event_calls_people_and_things_by_their_names(acme, event_of, user_of):
    ada = user_of(acme, vendor_id="user-ada", email="ada@x")
    Key.objects.create(connection=acme, vendor_id="key_1", kind="project", name="ci", hash=1, first_seen_at=NOW)
    event_of(acme, 1, actor_id="user-ada", target_id="key_1", project_id="proj_b", project_name="Gone")
    event_of(acme, 2, actor_kind="api_key", api_key_id="key_1", target_id="invite-7",
             payload={"data": {"email": "cy@x"}})  # fmt: skip
    event_of(acme, 3, target_id="user-ada")
    one, two, three = list_audit_events(VIEWER).items
    assert (one.actor, one.actor_user, one.target, one.project) == ("ada@x", ada.pk, "ci", "Gone")
    assert (two.actor, two.target) == (None, "cy@x")
    assert (three.actor, three.target, three.target_user) == (None, "ada@x", ada.pk)
    assert get_audit_event(VIEWER, key=one.key) == one
    with pytest.raises(NotFound):
        get_audit_event(VIEWER, key=2**62)


def test_where_somebody_sat_is_for_who_may_see_audit_logs(acme, event_of, user_of):
    user = user_of(acme, vendor_id="user-1", status="removed", departed_at=NOW)
    told = {"ip_address": "192.0.2.1", "user_agent": "curl", "payload": {"data": {"name": "ci"}}}
    event = event_of(acme, 1, type="user.deleted", target_id="user-1", **told)

    def seen(actor):
        activity = user_activity(actor, key=user.pk)
        return [
            *list_audit_events(actor).items, *export_audit_events(actor), get_audit_event(actor, key=event.pk),
            *activity.events, activity.removal.event,
        ]  # fmt: skip

    for one in seen(VIEWER):
        assert (one.ip_address, one.user_agent, one.payload, one.withheld) == (None, None, None, True)
    for one in seen(Actor("admin@example.com", "admin")):
        assert {name: getattr(one, name) for name in told} == told
        assert not one.withheld


def test_the_types_to_choose_from_are_those_that_were_seen(acme, event_of):
    assert audit_event_types(VIEWER) == []
    for number, kind in enumerate(("user.added", "moonbase.launched", "user.added", "a")):
        event_of(acme, number, type=kind)
    assert audit_event_types(VIEWER) == ["a", "moonbase.launched", "user.added"]


def test_an_export_is_written_down_and_needs_its_permission(acme):
    list(export_audit_events(SYSTEM, type="user.added"))
    entry = AuditEntry.objects.get(operation="export_audit_events")
    assert entry.detail == {"type": "user.added"}
    with pytest.raises(NotAllowed):
        export_audit_events(Actor("nobody", ""))
    with pytest.raises(NotAllowed):
        list_audit_events(Actor("nobody", ""))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("API key use", "Last known use 2026-06-01, by API key."),
        ("Own key", "Last known use 2026-06-01, by API key."),
        ("Usage by day", "Last known use 2026-06-01, in usage by day."),
        ("Audit log", "Last known use 2026-06-01, in the vendor's audit log."),
    ],
)
def test_the_evidence_is_a_sentence(source, said):
    assert sentence(datetime(2026, 6, 1, 9, tzinfo=UTC), source) == said
    assert sentence(None, None) == "No source names any use."


def stream(connection, name, **fields):
    made = {"state": "complete", "synced_at": NOW} | fields
    return Stream.objects.create(connection=connection, name=name, **made)


def states(**asked):
    return {source.source: source.state for source in list_sources(VIEWER, **asked)}


def test_a_source_is_only_what_is_really_read(acme, user_of, event_of):
    user_of(acme, api_key_last_used_at=NOW)
    assert states() == {"API key use": "read", "Own key": "unread", "Usage by day": "unread", "Audit log": "unread"}
    stream(acme, "api_keys")
    stream(acme, "admin_keys", state="failed")
    stream(acme, "usage_completions", covered_from=NOW.date() - timedelta(days=9))
    log = stream(acme, "audit_events", state="forbidden", permission="api.audit_logs.read", synced_at=None)
    assert states() == {
        "API key use": "read", "Own key": "partial", "Usage by day": "partial", "Audit log": "forbidden",
    }  # fmt: skip
    assert "Acme, audit log: The Admin Key lacks the permission api.audit_logs.read." in not_known(list_sources(VIEWER))
    log.state, log.synced_at = "complete", NOW
    log.save()
    assert states()["Audit log"] == "silent"
    assert any("does not mean nobody did anything" in said for said in not_known(list_sources(VIEWER)))
    first = event_of(acme, 30)
    event_of(acme, 1)
    (source,) = (each for each in list_sources(VIEWER) if each.source == "Audit log")
    assert (source.state, source.since) == ("read", first.at)
    log.enabled = False
    log.save()
    assert states()["Audit log"] == "off"


def test_a_vendor_that_names_no_use_of_keys_is_a_silent_source(acme, user_of):
    user_of(acme, api_key_last_used_at=None)
    assert states()["API key use"] == "silent"
    acme.disconnected_at = NOW
    acme.save()
    assert states() == {}


def test_a_users_activity_has_every_source_and_the_latest_events(acme, user_of, event_of):
    user = user_of(
        acme, vendor_id="user-1", api_key_last_used_at=NOW - timedelta(days=3), last_active_source="Audit log",
        last_active_at=NOW - timedelta(hours=2),
    )  # fmt: skip
    event_of(acme, 2, type="login.succeeded", actor_id="user-1")
    event_of(acme, 1, type="login.failed", actor_id="user-1")
    event_of(acme, 3, type="user.updated", target_id="user-1", actor_id="user-2")
    event_of(acme, 4, actor_id="user-2")
    Usage.objects.create(connection=acme, stream="usage_completions", day=NOW.date() - timedelta(days=5), slot=1,
                         hash=1, user_id="user-1")  # fmt: skip
    seen = user_activity(VIEWER, key=user.pk)
    at = {source.source: source.at for source in seen.sources}
    assert at["API key use"] == NOW - timedelta(days=3)
    assert at["Own key"] is None
    assert at["Usage by day"].date() == NOW.date() - timedelta(days=5)
    assert at["Audit log"] == NOW - timedelta(hours=2)
    assert seen.sentence == f"Last known use {(NOW - timedelta(hours=2)).date()}, in the vendor's audit log."
    assert [event.id for event in seen.latest] == ["audit-1", "audit-2", "audit-3"]
    assert [event.id for event in seen.events] == ["audit-3"]
    assert seen.removal is None
    with pytest.raises(NotFound):
        user_activity(VIEWER, key=2**62)


def test_a_removed_user_is_told_with_who_did_it(acme, user_of, event_of):
    user = user_of(acme, vendor_id="user-1", status="removed", departed_at=NOW)
    event = event_of(acme, 1, type="user.deleted", target_id="user-1", actor_id="user-2", actor_email="ada@x")
    event_of(acme, 50, type="user.deleted", target_id="user-1", actor_email="older@x")
    removal = user_activity(VIEWER, key=user.pk).removal
    assert (removal.at, removal.by, removal.event.id) == (event.at, "ada@x", event.vendor_id)


def test_an_invite_has_no_source_of_activity(acme, user_of):
    invite = user_of(acme, kind="invite", status="invited", vendor_id="invite-1")
    assert user_activity(VIEWER, key=invite.pk).sources == []
