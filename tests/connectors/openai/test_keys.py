"""What OpenAI's rows of keys and accounts mean: who owns them, which are whose, and what was not said."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web

from fixtures.scripted import Server, status
from seatwise.connectors.openai.client import KeyRow, open_client
from seatwise.connectors.openai.keys import admin_key, admin_keys, api_keys, is_admin, project_key, service_accounts
from seatwise.connectors.openai.sandbox import Organization, Sandbox
from seatwise.sdk.errors import Unexpected
from seatwise.sdk.records import Project

CREDENTIALS = {"admin_key": "sk-admin-" + "Zq7Lm2Xw9Rt4" * 4, "organization_id": "org-aB3dE6fG9hJ2kL5mN8pQ"}
SEARCH = Project(id="proj_1", name="Search", status="active")
ROW: dict[str, Any] = {"id": "key_1", "created_at": 1711471533}
ADA = {"id": "user-1", "name": "Ada", "email": "ada@example.com"}
BATCH = {"id": "svc_acct_1", "name": "Batch"}


def read(**fields: Any) -> Any:
    import msgspec

    return project_key(msgspec.convert(ROW | fields, KeyRow), SEARCH)


async def listed(url: str, stream: Any, *parents: Any, credentials: Any = CREDENTIALS) -> list[Any]:
    rows: list[Any] = []
    async with open_client(credentials, url) as client, aclosing(stream.list(client, *parents)) as pages:
        async for page in pages:
            rows += page
    return rows


def from_sandbox(organization: Organization, stream: Any, *parents: Any) -> list[Any]:
    credentials = {"admin_key": organization.key.value, "organization_id": organization.id}
    with Sandbox([organization]).running() as url:
        return asyncio.run(listed(url, stream, *parents, credentials=credentials))


@pytest.mark.parametrize(
    ("owner", "kind", "owner_id"),
    [
        ({"type": "user", "user": ADA}, "user", "user-1"),
        ({"type": "service_account", "service_account": BATCH}, "service_account", "svc_acct_1"),
        ({"type": "service_account", "user": ADA, "service_account": BATCH}, "service_account", "svc_acct_1"),
        ({"user": ADA}, "user", "user-1"),
        ({"service_account": BATCH}, "service_account", "svc_acct_1"),
        ({"type": "user", "user": None}, "user", None),
        ({"type": "robot", "user": ADA}, "robot", None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_an_owner_is_whom_the_word_for_it_names(owner: Any, kind: str | None, owner_id: str | None) -> None:
    key = read(owner=owner)
    assert (key.owner_kind, key.owner_id) == (kind, owner_id)


@pytest.mark.parametrize(("word", "access"), [("active", True), ("inactive", False), ("pending", None), (None, None)])
def test_access_is_known_by_known_words_alone(word: str | None, access: bool | None) -> None:
    assert read(owner_project_access=word).owner_has_access is access
    assert read().owner_has_access is None


def test_never_and_not_said_are_two_things() -> None:
    never = read(last_used_at=None, expires_at=None)
    assert (never.used, never.last_used_at, never.expires, never.expires_at) == (False, None, False, None)
    silent = read()
    assert (silent.used, silent.last_used_at, silent.expires, silent.expires_at) == (None, None, None, None)
    told = read(last_used_at=1785000000, expires_at=1795000000)
    assert (told.used, told.expires) == (True, True)
    assert told.expires_at.timestamp() == 1795000000


def test_names_may_be_missing_and_hostile_ones_are_kept_as_they_are() -> None:
    assert read(name=None, redacted_value=None).name is None
    hostile = "<script>\u202e\"'; DROP TABLE" + "W" * 500
    assert read(name=hostile, owner={"type": "user", "user": ADA | {"name": hostile}}).owner_name == hostile


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("sk-proj-abc...xyz", "sk-proj-abc...xyz"),
        ("sk-proj-********************wxyz", "sk-proj-********************wxyz"),
        ("sk-admin…def", "sk-admin…def"),
        ("sk-proj-" + "Zq7Lm2Xw9Rt4" * 4, "sk-proj-...9Rt4"),
    ],
)
def test_a_short_form_that_is_none_is_shortened(shown: str, kept: str) -> None:
    assert read(redacted_value=shown).redacted_value == kept


@pytest.mark.parametrize(
    ("shown", "own"),
    [
        ("sk-admin-abc...def", True), ("sk-proj-abc...def", False), ("sk-svcacct-abc...def", False),
        ("sk-***def", True), (None, True),
    ],
)  # fmt: skip
def test_an_admin_key_is_one_that_does_not_show_itself_as_a_projects(shown: str | None, own: bool) -> None:
    import msgspec

    row = msgspec.convert(ROW | {"redacted_value": shown}, KeyRow)
    assert is_admin(row) is own
    assert (admin_key(row).kind, admin_key(row).project_id) == ("admin", None)


def test_rows_of_projects_are_left_out_of_the_admin_keys() -> None:
    organization = Organization.seeded("Acme", users=40, seed=3)
    organization.foreign_admin_rows = True
    assert {row.id for row in from_sandbox(organization, admin_keys)} == set(organization.admin_keys.ids())


def test_keys_of_people_without_access_are_listed_too() -> None:
    organization = Organization.seeded("Acme", users=200, seed=1)
    found = 0
    for row in organization.projects:
        if row["status"] == "archived":
            continue
        keys = from_sandbox(organization, api_keys, Project(id=row["id"], status="active"))
        assert {key.id for key in keys} == set(organization.api_keys[row["id"]].ids())
        found += sum(key.owner_has_access is False for key in keys)
    assert found


def test_an_archived_project_has_no_keys_and_is_no_failure() -> None:
    organization = Organization.seeded("Acme", users=40, seed=3, archived_projects=2)
    archived = next(row["id"] for row in organization.projects if row["status"] == "archived")
    for stream in (api_keys, service_accounts):
        assert from_sandbox(organization, stream, Project(id=archived, status="active")) == []


async def test_a_project_archived_between_two_pages_ends_its_keys_there(server: Server) -> None:
    refused = {
        "error": {"message": "The project is archived", "type": "invalid_request_error", "code": "project_archived"}
    }
    page = {"object": "list", "data": [ROW], "has_more": True, "last_id": "key_1"}
    server.script = [status(200, json.dumps(page)), status(400, json.dumps(refused))]
    assert [key.id for key in await listed(server.url, api_keys, SEARCH)] == ["key_1"]


async def test_a_row_without_its_day_breaks_the_page(server: Server) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "key_1"}], "has_more": False})

    server.always = answer
    for stream, parents in ((api_keys, [SEARCH]), (service_accounts, [SEARCH]), (admin_keys, [])):
        with pytest.raises(Unexpected):
            await listed(server.url, stream, *parents)
