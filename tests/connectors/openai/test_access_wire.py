"""Groups, roles and limits on their way from OpenAI's wire to our records: what is asked for, and what it becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from seatwise.connectors.openai import openai
from seatwise.connectors.openai.access import group_members, groups, project_groups, role_assignments, roles
from seatwise.connectors.openai.client import RetentionRow, open_client
from seatwise.connectors.openai.limits import organization_limits
from seatwise.connectors.openai.lookups import of_one_project, of_one_user
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.sdk.errors import MissingPermission, NotFound, Unexpected, VendorError
from seatwise.sdk.records import Group, Project


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=150, projects=4, groups=5, seed=11)


@pytest.fixture
def sandbox(acme: Organization) -> Sandbox:
    return Sandbox([acme])


@pytest.fixture
def ask(acme: Organization, sandbox: Sandbox) -> Iterator[Callable[..., Any]]:
    """Runs a question with an open client."""
    with sandbox.running() as url:

        def ask(question: Callable[..., Any]) -> Any:
            async def run() -> Any:
                credentials = {"admin_key": acme.key.value, "organization_id": acme.id}
                async with open_client(credentials, url) as client:
                    return await question(client)

            return asyncio.run(run())

        yield ask


def rows(stream: Any, *parents: Any) -> Callable[[Any], Any]:
    async def all_of_them(client: Any) -> list[Any]:
        found: list[Any] = []
        pages: AsyncIterator[list[Any]] = stream.list(client, *parents)
        async for page in pages:
            found += page
        return found

    return all_of_them


def one(of: Any, name: str, *asked: Any) -> Callable[[Any], Any]:
    (part,) = [part for part in of.parts if part.name == name]
    return lambda client: part.read(client, *asked)


def active(acme: Organization) -> list[str]:
    return [row["id"] for row in acme.projects if row["status"] == "active"]


def test_groups_and_roles_are_asked_for_by_the_thousand_and_groups_of_projects_by_the_hundred(acme, sandbox, ask):
    (first, *_) = ask(rows(groups))
    ask(rows(roles))
    ask(rows(group_members, first))
    ask(rows(project_groups, Project(id=active(acme)[0], status="active")))
    limits = {request.path.rsplit("/", 1)[1]: request.query["limit"] for request in sandbox.requests}
    assert limits["groups"] == "100"
    assert {limits["users"], limits["roles"]} == {"1000"}
    assert sandbox.requests_to("/organization/groups")[0].query["limit"] == "1000"


def test_listings_go_on_by_the_cursor_they_name(acme, sandbox, ask, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.access.MANY", {"limit": "2"})
    assert {row.id for row in ask(rows(groups))} == set(acme.groups.ids())
    asked = sandbox.requests_to("/organization/groups")
    assert len(asked) == 3
    assert "after" not in asked[0].query
    assert all(request.query["after"] in acme.groups.ids() for request in asked[1:])


@pytest.mark.parametrize("kind", ["missing_cursor", "empty_stuck", "array", "truncated", "malformed_row"])
def test_a_listing_that_does_not_say_its_end_is_no_listing(sandbox, ask, monkeypatch, kind):
    monkeypatch.setattr("seatwise.connectors.openai.access.MANY", {"limit": "2"})
    sandbox.faults.add(Fault(kind, "/organization/groups", times=None))
    with pytest.raises(Unexpected):
        ask(rows(groups))


def test_a_group_carries_who_manages_it(acme, ask):
    added = acme.add_group("From the directory", scim=True)
    (group,) = [row for row in ask(rows(groups)) if row.id == added["id"]]
    assert (group.name, group.kind, group.scim_managed) == ("From the directory", "group", True)
    assert group.created_at.timestamp() == acme.now


def test_roles_carry_permissions_in_one_order_and_the_word_they_stand_for(acme, ask):
    acme.add_role("Zoo", ["b.write", "a.read", "b.write"])
    found = {role.name: role for role in ask(rows(roles))}
    assert found["Zoo"].permissions == ("a.read", "b.write")
    assert (found["Zoo"].predefined, found["Zoo"].stands_for) == (False, None)
    assert found["Organization owner"].stands_for == "owner"
    assert found["Organization owner"].predefined is True


def test_an_assignment_carries_whose_it_is_though_the_answer_does_not(acme, ask):
    group, project = next(iter(acme.groups.ids())), active(acme)[0]
    role = acme.add_role("Auditing", ["api.usage.read"])
    acme.assign_role(role["id"], group_id=group)
    found = ask(rows(role_assignments, Group(id=group)))
    assert {(row.group_id, row.kind) for row in found} == {(group, "group")}
    assert "Auditing" in {row.name for row in found}
    acme.add_group_to_project(project, group, "viewer")
    held = [row for row in ask(rows(project_groups, Project(id=project, status="active"))) if row.group_id == group]
    assert ("viewer", project) in {(row.stands_for, row.project_id) for row in held}


def test_a_group_or_project_that_is_not_found_is_no_empty_listing(ask):
    gone, away = Group(id="group_gone"), Project(id="proj_gone", status="active")
    for listing in (rows(group_members, gone), rows(role_assignments, gone), rows(project_groups, away)):
        with pytest.raises(NotFound):
            ask(listing)


def test_a_missing_permission_is_named(acme, ask):
    acme.key.scopes = frozenset({"api.management.read"})
    for stream in (groups, roles):
        with pytest.raises(MissingPermission) as refused:
            ask(rows(stream))
        assert refused.value.permission == "api.groups.read"
        assert "api.groups.read" in stream.needs


def test_cents_become_exact_amounts_once(acme, ask):
    acme.set_spend_limit(1_999)
    acme.add_spend_alert(7, ["a@acme.example", "b@acme.example"])
    found = ask(rows(organization_limits))
    (limit,) = [row for row in found if row.what == "spend_limit"]
    assert (limit.amount, str(limit.amount), limit.currency) == (Decimal("19.99"), "19.99", "usd")
    assert (limit.interval, limit.enforcement) == ("month", "enforcing")
    alerts = {row.amount: row.names for row in found if row.what == "spend_alert"}
    assert alerts[Decimal("0.07")] == ("a@acme.example", "b@acme.example")


def test_no_limit_set_is_no_record_and_no_error(acme, ask):
    acme.set_spend_limit(None)
    assert {row.what for row in ask(rows(organization_limits))} == {"data_retention", "spend_alert"}


@pytest.mark.parametrize("body", ["html", "truncated"])
def test_an_odd_answer_for_a_single_thing_is_an_error_and_not_an_absence(sandbox, ask, body):
    sandbox.faults.add(Fault(body, "/organization/data_retention", times=None))
    with pytest.raises(VendorError):
        ask(lambda client: client.one("/organization/data_retention", RetentionRow))


def test_a_web_page_saying_404_is_no_absence(sandbox, ask):
    sandbox.faults.add(Fault("server_error", "/organization/data_retention", times=None, status=404, html=True))
    with pytest.raises(VendorError):
        ask(lambda client: client.one("/organization/data_retention", RetentionRow))


def test_one_project_tells_its_limits_and_roles(acme, ask):
    project = active(acme)[0]
    acme.set_spend_limit(5_000, project_id=project, enforcing=False)
    acme.set_models(project, "deny_list", ["gpt-5"])
    acme.set_tools(project, mcp=False)
    (limit,) = ask(one(of_one_project, "spend_limit", project, None))
    assert (str(limit.amount), limit.enforcement, limit.project_id) == ("50.00", "inactive", project)
    (models,) = ask(one(of_one_project, "models", project, None))
    assert (models.value, models.names) == ("deny_list", ("gpt-5",))
    tools = {row.name: row.value for row in ask(one(of_one_project, "hosted_tool", project, None))}
    assert tools["mcp"] == "forbidden"
    assert set(tools) == {"file_search", "web_search", "image_generation", "mcp", "code_interpreter"}
    rates = ask(one(of_one_project, "rate_limit", project, None))
    assert len(rates) == 120
    assert len({row.id for row in rates}) == 120
    named = {row.name for row in ask(one(of_one_project, "roles", project, None))}
    assert {"Project owner", "Project member", "Project viewer"} <= named


def test_one_person_tells_roles_with_where_they_come_from(acme, ask):
    person, project = next(iter(acme.users.ids())), active(acme)[0]
    group = acme.add_group("Reviewers", [person])
    acme.add_group_to_project(project, group["id"], "viewer")
    auditor = next(role for role in acme.roles if role["name"] == "Auditor")
    acme.assign_role(auditor["id"], user_id=person)
    acme.assign_role(auditor["id"], group_id=group["id"])
    (held,) = [row for row in ask(one(of_one_user, "organization", person, None)) if row.name == "Auditor"]
    assert (held.direct, held.through, held.user_id, held.project_id) == (True, (group["id"],), person, None)
    there = ask(one(of_one_user, "projects", person, project))
    assert (False, (group["id"],)) in {(row.direct, row.through) for row in there if row.stands_for == "viewer"}


def test_a_person_who_is_gone_is_said_to_be(ask):
    with pytest.raises(NotFound) as gone:
        ask(one(of_one_user, "organization", "user-gone", None))
    assert "removed" in gone.value.message


def test_the_connector_declares_what_it_reads_on_demand():
    assert openai.lookup("project") is of_one_project
    assert openai.lookup("user") is of_one_user
    assert openai.lookup("moon") is None
    assert openai.manifest.owner_role == "owner"
    names = [stream.name for stream in openai.streams]
    for stream in (groups, group_members, roles, role_assignments, project_groups, organization_limits):
        assert stream.name in names
        assert stream.summary
