"""The audit log: what the world's own changes leave in it, in the vendor's order and with the vendor's filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from sandbox_description import DESCRIPTION, answer_of, described, validate
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox, audit_actor

NOW = 1_800_000_000
DAY = 86_400
LOG = "/organization/audit_logs"


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=150, projects=6, archived_projects=2, seed=4, now=NOW, awkward=0)


@pytest.fixture
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


def events(acme: Organization, base_url: str, **query: Any) -> list[dict[str, Any]]:
    return all_rows(base_url, LOG, acme.key.value, limit=100, **query)


def test_the_log_comes_newest_first_and_whole(acme: Organization, base_url: str) -> None:
    rows = all_rows(base_url, LOG, acme.key.value, limit=7)
    assert rows == list(acme.audit)[::-1]
    assert [row["effective_at"] for row in rows] == sorted((row["effective_at"] for row in rows), reverse=True)
    assert len({row["id"] for row in rows}) == len(rows) > 100
    assert len(get(base_url, LOG, acme.key.value).json["data"]) == 20
    assert get(base_url, LOG, acme.key.value, limit=101).status == 400


def test_before_leads_back_to_newer_events(acme: Organization, base_url: str) -> None:
    ids = [row["id"] for row in events(acme, base_url)]
    page = get(base_url, LOG, acme.key.value, limit=3, before=ids[8]).json
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (ids[5:8], True)
    page = get(base_url, LOG, acme.key.value, limit=30, before=ids[8]).json
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (ids[:8], False)
    page = get(base_url, LOG, acme.key.value, limit=30, after=ids[2], before=ids[8]).json
    assert [row["id"] for row in page["data"]] == ids[3:8]
    assert get(base_url, LOG, acme.key.value, before="audit_log-none").error["param"] == "before"


@described
def test_every_event_fits_the_published_description(acme: Organization, base_url: str) -> None:
    for body in all_pages(base_url, LOG, acme.key.value, limit=100):
        validate(answer_of(LOG), body)


async def test_openais_client_reads_known_and_unknown_types(acme: Organization, base_url: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0}
    key = acme.key.value
    async with AsyncOpenAI(admin_api_key=key, _strict_response_validation=True, **options) as client:
        read = [event async for event in client.admin.organization.audit_logs.list(limit=100)]
    assert [event.id for event in read] == [row["id"] for row in events(acme, base_url)]
    deleted = next(event for event in read if event.type == "user.deleted")
    assert deleted.user_deleted is not None
    acme.record_event("moonbase.launched", {"id": "moon-1", "crew": ["?"]})
    async with AsyncOpenAI(admin_api_key=key, **options) as client:
        newest = (await client.admin.organization.audit_logs.list(limit=1)).data[0]
    assert (newest.model_extra or {})["moonbase.launched"] == {"id": "moon-1", "crew": ["?"]}


def test_untidy_organizations_have_events_nobody_described() -> None:
    made = Organization.seeded("Untidy", users=30, now=NOW, awkward=0.1)
    assert {"moonbase.launched", "agent.delegation.granted"} <= {row["type"] for row in made.audit}


def test_the_seeded_past_agrees_with_the_tables(acme: Organization) -> None:
    rows = list(acme.audit)
    assert all(NOW - 180 * DAY <= row["effective_at"] <= NOW for row in rows)
    told = {kind: {row[kind]["id"] for row in rows if row["type"] == kind} for kind in ("user.added", "user.deleted")}
    recent = {row["id"] for row in acme.users if row["added_at"] >= NOW - 180 * DAY}
    assert recent <= told["user.added"]
    assert not told["user.deleted"] & set(acme.users.ids())
    keys = {row["api_key.created"]["id"]: row for row in rows if row["type"] == "api_key.created"}
    gone = {row["api_key.deleted"]["id"] for row in rows if row["type"] == "api_key.deleted"}
    listed = {key_id for table in acme.api_keys.values() for key_id in table.ids()} | set(acme.admin_keys.ids())
    assert set(keys) <= listed | gone
    assert not gone & listed
    for project_id, table in acme.api_keys.items():
        for row in table:
            if row["created_at"] >= NOW - 180 * DAY:
                assert keys[row["id"]]["project"]["id"] == project_id
                assert keys[row["id"]]["effective_at"] == row["created_at"]


def test_every_change_of_the_world_is_written_down(acme: Organization, base_url: str) -> None:
    acme.now += 60
    project = acme.add_project("Moon")
    user = acme.add_user(role="reader")
    acme.update_user(user["id"], role="owner")
    acme.add_member(project["id"], user["id"])
    account = acme.add_service_account(project["id"])
    key = acme.add_api_key(project["id"], user_id=user["id"])
    acme.revoke_api_key(key["id"])
    acme.remove_service_account(project["id"], account["id"])
    group = acme.add_group("Crew", [user["id"]])
    acme.rename_group(group["id"], "Astronauts")
    role = acme.add_role("Night watch", ["api.usage.read"])
    acme.assign_role(role["id"], group_id=group["id"])
    acme.unassign_role(role["id"], group_id=group["id"])
    acme.remove_role(role["id"])
    acme.remove_group(group["id"])
    acme.accept_invite(acme.invite("late@acme.example")["id"])
    acme.withdraw_invite(acme.invite("never@acme.example")["id"])
    acme.remove_key(acme.add_key("Spare").id)
    acme.set_rate_limit(project["id"], "rl-gpt-4o-2024-08-06", max_requests_per_1_minute=3)
    acme.update_project(project["id"], name="Mars")
    acme.log_in(user["id"])
    acme.remove_user(user["id"])
    acme.archive_project(project["id"])
    rows = events(acme, base_url, **{"effective_at[gt]": NOW})
    assert Counter(row["type"] for row in rows) == {
        "project.created": 1, "project.updated": 1, "project.archived": 1, "user.added": 2, "user.updated": 1,
        "user.deleted": 1, "role.assignment.created": 2, "role.assignment.deleted": 1, "service_account.created": 1,
        "service_account.deleted": 1, "api_key.created": 3, "api_key.deleted": 2, "group.created": 1,
        "group.updated": 1, "group.deleted": 1, "role.created": 1, "role.deleted": 1, "invite.sent": 2,
        "invite.accepted": 1, "invite.deleted": 1, "rate_limit.updated": 1, "login.succeeded": 1,
    }  # fmt: skip
    login = next(row for row in rows if row["type"] == "login.succeeded")
    assert login["actor"]["session"]["user"]["id"] == user["id"]
    if DESCRIPTION.exists():
        for body in all_pages(base_url, LOG, acme.key.value, limit=100):
            validate(answer_of(LOG), body)


def test_events_are_found_by_time_type_project_actor_and_target(acme: Organization, base_url: str) -> None:
    rows = events(acme, base_url)
    middle = rows[len(rows) // 2]["effective_at"]
    for bound, keeps in (
        ("gt", lambda at: at > middle),
        ("gte", lambda at: at >= middle),
        ("lt", lambda at: at < middle),
        ("lte", lambda at: at <= middle),
    ):
        found = events(acme, base_url, **{f"effective_at[{bound}]": middle})
        assert found == [row for row in rows if keeps(row["effective_at"])]
    kinds = ["api_key.created", "user.added"]
    assert events(acme, base_url, event_types__=kinds) == [row for row in rows if row["type"] in kinds]
    project_id = next(row["project"]["id"] for row in rows if "project" in row)
    of_project = [row for row in rows if row.get("project", {}).get("id") == project_id]
    assert events(acme, base_url, project_ids=[project_id]) == of_project
    login = next(row for row in rows if row["type"] == "login.succeeded" and "email" in row["actor"]["session"]["user"])
    who = login["actor"]["session"]["user"]
    assert login in events(acme, base_url, actor_ids__=[who["id"]])
    assert events(acme, base_url, actor_ids__=[who["id"]]) == events(acme, base_url, actor_emails__=[who["email"]])
    target = next(row for row in rows if row["type"] == "api_key.deleted")["api_key.deleted"]["id"]
    assert {row["type"] for row in events(acme, base_url, resource_ids__=[target])} <= {
        "api_key.deleted",
        "api_key.created",
    }
    for wrong in ({"effective_at[gt]": "yesterday"}, {"effective_at[about]": "1"}):
        assert get(base_url, LOG, acme.key.value, **wrong).status == 400


def test_tenant_events_are_asked_for_alone(acme: Organization, base_url: str) -> None:
    acme.record_event("tenant.user.added", {"id": "tenant-user-1"})
    assert "tenant.user.added" not in {row["type"] for row in events(acme, base_url)}
    assert [row["type"] for row in events(acme, base_url, tenant_only="true")] == ["tenant.user.added"]
    for query in (
        {"event_types__": ["tenant.user.added"]},
        {"event_types__": ["tenant.user.added", "user.added"], "tenant_only": "true"},
    ):
        answer = get(base_url, LOG, acme.key.value, **query)
        assert (answer.status, answer.error["param"]) == (400, "event_types")


def test_actors_are_people_keys_and_sometimes_nobody(acme: Organization, base_url: str) -> None:
    kinds = {(row["actor"] or {}).get("type") for row in events(acme, base_url)}
    assert kinds == {"session", "api_key", None}
    acme.actor = audit_actor(acme.key.id, user=acme.users[acme.users.ids()[0]])
    acme.add_project("By script")
    (newest,) = get(base_url, LOG, acme.key.value, limit=1).json["data"]
    assert newest["actor"]["api_key"]["id"] == acme.key.id
    assert events(acme, base_url, actor_ids__=[acme.key.id])[0] == newest


def test_a_log_that_is_switched_off_is_empty_and_no_error(acme: Organization, base_url: str) -> None:
    acme.audit_log_on = False
    acme.add_user()
    page = get(base_url, LOG, acme.key.value).json
    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_the_log_needs_its_own_permission(acme: Organization, base_url: str) -> None:
    assert get(base_url, LOG, acme.add_key(scopes=frozenset({"api.audit_logs.read"})).value).status == 200
    answer = get(base_url, LOG, acme.add_key(scopes=frozenset({"api.management.read"})).value)
    assert "Missing scopes: api.audit_logs.read." in answer.error["message"]
