"""Groups, roles and who has which role through what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from sandbox_description import answer_of, described, validate
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox

NOW = 1_800_000_000


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=150, projects=6, groups=7, seed=4, now=NOW, awkward=0)


@pytest.fixture
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


def places(acme: Organization) -> dict[str, str]:
    """A project with a group in it, that group, a member of both levels and a role of each."""
    project_id = next(each for each, table in acme.project_groups.items() if len(table))
    return {
        "{project_id}": project_id,
        "{group_id}": acme.project_groups[project_id].ids()[0],
        "{user_id}": acme.members[project_id].ids()[0],
    }


def real(path: str, acme: Organization) -> str:
    for part, value in places(acme).items():
        path = path.replace(part, value)
    return path


LISTS = [
    "/organization/groups",
    "/organization/groups/{group_id}/users",
    "/organization/roles",
    "/projects/{project_id}/roles",
    "/organization/projects/{project_id}/groups",
    "/organization/users/{user_id}/roles",
    "/organization/groups/{group_id}/roles",
    "/projects/{project_id}/users/{user_id}/roles",
    "/projects/{project_id}/groups/{group_id}/roles",
]


@described
@pytest.mark.parametrize("path", LISTS)
def test_every_list_and_each_of_its_rows_fit_the_published_description(
    acme: Organization, base_url: str, path: str
) -> None:
    found = 0
    key, part = acme.key.value, {"users": "user_id", "roles": "role_id", "groups": "group_id"}[path.rpartition("/")[2]]
    for body in all_pages(base_url, real(path, acme), key, limit=2):
        validate(answer_of(path), body)
        for row in body["data"]:
            found += 1
            one = row.get("id") or row["group_id"]
            answer = get(base_url, f"{real(path, acme)}/{one}", key)
            assert answer.status == 200
            validate(answer_of(f"{path}/{{{part}}}"), answer.json)
    assert found or path == "/organization/groups/{group_id}/roles"


@pytest.mark.parametrize("path", LISTS)
def test_all_of_it_needs_the_right_to_read_groups(acme: Organization, base_url: str, path: str) -> None:
    assert get(base_url, real(path, acme), acme.add_key(scopes=frozenset({"api.groups.read"})).value).status == 200
    answer = get(base_url, real(path, acme), acme.add_key(scopes=frozenset({"api.management.read"})).value)
    assert answer.status == 403
    assert "Missing scopes: api.groups.read." in answer.error["message"]


async def test_openais_client_reads_all_of_it(acme: Organization, base_url: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0, "_strict_response_validation": True}
    where = places(acme)
    project_id, group_id, user_id = where["{project_id}"], where["{group_id}"], where["{user_id}"]
    async with AsyncOpenAI(admin_api_key=acme.key.value, **options) as client:
        admin = client.admin.organization
        members = [row.model_dump(exclude_unset=True) async for row in admin.groups.users.list(group_id, limit=3)]
        assert members == list(acme.group_members[group_id])[::-1]
        assert [row.id async for row in admin.roles.list(limit=2)] == acme.roles.ids()
        roles = [row.model_dump(exclude_unset=True) async for row in admin.projects.roles.list(project_id, limit=2)]
        assert roles == list(acme.project_roles[project_id])
        inside = [row.model_dump(exclude_unset=True) async for row in admin.projects.groups.list(project_id, limit=1)]
        assert inside == list(acme.project_groups[project_id])
        lists: list[tuple[Any, Any]] = [
            (admin.users.roles.list(user_id), acme.roles_of(user_id=user_id)),
            (admin.groups.roles.list(group_id), acme.roles_of(group_id=group_id)),
            (
                admin.projects.users.roles.list(user_id, project_id=project_id),
                acme.roles_of(user_id=user_id, project_id=project_id),
            ),
            (
                admin.projects.groups.roles.list(group_id, project_id=project_id),
                acme.roles_of(group_id=group_id, project_id=project_id),
            ),
        ]
        for listed, truth in lists:
            assert [row.model_dump(exclude_unset=True) async for row in listed] == list(truth)


def test_a_groups_members_come_newest_first(acme: Organization, base_url: str) -> None:
    group = acme.add_group("Pilots", acme.users.ids()[:3])
    path = f"/organization/groups/{group['id']}/users"
    assert [row["id"] for row in all_rows(base_url, path, acme.key.value, limit=2)] == acme.users.ids()[2::-1]
    assert [row["id"] for row in all_rows(base_url, path, acme.key.value, order="asc")] == acme.users.ids()[:3]
    assert get(base_url, path, acme.key.value, limit=0).json["data"] == []
    assert get(base_url, path, acme.key.value, limit=1001).status == 400


def test_a_role_is_listed_once_with_every_way_it_came(acme: Organization, base_url: str) -> None:
    user_id = next(row["id"] for row in acme.users if row["role"] == "reader" and not row["is_service_account"])
    role = acme.add_role("Night watch", ["api.usage.read"], description="Looks at the bill")
    groups = [acme.add_group(name, [user_id])["id"] for name in ("North", "South")]
    for group_id in groups:
        acme.assign_role(role["id"], group_id=group_id)
    acme.assign_role(role["id"], user_id=user_id)
    path = f"/organization/users/{user_id}/roles"
    found = {row["id"]: row for row in all_rows(base_url, path, acme.key.value)}
    assert found[role["id"]]["assignment_sources"] == [
        {"principal_id": user_id, "principal_type": "user"},
        *({"principal_id": group_id, "principal_type": "group"} for group_id in groups),
    ]
    plain = found[f"role-api-organization-reader__api-organization__{acme.id}"]
    assert (plain["predefined_role"], plain["assignment_sources"][0]["principal_id"]) == (True, user_id)
    acme.unassign_role(role["id"], user_id=user_id)
    acme.remove_group(groups[0])
    (left,) = [row for row in all_rows(base_url, path, acme.key.value) if row["id"] == role["id"]]
    assert [source["principal_id"] for source in left["assignment_sources"]] == groups[1:]
    acme.remove_role(role["id"])
    assert role["id"] not in {row["id"] for row in all_rows(base_url, path, acme.key.value)}


def test_a_group_brings_its_members_into_a_project(acme: Organization, base_url: str) -> None:
    project = acme.add_project("Moon")
    user_id = next(row["id"] for row in acme.users if row["role"] == "reader")
    group = acme.add_group("Crew", [user_id])
    path = f"/projects/{project['id']}/users/{user_id}/roles"
    assert all_rows(base_url, path, acme.key.value) == []
    acme.add_group_to_project(project["id"], group["id"], role="viewer")
    (row,) = all_rows(base_url, path, acme.key.value)
    assert row["id"] == f"role-api-project-viewer__api-project__{project['id']}"
    assert row["assignment_sources"] == [{"principal_id": group["id"], "principal_type": "group"}]
    (listed,) = all_rows(base_url, f"/organization/projects/{project['id']}/groups", acme.key.value)
    assert "id" not in listed
    assert listed["group_name"] == "Crew"
    acme.rename_group(group["id"], "Astronauts")
    (listed,) = all_rows(base_url, f"/organization/projects/{project['id']}/groups", acme.key.value)
    assert listed["group_name"] == "Astronauts"
    acme.remove_from_group(group["id"], user_id)
    assert all_rows(base_url, path, acme.key.value) == []


@pytest.mark.parametrize(
    "path",
    [
        "/organization/groups/group_none/users",
        "/organization/groups/group_none/roles",
        "/organization/users/user-none/roles",
        "/projects/proj_none/roles",
        "/organization/roles/role_none",
    ],
)
def test_what_does_not_exist_is_not_found(acme: Organization, base_url: str, path: str) -> None:
    answer = get(base_url, path, acme.key.value)
    assert (answer.status, answer.error["type"]) == (404, "invalid_request_error")
