"""Keys and service accounts: who owns them, who still may, and which lists tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from sandbox_description import answer_of, described, validate
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox

NOW = 1_800_000_000
DAY = 86_400
ADMIN = "/organization/admin_api_keys"


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=150, projects=6, archived_projects=1, admin_keys=9, seed=4, now=NOW)


@pytest.fixture
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


def project_of(acme: Organization, *, archived: bool = False) -> str:
    word = "archived" if archived else "active"
    return next(row["id"] for row in acme.projects if row["status"] == word)


def keys_of(acme: Organization, base_url: str, project_id: str, **query: Any) -> list[dict[str, Any]]:
    return all_rows(base_url, f"/organization/projects/{project_id}/api_keys", acme.key.value, **query)


def member_with_a_key(acme: Organization) -> tuple[str, str, str]:
    """Project, user and key of a plain member who is no owner and in no group."""
    for project_id, table in acme.api_keys.items():
        for row in table:
            user_id = (row["owner"].get("user") or {}).get("id")
            if (
                acme.projects[project_id]["status"] == "active"
                and user_id in acme.members[project_id]
                and acme.users[user_id].get("role") != "owner"
                and not any(user_id in members for members in acme.group_members.values())
            ):
                return project_id, user_id, row["id"]
    raise AssertionError("nobody")


async def test_openais_client_reads_service_accounts_and_keys_as_listed(acme: Organization, base_url: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0, "_strict_response_validation": True}
    async with AsyncOpenAI(admin_api_key=acme.key.value, **options) as client:
        projects = client.admin.organization.projects
        for project_id in [row["id"] for row in acme.projects if row["status"] == "active"]:
            accounts = [
                row.model_dump(exclude_unset=True) async for row in projects.service_accounts.list(project_id, limit=1)
            ]
            keys = [
                row.model_dump(exclude_unset=True)
                async for row in projects.api_keys.list(project_id, limit=2, owner_project_access="any")
            ]
            assert accounts == list(acme.service_accounts[project_id])
            assert keys == list(acme.api_keys[project_id])
        admin = client.admin.organization.admin_api_keys
        assert [row.id async for row in admin.list(limit=2)] == acme.admin_keys.ids()


@described
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/organization/projects/{project_id}/api_keys", {"owner_project_access": "any", "limit": 3}),
        ("/organization/projects/{project_id}/service_accounts", {"limit": 1}),
        (ADMIN, {"limit": 2}),
        (f"{ADMIN}/{{key_id}}", {}),
        ("/organization/projects/{project_id}/api_keys/{api_key_id}", {}),
        ("/organization/projects/{project_id}/service_accounts/{service_account_id}", {}),
    ],
)
def test_every_answer_fits_the_published_description(
    acme: Organization, base_url: str, path: str, query: dict[str, Any]
) -> None:
    acme.foreign_admin_rows = True
    project_id = project_of(acme)
    places = {
        "{project_id}": project_id,
        "{key_id}": acme.admin_keys.ids()[0],
        "{api_key_id}": acme.api_keys[project_id].ids()[0],
        "{service_account_id}": acme.service_accounts[project_id].ids()[0],
    }
    real = path
    for part, value in places.items():
        real = real.replace(part, value)
    key = acme.key.value
    for body in all_pages(base_url, real, key, **query) if query else [get(base_url, real, key).json]:
        validate(answer_of(path), body)


def test_who_has_access_decides_which_keys_are_listed(acme: Organization, base_url: str) -> None:
    for project_id in [row["id"] for row in acme.projects if row["status"] == "active"]:
        every = keys_of(acme, base_url, project_id, owner_project_access="any")
        active = keys_of(acme, base_url, project_id, owner_project_access="active")
        inactive = keys_of(acme, base_url, project_id, owner_project_access="inactive")
        assert every == list(acme.api_keys[project_id])
        assert active == [row for row in every if row["owner_project_access"] == "active"]
        assert inactive == [row for row in every if row["owner_project_access"] == "inactive"]
        for row in every:
            user_id = (row["owner"].get("user") or {}).get("id")
            if user_id is not None:
                assert (row["owner_project_access"] == "active") == acme.has_access(project_id, user_id)
        listed = keys_of(acme, base_url, project_id)
        for row in every:
            owner_id = row["owner"][row["owner"]["type"]]["id"]
            member = owner_id in acme.members[project_id] or owner_id in acme.service_accounts[project_id]
            assert (row in listed) == member
    answer = get(
        base_url, f"/organization/projects/{project_of(acme)}/api_keys", acme.key.value, owner_project_access="both"
    )
    assert (answer.status, answer.error["param"]) == (400, "owner_project_access")


def test_every_kind_of_key_occurs() -> None:
    acme = Organization.seeded("Acme", users=400, seed=1, now=NOW)
    keys = [row for table in acme.api_keys.values() for row in table]
    assert {row["owner"]["type"] for row in keys} == {"user", "service_account"}
    assert {row["owner_project_access"] for row in keys} == {"active", "inactive"}
    assert any("expires_at" in row for row in keys)
    assert any("expires_at" not in row for row in keys)
    used = [row["last_used_at"] for row in keys]
    assert None in used
    assert any(at is not None and at < NOW - 90 * DAY for at in used)
    assert any(at is not None and at > NOW - 3 * DAY for at in used)
    working = [
        row for row in keys if row["owner_project_access"] == "inactive" and (row["last_used_at"] or 0) > NOW - DAY
    ]
    assert working
    owners = {row["owner"]["user"]["id"] for row in keys if row["owner"]["type"] == "user"}
    assert owners - set(acme.users.ids())  # some left, and their keys are still on the list
    accounts = [row["id"] for table in acme.service_accounts.values() for row in table]
    assert {account_id[:5] for account_id in accounts} == {"user-", "svc_a"}


def test_a_users_last_key_use_is_not_before_that_of_a_key_in_use() -> None:
    acme = Organization.seeded("Acme", users=300, seed=2, now=NOW, awkward=0)
    for table in acme.api_keys.values():
        for row in table:
            user_id = (row["owner"].get("user") or {}).get("id")
            if row["last_used_at"] is not None:
                assert row["created_at"] <= row["last_used_at"] <= NOW
                if user_id in acme.users:
                    assert acme.users[user_id]["api_key_last_used_at"] >= row["last_used_at"]


def test_who_leaves_a_project_keeps_a_working_key_that_only_any_lists(acme: Organization, base_url: str) -> None:
    project_id, user_id, key_id = member_with_a_key(acme)
    assert key_id in {row["id"] for row in keys_of(acme, base_url, project_id)}
    acme.remove_member(project_id, user_id)
    assert key_id not in {row["id"] for row in keys_of(acme, base_url, project_id)}
    found = {row["id"]: row for row in keys_of(acme, base_url, project_id, owner_project_access="inactive")}
    acme.use_key(key_id)
    assert found[key_id]["owner_project_access"] == "inactive"
    assert acme.api_keys[project_id][key_id]["last_used_at"] == NOW
    group = acme.add_group("Guests", [user_id])
    acme.add_group_to_project(project_id, group["id"])
    assert acme.api_keys[project_id][key_id]["owner_project_access"] == "active"
    assert key_id not in {row["id"] for row in keys_of(acme, base_url, project_id)}
    acme.remove_user(user_id)
    assert acme.api_keys[project_id][key_id]["owner_project_access"] == "inactive"


def test_service_accounts_come_with_a_key_and_go_with_all_of_theirs(acme: Organization, base_url: str) -> None:
    project_id = project_of(acme)
    account = acme.add_service_account(project_id, "Batch")
    second = acme.add_api_key(project_id, service_account_id=account["id"], expires_at=NOW + DAY)
    mine = [row for row in keys_of(acme, base_url, project_id) if "service_account" in row["owner"]]
    owned = [row["id"] for row in mine if row["owner"]["service_account"]["id"] == account["id"]]
    assert len(owned) == 2
    assert second["expires_at"] == NOW + DAY
    acme.remove_service_account(project_id, account["id"])
    assert not set(owned) & {row["id"] for row in keys_of(acme, base_url, project_id, owner_project_access="any")}
    assert account["id"] not in acme.service_accounts[project_id]


def test_an_archived_project_tells_neither_accounts_nor_keys(acme: Organization, base_url: str) -> None:
    project_id = project_of(acme, archived=True)
    assert len(acme.api_keys[project_id]) > 0
    for what in ("service_accounts", "api_keys"):
        answer = get(base_url, f"/organization/projects/{project_id}/{what}", acme.key.value)
        assert (answer.status, answer.error["code"]) == (400, "project_archived")


def test_admin_keys_end_are_used_and_stand_among_others_rows(acme: Organization, base_url: str) -> None:
    acme.foreign_admin_rows = True
    listed = all_rows(base_url, ADMIN, acme.key.value)
    own = [row for row in listed if row["redacted_value"].startswith("sk-admin")]
    foreign = [row for row in listed if row not in own]
    assert own == list(acme.admin_keys)
    assert {row["id"] for row in foreign} <= {key for table in acme.api_keys.values() for key in table.ids()}
    assert foreign
    assert {row["expires_at"] is None for row in own} == {row["last_used_at"] is None for row in own} == {True, False}
    spare = acme.add_key("Spare", expires_at=NOW + 60)
    assert get(base_url, ADMIN, spare.value).status == 200
    acme.now += 60
    assert get(base_url, ADMIN, spare.value).error["code"] == "invalid_api_key"
    acme.use_key(spare.id)
    assert acme.admin_keys[spare.id]["last_used_at"] == acme.now
    acme.remove_key(spare.id)
    assert spare.id not in {row["id"] for row in all_rows(base_url, ADMIN, acme.key.value)}
