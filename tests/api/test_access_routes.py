"""Groups, roles, limits and access over the API: the names of the screens, the reasons, and what is not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.cli.objects import CAPABILITIES, GROUP, PROJECT, ROLE, flat
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]
Caller = Callable[[str], Client]


@pytest.fixture
def viewer(caller: Caller, copy: Any) -> Client:
    return caller("viewer")


@pytest.mark.parametrize(("path", "names"), [("groups", GROUP), ("roles", ROLE), ("projects", PROJECT)])
def test_objects_have_the_names_of_the_command_line(viewer: Client, path: str, names: Any) -> None:
    items = viewer.get(f"/api/v1/{path}").json()["items"]
    assert items
    assert all(set(names) <= set(item) for item in items)
    one = viewer.get(f"/api/v1/{path}/{items[0]['key']}").json()
    assert one[path[:-1]] == items[0]


def test_filters_are_those_of_the_screens(viewer: Client, acme: Organization) -> None:
    scim = {row["id"] for row in acme.groups if row["is_scim_managed"]}
    assert {row["id"] for row in viewer.get("/api/v1/groups?managed=scim").json()["items"]} == scim
    found = viewer.get("/api/v1/roles?search=audit_logs&sort=-name").json()["items"]
    assert "Auditor" in [row["name"] for row in found]
    assert viewer.get("/api/v1/groups?managed=nobody").status_code == 422
    assert viewer.get("/api/v1/roles?connection=nowhere").json()["items"] == []


def test_members_of_a_group_are_a_page(viewer: Client, acme: Organization) -> None:
    group = viewer.get("/api/v1/groups").json()["items"][0]
    page = viewer.get(f"/api/v1/groups/{group['key']}/members", {"limit": 2}).json()
    assert page["total"] == group["members"]
    assert len(page["items"]) == min(2, group["members"])


def test_access_comes_with_reasons_and_with_what_is_unknown(viewer: Client, acme: Organization) -> None:
    _, person = next(iter(acme.truth().members))
    key = User.objects.get(vendor_id=person, kind__in=("user", "service_account")).pk
    access = viewer.get(f"/api/v1/users/{key}/access").json()
    assert access["projects"][0]["grants"][0]["why"]
    assert any("never read" in said for said in access["unknown"])
    assert viewer.post(f"/api/v1/users/{key}/access").status_code == 403


def test_capabilities_are_those_of_the_command_line(viewer: Client, copy: Any) -> None:
    where = "/api/v1/integrations/openai/capabilities"
    of_key = viewer.get(where, {"connection": copy.pk}).json()
    assert set(flat(CAPABILITIES)) <= set(of_key)
    assert {part["name"] for part in of_key["on_demand"] if part["of"] == "project"} >= {"rate_limit", "roles"}
    assert [stream["allowed"] for stream in viewer.get(where).json()["streams"]].count(None) == len(of_key["streams"])


def test_a_project_says_who_can_do_what(viewer: Client, acme: Organization) -> None:
    project = next(each for each in viewer.get("/api/v1/projects?status=active").json()["items"] if each["members"])
    found = viewer.get(f"/api/v1/projects/{project['key']}/access", {"limit": 200}).json()
    assert {each["id"] for each in found["holders"]["items"]} == {
        user["id"] for user in acme.users if acme.has_access(project["id"], user["id"])
    }
    groups = viewer.get(f"/api/v1/projects/{project['key']}/groups").json()["items"]
    assert len(groups) == project["groups"]
    for path in ("users", "groups", "roles", "projects", "keys", "service-accounts", "audit-events"):
        assert viewer.get(f"/api/v1/{path}").json()["unknown"] == [], path


def test_an_admin_has_limits_and_roles_read(caller: Caller, copy: Any, acme: Organization) -> None:
    admin = caller("admin")
    project = admin.get("/api/v1/projects?status=active").json()["items"][0]
    acme.set_spend_limit(1_050, project_id=project["id"])
    at = f"/api/v1/projects/{project['key']}/limits"
    assert admin.get(at).json()["lookup"]["read_at"] is None
    limits = admin.post(at).json()
    assert [each["amount"] for each in limits["project"] if each["what"] == "spend_limit"] == ["10.50"]
    assert limits["rate_limits"]["total"] == 120
    assert admin.get(at, {"search": "gpt", "limit": 3}).json()["rate_limits"]["items"]
    whole = admin.get("/api/v1/limits").json()["items"]
    assert {each["what"] for each in whole} == {"spend_limit", "spend_alert", "data_retention"}
    key = User.objects.filter(kind="user", departed_at=None).values_list("pk", flat=True)[0]
    assert admin.post(f"/api/v1/users/{key}/access").json()["lookup"]["read_at"]


PATHS = ["groups/{}", "roles/{}", "users/{}/access", "projects/{}/access", "projects/{}/limits"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_there_is_not_found(caller: Caller, path: str) -> None:
    answer = caller("viewer").get(f"/api/v1/{path.format(999_999_999)}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
