"""Audit events and the overview over the API: the command line's names, the screens' filters."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.cli.objects import AUDIT_EVENT, flat
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import AuditEvent, Stream, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.directory]


@pytest.fixture
def viewer(caller: Callable[[str], Client], labs: Organization, connect: Any, sync: Any) -> Client:
    """Of Labs, with its audit log."""
    connection = connect(labs)
    Stream.objects.filter(connection=connection, name="audit_events").update(enabled=True)
    sync(connection)
    return caller("viewer")


def get(client: Client, path: str, status: int = 200, **asked: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", asked)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_events_have_the_names_of_the_command_line_and_pages_lead_through_all(viewer: Client) -> None:
    page = get(viewer, "audit-events", limit=40)
    found = list(page["items"])
    while page["next"]:
        page = get(viewer, "audit-events", limit=40, cursor=page["next"])
        found += page["items"]
    assert len({each["id"] for each in found}) == len(found) == AuditEvent.objects.count() > 40
    assert all(set(flat(AUDIT_EVENT)) <= set(each) for each in found)
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)


def test_filters_narrow_and_one_event_can_be_asked_for(viewer: Client, caller: Callable[[str], Client]) -> None:
    kinds = get(viewer, "audit-events/types")["items"]
    assert "moonbase.launched" in kinds
    (event,) = get(viewer, "audit-events", type="moonbase.launched")["items"]
    assert get(viewer, f"audit-events/{event['key']}") == event
    assert (event["payload"], event["withheld"]) == (None, True)
    event = get(caller("admin"), f"audit-events/{event['key']}")
    assert event["payload"] == {"id": "strange-0", "data": {"how": ["?"]}}
    assert get(viewer, "audit-events", type="moonbase.launched", until=event["at"])["items"] == []
    assert get(viewer, "audit-events", connection="nowhere")["items"] == []


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("audit-events", {"since": "soon"}, 422),
        ("audit-events", {"cursor": "abc"}, 422),
        ("audit-events", {"limit": 10_000}, 422),
        ("audit-events/99999999", {}, 404),
        ("audit-events/0", {}, 422),
    ],
)
def test_what_cannot_be_answered_is_said(viewer: Client, path: str, asked: Any, status: int) -> None:
    assert set(get(viewer, path, status, **asked)["error"]) == {"code", "message", "fields", "detail"}


def test_nobody_gets_in_without_a_token(db: None) -> None:
    for path in ("audit-events", "audit-events/types", "overview"):
        assert Client().get(f"/api/v1/{path}").status_code == 401


def test_the_overview_has_every_card(viewer: Client) -> None:
    seen = get(viewer, "overview")
    assert set(seen) == {"connected", "at", "spend", "people", "keys", "connections", "changes", "arriving"}
    assert seen["people"]["assigned"] == User.objects.filter(kind="user", status="active").count()
    people = seen["people"]
    assert people["active"] + people["longer_ago"] + people["unknown"] == people["assigned"]
    assert {each["name"] for each in seen["changes"]["important"]} == {"new_owners", "new_admin_keys", "departures"}
    assert seen["spend"]["notes"]
