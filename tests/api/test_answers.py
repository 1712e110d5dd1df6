"""What routes answer: the names scripts know, pages by cursor, one shape for whatever is no success."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.cli.objects import CHANGE, CONNECTION, PROJECT, RUN, USER, Names
from seatwise.connectors.openai.sandbox import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]
FORGED = ["null", "[]", "[false]", "[true,1]", '[false,"x","y"]', '[false,{"a":1},[]]', "[false,1e999,1]"]
FORGED += ['[false,"\\u0000",9e99]', "[false,1,1e99]", "[true,null,null]"]
Caller = Callable[[str], Client]


@pytest.fixture
def viewer(caller: Caller, copy: Any) -> Client:
    return caller("viewer")


def has(names: Names, found: Any) -> bool:
    """Whether the object and those in its lists have these names."""
    outer = {name if isinstance(name, str) else name[0] for name in names} <= set(found)
    return outer and all(has(name[1], part) for name in names if isinstance(name, tuple) for part in found[name[0]])


@pytest.mark.parametrize(
    ("path", "names"),
    [("users", USER), ("projects", PROJECT), ("connections", CONNECTION), ("runs", RUN), ("changes", CHANGE)],
)
def test_objects_have_the_names_of_the_command_line(viewer: Client, path: str, names: Names) -> None:
    (first, *_) = items = viewer.get(f"/api/v1/{path}").json()["items"]
    assert first
    assert all(has(names, item) for item in items)


def test_pages_lead_through_everybody_and_back(viewer: Client, acme: Organization) -> None:
    def page(cursor: str) -> Any:
        return viewer.get("/api/v1/users", {"kind": "user", "limit": 40, "cursor": cursor}).json()

    pages = [page("")]
    while following := pages[-1]["next"]:
        pages.append(page(following))
    keys = [item["key"] for each in pages for item in each["items"]]
    assert len(keys) == len(set(keys)) == pages[0]["total"]
    assert pages[0]["previous"] is None
    assert page(pages[-1]["previous"])["items"] == pages[-2]["items"]


def test_filters_are_those_of_the_screens(viewer: Client) -> None:
    owners = viewer.get("/api/v1/users", {"role": "owner", "status": ["active", "disabled"], "sort": "-name"}).json()
    assert owners["items"]
    assert {(user["role"], user["status"]) for user in owners["items"]} <= {("owner", "active"), ("owner", "disabled")}
    assert viewer.get("/api/v1/users", {"connection": "nowhere"}).json()["items"] == []
    assert viewer.get("/api/v1/changes", {"since": "2999-01-01T00:00:00Z"}).json()["items"] == []


def test_one_user_one_project_one_run(viewer: Client) -> None:
    user = viewer.get("/api/v1/users").json()["items"][0]
    found = viewer.get(f"/api/v1/users/{user['key']}").json()
    assert found["user"] == user
    assert found["status_rule"]
    project = next(each for each in viewer.get("/api/v1/projects").json()["items"] if each["members"])
    members = viewer.get(f"/api/v1/projects/{project['key']}").json()["members"]
    assert len(members) == project["members"]
    run = viewer.get("/api/v1/runs").json()["items"][0]
    assert viewer.get(f"/api/v1/runs/{run['id']}").json() == run


def test_holders_are_as_many_as_the_license_says(viewer: Client) -> None:
    (info,) = viewer.get("/api/v1/licenses").json()["items"]
    for group in ("assigned", "idle", "invited", "unknown"):
        assert viewer.get("/api/v1/licenses/openai/users", {"group": group}).json()["total"] == info[group]


def test_a_sync_is_made_due_and_its_schedule_paused(caller: Caller, copy: Any) -> None:
    admin, at = caller("admin"), f"/api/v1/connections/{copy.pk}"
    asked = admin.post(f"{at}/sync")
    assert asked.status_code == 202
    assert asked.json()["next_sync_at"] is not None
    assert admin.post(f"{at}/cancel").json() == {"canceled": False}
    assert admin.post(f"{at}/pause").json()["paused"] is True
    assert admin.post(f"{at}/resume").json()["paused"] is False


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "users/999999", 404, "not_found"),
        ("get", "users?limit=0", 422, "refused"),
        ("get", "users?cursor=abc", 422, "refused"),
        ("get", "users/none", 422, "refused"),
        ("get", "nothing/here", 404, "not_found"),
        ("get", "", 404, "not_found"),
        ("delete", "users", 405, "method_not_allowed"),
        ("post", "connections/999999/sync", 404, "not_found"),
    ],
)
def test_failures_have_one_shape(caller: Caller, method: str, path: str, status: int, code: str) -> None:
    answer = getattr(caller("owner"), method)(f"/api/v1/{path}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert set(error) == {"code", "message", "fields", "detail"}
    assert error["message"]


def test_a_wrong_parameter_is_named(viewer: Client) -> None:
    error = viewer.get("/api/v1/users?limit=0&status=asleep").json()["error"]
    assert set(error["fields"]) == {"limit", "status"}


def test_a_disconnected_connection_cannot_sync(caller: Caller, copy: Any) -> None:
    from seatwise.services.connections import disconnect
    from seatwise.services.rights import SYSTEM

    disconnect(SYSTEM, connection=copy.pk)
    answer = caller("admin").post(f"/api/v1/connections/{copy.pk}/sync")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("path", ["users", "projects", "runs", "changes"])
def test_a_forged_cursor_is_refused(viewer: Client, path: str) -> None:
    for values in FORGED:
        cursor = urlsafe_b64encode(values.encode()).decode().rstrip("=")
        assert viewer.get(f"/api/v1/{path}", {"cursor": cursor}).status_code in (200, 422), values


def test_a_failure_of_ours_says_so_and_no_more(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    viewer.raise_request_exception = False

    def broken(execute: Any, sql: str, *rest: Any) -> Any:
        if "store_run" in sql:
            raise RuntimeError("the disk is gone: sk-admin-secret")
        return execute(sql, *rest)

    with connection.execute_wrapper(broken):
        answer = viewer.get("/api/v1/runs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "disk" not in answer.content.decode()
