"""The sandbox answers as OpenAI does: judged by OpenAI's own client and by its published description, never by us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import APIResponseValidationError, AsyncOpenAI, omit
from sandbox_description import answer_of, described, validate
from sandbox_http import all_pages, get

from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def organization() -> Organization:
    """More than two pages of everything, and a third of the users with untidy data."""
    made = Organization.seeded(
        "Acme",
        users=230,
        invites=210,
        projects=205,
        members_per_project=6,
        admin_keys=25,
        groups=110,
        seed=3,
        now=NOW,
        awkward=0.3,
    )
    crowded = made.projects.ids()[0]
    for user_id in made.users.ids()[:150]:
        made.add_member(crowded, user_id)
    return made


@pytest.fixture(scope="module")
def base_url(organization: Organization) -> Iterator[str]:
    with Sandbox([organization]).running() as url:
        yield url


@pytest.fixture
def client(organization: Organization, base_url: str) -> AsyncOpenAI:
    return AsyncOpenAI(
        admin_api_key=organization.key.value,
        organization=organization.id,
        base_url=base_url,
        max_retries=0,
        _strict_response_validation=True,
    )


def read(row: Any) -> dict[str, Any]:
    """What the client understood, without the fields that were not sent."""
    found: dict[str, Any] = row.model_dump(exclude_unset=True)
    return found


async def test_openais_client_reads_every_user_as_sent(client: AsyncOpenAI, organization: Organization) -> None:
    async with client:
        rows = [read(user) async for user in client.admin.organization.users.list(limit=100)]
    assert rows == list(organization.users)


async def test_openais_client_reads_users_with_the_fewest_fields(
    client: AsyncOpenAI, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organization, "minimal_users", True)
    async with client:
        rows = [read(user) async for user in client.admin.organization.users.list(limit=100)]
    assert [row["id"] for row in rows] == organization.users.ids()
    assert set().union(*rows) == {"object", "id", "name", "email", "role", "added_at"}


async def test_openais_client_would_notice_a_field_of_the_wrong_type(organization: Organization) -> None:
    sandbox = Sandbox([organization])
    sandbox.faults.add(Fault("malformed_row", field="added_at", value="yesterday"))
    with sandbox.running() as base_url:
        options: dict[str, Any] = {"base_url": base_url, "max_retries": 0, "_strict_response_validation": True}
        async with AsyncOpenAI(admin_api_key=organization.key.value, **options) as client:
            with pytest.raises(APIResponseValidationError):
                await client.admin.organization.users.list()


async def test_openais_client_finds_users_by_email(client: AsyncOpenAI, organization: Organization) -> None:
    wanted = [row["email"] for row in organization.users if row.get("email")][:2]
    async with client:
        rows = [read(user) async for user in client.admin.organization.users.list(emails=wanted)]
    assert [row["email"] for row in rows] == wanted


async def test_openais_client_reads_every_invite(client: AsyncOpenAI, organization: Organization) -> None:
    async with client:
        rows = [read(invite) async for invite in client.admin.organization.invites.list(limit=100)]
    assert rows == list(organization.invites)


async def test_openais_client_reads_every_project_archived_ones_on_demand(
    client: AsyncOpenAI, organization: Organization
) -> None:
    async with client:
        listed = [read(project) async for project in client.admin.organization.projects.list(limit=100)]
        everything = [
            read(project) async for project in client.admin.organization.projects.list(limit=100, include_archived=True)
        ]
    assert everything == list(organization.projects)
    assert listed == [project for project in everything if project["status"] == "active"]
    assert len(listed) < len(everything)


async def test_openais_client_reads_every_member_of_a_project(client: AsyncOpenAI, organization: Organization) -> None:
    crowded = organization.projects.ids()[0]
    async with client:
        rows = [read(user) async for user in client.admin.organization.projects.users.list(crowded, limit=100)]
    assert rows == list(organization.members[crowded])
    assert len(rows) >= 150


async def test_openais_client_pages_admin_keys_by_their_last_row(
    client: AsyncOpenAI, organization: Organization
) -> None:
    async with client:
        oldest = [read(key) async for key in client.admin.organization.admin_api_keys.list(limit=10)]
        newest = [read(key) async for key in client.admin.organization.admin_api_keys.list(limit=10, order="desc")]
    assert oldest == list(organization.admin_keys)
    assert newest == oldest[::-1]


async def test_openais_client_pages_groups_by_next(client: AsyncOpenAI, organization: Organization) -> None:
    async with client:
        rows = [read(group) async for group in client.admin.organization.groups.list()]
        newest = [read(group) async for group in client.admin.organization.groups.list(limit=7, order="desc")]
    assert rows == list(organization.groups)
    assert newest == rows[::-1]


async def test_openais_client_pages_costs_by_token(client: AsyncOpenAI) -> None:
    starts: list[int] = []
    page: str | None = None
    async with client:
        while True:
            answer = await client.admin.organization.usage.costs(
                start_time=NOW - 30 * 86_400, group_by=["project_id", "line_item"], page=page or omit
            )
            starts += [bucket.start_time for bucket in answer.data]
            page = answer.next_page
            if not answer.has_more:
                break
    first = (NOW - 30 * 86_400) // 86_400 * 86_400
    assert starts == list(range(first, NOW, 86_400))


async def test_openais_client_reads_one_of_each(client: AsyncOpenAI, organization: Organization) -> None:
    admin, project_id = client.admin.organization, organization.projects.ids()[0]
    user_id, invite_id = organization.users.ids()[0], organization.invites.ids()[0]
    async with client:
        assert read(await admin.users.retrieve(user_id)) == organization.users[user_id]
        assert read(await admin.invites.retrieve(invite_id)) == organization.invites[invite_id]
        assert read(await admin.projects.retrieve(project_id)) == organization.projects[project_id]
        member = read(await admin.projects.users.retrieve(user_id, project_id=project_id))
        assert member == organization.members[project_id][user_id]


@described
@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/organization/users", {"limit": 100}),
        ("/organization/invites", {"limit": 100}),
        ("/organization/projects", {"limit": 100, "include_archived": "true"}),
        ("/organization/projects/{project_id}/users", {"limit": 100}),
        ("/organization/admin_api_keys", {"limit": 10}),
        ("/organization/groups", {"limit": 100}),
        (
            "/organization/costs",
            {
                "start_time": NOW - 8 * 86_400,
                "end_time": NOW - 5 * 86_400,
                "limit": 2,
                "group_by__": ["line_item"],
            },
        ),
        ("/organization/users/{user_id}", {}),
        ("/organization/invites/{invite_id}", {}),
        ("/organization/projects/{project_id}", {}),
        ("/organization/projects/{project_id}/users/{user_id}", {}),
    ],
)
def test_every_answer_fits_the_published_description(
    organization: Organization,
    base_url: str,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    query: dict[str, Any],
    minimal: bool,
) -> None:
    monkeypatch.setattr(organization, "minimal_users", minimal)
    ids = {"{user_id}": organization.users, "{invite_id}": organization.invites, "{project_id}": organization.projects}
    real = path
    for part, table in ids.items():
        real = real.replace(part, table.ids()[0])
    key = organization.key.value
    bodies = all_pages(base_url, real, key, **query) if query else [get(base_url, real, key).json]
    assert len(bodies) > 1 or not query
    for body in bodies:
        validate(answer_of(path), body)


@described
@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/organization/users", None, 401),
        ("/organization/users", "sk-admin-unknown-unknown-unknown", 401),
        ("/organization/users?limit=500", "", 400),
        ("/organization/users?after=user-gone", "", 400),
        ("/organization/users/user-gone", "", 404),
        ("/organization/projects/proj_gone/users", "", 404),
        ("/organization/costs", "", 400),
        ("/no/such/thing", "", 404),
    ],
)
def test_every_refusal_fits_the_published_description(
    organization: Organization, base_url: str, path: str, key: str | None, status: int
) -> None:
    path, _, text = path.partition("?")
    query: dict[str, Any] = dict([text.split("=")]) if text else {}
    answer = get(base_url, path, organization.key.value if key == "" else key, **query)
    assert answer.status == status
    validate("/components/schemas/ErrorResponse", answer.json)
