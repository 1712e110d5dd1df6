"""What an event of OpenAI's audit log becomes, however little it says."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from seatwise.connectors.openai.audit import LARGEST_PAYLOAD, audit_events, by_day, event
from seatwise.connectors.openai.client import classify, open_client
from seatwise.connectors.openai.refusals import says_log_is_off
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox, audit_actor
from seatwise.sdk.errors import MissingPermission, Unexpected
from seatwise.sdk.streams import Window
from seatwise.sdk.transport import Answer

AT = 1_781_500_000
ADA = {"id": "user-ada", "email": "ada@example.com"}
SESSION = {"type": "session", "session": {"user": ADA, "ip_address": "192.0.2.1", "user_agent": "Mozilla"}}


def row(kind="user.added", payload=None, **fields):
    return {"id": "audit-1", "type": kind, "effective_at": AT, kind: payload or {"id": "user-ben"}} | fields


def test_an_event_keeps_who_did_what_to_whom_and_from_where():
    made = event(row(actor=SESSION, project={"id": "proj_a", "name": "Search"}))
    assert (made.type, made.at) == ("user.added", datetime.fromtimestamp(AT, UTC))
    assert (made.actor_kind, made.actor_id, made.actor_email) == ("session", "user-ada", "ada@example.com")
    assert (made.ip_address, made.user_agent, made.target_id) == ("192.0.2.1", "Mozilla", "user-ben")
    assert (made.project_id, made.project_name, made.payload) == ("proj_a", "Search", {"id": "user-ben"})


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({"id": "key_1", "type": "user", "user": ADA}, ("api_key", "user-ada", "ada@example.com", "key_1")),
        (
            {"id": "key_1", "type": "service_account", "service_account": {"id": "svc_1"}},
            ("service_account", "svc_1", None, "key_1"),
        ),
        ({"id": "key_1"}, ("api_key", None, None, "key_1")),
    ],
)
def test_a_key_acts_for_its_user_or_its_service_account(key, expected):
    made = event(row(actor={"type": "api_key", "api_key": key}))
    assert (made.actor_kind, made.actor_id, made.actor_email, made.api_key_id) == expected


@pytest.mark.parametrize("actor", [None, {}, [], "somebody", 7, {"type": 7}, {"type": "session", "session": None}])
def test_a_missing_or_strange_actor_is_unknown_and_no_error(actor):
    made = event(row(actor=actor))
    assert (made.actor_id, made.actor_email, made.ip_address) == (None, None, None)
    assert event({k: v for k, v in row().items() if k != "actor"}).actor_kind is None


def test_an_actor_of_a_new_kind_keeps_the_vendors_word_for_it():
    made = event(row(actor={"type": "workflow", "workflow": {"user": ADA}}))
    assert (made.actor_kind, made.actor_id) == ("workflow", "user-ada")


@pytest.mark.parametrize("payload", [{"id": "x", "how": [1]}, ["a"], "word", 7])
def test_an_unknown_type_is_kept_with_what_it_says(payload):
    made = event(row("moonbase.launched", payload))
    assert made.type == "moonbase.launched"
    assert made.payload == (payload if isinstance(payload, dict) else {"value": payload})


def test_an_event_without_a_payload_has_none():
    assert event({"id": "a", "type": "login.succeeded", "effective_at": AT, "login.succeeded": {}}).payload is None
    assert event({"id": "a", "type": "user.deleted", "effective_at": AT}).target_id is None


def test_a_role_is_given_to_whoever_gets_it():
    told = {"id": "assignment", "principal_id": "user-ben", "principal_type": "user"}
    assert event(row("role.assignment.created", told)).target_id == "user-ben"


def test_an_enormous_payload_is_kept_by_its_beginning():
    made = event(row(payload={"id": "user-ben", "text": "x" * 10 * LARGEST_PAYLOAD}))
    assert made.payload["id"] == "user-ben"
    assert made.payload["bytes"] > LARGEST_PAYLOAD
    assert len(json.dumps(made.payload)) < LARGEST_PAYLOAD


@pytest.mark.parametrize("lost", ["id", "type", "effective_at"])
def test_an_event_without_id_type_or_time_makes_no_sense(lost):
    with pytest.raises(ValueError, match=lost):
        event({name: value for name, value in row().items() if name != lost})


def test_a_page_is_sorted_into_utc_days():
    days = by_day([event(row(effective_at=AT + shift)) for shift in (86_400, 0, -86_400)])
    assert [day.date for day in days] == [date(2026, 6, 14), date(2026, 6, 15), date(2026, 6, 16)]


async def read(organization, key=None, window=None, **changes):
    """All events the stream gives of a window, the last year's by default."""
    sandbox = Sandbox([organization], **changes)
    credentials = {"organization_id": organization.id, "admin_key": (key or organization.key).value}
    today = datetime.now(UTC).date()
    window = window or Window(today.replace(year=today.year - 1, day=1), today.replace(year=today.year + 1, day=1))
    with sandbox.running() as base_url:
        async with open_client(credentials, base_url) as client:
            return [made async for page in audit_events.list(client, window) for day in page for made in day.records]


@pytest.fixture
def acme():
    return Organization.seeded("Acme", users=60, invites=4, projects=3, seed=4, awkward=0.05)


async def test_every_event_is_read_once_also_those_of_types_nobody_described(acme):
    made = await read(acme)
    assert {e.id for e in made} == {e["id"] for e in acme.audit}
    assert len(made) == len(acme.audit)
    assert {"moonbase.launched", "agent.delegation.granted"} <= {e.type for e in made}


async def test_events_of_a_tenant_are_asked_for_apart_and_each_comes_once(acme):
    acme.record_event("tenant.user.added", {"id": "tenant-user-1"})
    made = await read(acme)
    assert [e.target_id for e in made if e.type == "tenant.user.added"] == ["tenant-user-1"]
    assert len({e.id for e in made}) == len(made) == len(acme.audit)


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_where_the_events_of_a_tenant_are_refused_the_others_are_whole_and_it_is_said(acme, status):
    acme.record_event("tenant.user.added", {"id": "tenant-user-1"})
    sandbox, today = Sandbox([acme]), datetime.now(UTC).date()
    past, new = Window(today.replace(year=today.year - 1, day=1), today), Window(today, today + timedelta(days=1))
    begun = int(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp())
    pages = -(-sum(e["effective_at"] < begun and not e["type"].startswith("tenant.") for e in acme.audit) // 100)
    sandbox.faults.add(Fault("server_error", "/organization/audit_logs", nth=max(pages, 1) + 1, status=status))
    made = []
    with sandbox.running() as base_url:
        async with open_client({"organization_id": acme.id, "admin_key": acme.key.value}, base_url) as client:
            for window in (past, new):
                made += [e async for page in audit_events.list(client, window) for day in page for e in day.records]
            remark = client.remarks["audit_events"]
    assert {e.id for e in made} == {e["id"] for e in acme.audit if not e["type"].startswith("tenant.")}
    assert "refused to tell the events of the tenant" in remark.message
    assert ["tenant_only" in request.query for request in sandbox.requests].count(True) == 1


async def test_a_window_is_whole_utc_days(acme):
    day = datetime.now(UTC).date().replace(day=1)
    acme.record_event("edge.case", {"id": "in"}, at=int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()))
    acme.record_event("edge.case", {"id": "out"}, at=int(datetime(day.year, day.month, 2, tzinfo=UTC).timestamp()))
    made = await read(acme, window=Window(day, day.replace(day=2)))
    assert {e.target_id for e in made if e.type == "edge.case"} == {"in"}


async def test_a_log_that_was_never_switched_on_is_empty_and_no_error(acme):
    acme.audit_log_on = False
    assert await read(acme) == []


@pytest.mark.parametrize("status", [401, 403])
async def test_without_its_scope_the_log_says_which_permission_is_missing(acme, status):
    key = acme.add_key("narrow", scopes=frozenset({"api.management.read", "api.usage.read"}))
    with pytest.raises(MissingPermission) as refused:
        await read(acme, key, missing_scope_status=status)
    assert refused.value.permission == "api.audit_logs.read"


async def test_who_acted_comes_as_openai_names_them(acme):
    user = next(iter(acme.users))
    acme.actor = audit_actor("key_7", user=user)
    acme.add_user(email="new@example.com")
    newest = max(await read(acme), key=lambda e: (e.at, e.type == "user.added"))
    assert (newest.actor_kind, newest.actor_id, newest.api_key_id) == ("api_key", user["id"], "key_7")


@pytest.mark.parametrize(
    ("status", "words", "off"),
    [
        (403, "Audit logging is not enabled for this organization.", True),
        (404, "The audit log has not been activated.", True),
        (400, "Audit logs are disabled.", True),
        (403, "Missing scopes: api.audit_logs.read.", False),
        (400, "Invalid 'after'.", False),
        (500, "Something broke.", False),
        (503, "Audit logs are disabled for the moment.", False),
        (429, "Too many requests for audit logs, please back off.", False),
    ],
)
def test_a_refusal_because_the_log_is_off_is_told_from_others(status, words, off):
    body = json.dumps({"error": {"message": words, "type": "invalid_request_error", "param": None, "code": None}})
    refused = classify(Answer(status, {}, body.encode()), "/organization/audit_logs")
    assert says_log_is_off(refused) is off


async def test_an_event_that_makes_no_sense_is_no_part_of_the_log(acme, monkeypatch):
    sandbox = Sandbox([acme])
    sandbox.faults.add(Fault("malformed_row", "/organization/audit_logs", field="effective_at", value="soon"))
    today = datetime.now(UTC).date()
    with sandbox.running() as base_url:
        async with open_client({"organization_id": acme.id, "admin_key": acme.key.value}, base_url) as client:
            with pytest.raises(Unexpected):
                _ = [
                    page async for page in audit_events.list(client, Window(today.replace(year=today.year - 1), today))
                ]
