"""Listings, page by page: whole or an error, never short and never without end."""

import asyncio
import gzip
import json
import time
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.scripted import Handler, Server, serving, status
from seatwise.connectors.openai import client as wire
from seatwise.connectors.openai.client import (
    Client,
    InviteRow,
    ProjectRow,
    UserRow,
    open_client,
)
from seatwise.connectors.openai.sandbox import Organization, Sandbox
from seatwise.sdk.errors import Unavailable, Unexpected

CREDENTIALS = {"admin_key": "sk-admin-" + "Zq7Lm2Xw9Rt4" * 4, "organization_id": "org-aB3dE6fG9hJ2kL5mN8pQ"}
USERS = "/organization/users"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.01)


def row(number: int) -> dict[str, Any]:
    return {"object": "organization.user", "id": f"user-{number}", "added_at": 1711471533}


def page(rows: list[Any], last_id: str | None = None, **fields: Any) -> Handler:
    body = {"object": "list", "data": rows, "has_more": last_id is not None, "last_id": last_id, **fields}
    return status(200, json.dumps({name: value for name, value in body.items() if value is not ...}))


async def listed(
    client: Client, row_type: type[Any] = UserRow, path: str = USERS, *, into: list[Any] | None = None, **options: Any
) -> list[Any]:
    rows = [] if into is None else into
    async with aclosing(client.pages(path, row_type, **options)) as pages:
        async for one in pages:
            rows += one.rows()
    return rows


async def listed_from(server: Server, row_type: type[Any] = UserRow) -> list[Any]:
    async with open_client(CREDENTIALS, server.url) as client:
        return await listed(client, row_type)


def cursors(server: Server) -> list[str | None]:
    return [request.query.get("after") for _, request in server.seen]


@pytest.mark.parametrize("users", [0, 1, 99, 100, 101, 250])
def test_a_whole_listing_takes_the_fewest_requests(users):
    organization = Organization.seeded("Acme", users=users or 1, projects=1)
    for user in list(organization.users.ids())[users:]:
        organization.remove_user(user)
    sandbox = Sandbox([organization])

    async def everyone() -> list[Any]:
        credentials = {"admin_key": organization.key.value, "organization_id": organization.id}
        async with open_client(credentials, url) as client:
            return await listed(client, first=True)

    with sandbox.running() as url:
        rows = asyncio.run(everyone())
    assert [one.id for one in rows] == list(organization.users.ids())
    assert len(sandbox.requests) == max(1, -(-users // 100))
    assert {request.query["limit"] for request in sandbox.requests} == {"100"}


async def test_every_page_is_asked_for_with_the_same_parameters(server):
    server.script = [page([], "a"), page([], "b"), page([])]
    async with open_client(CREDENTIALS, server.url) as client:
        await listed(client, ProjectRow, "/organization/projects", params={"include_archived": "true"})
    for _, request in server.seen:
        assert (request.query["include_archived"], request.query["limit"]) == ("true", "100")
    assert cursors(server) == [None, "a", "b"]


def test_the_next_page_is_on_its_way_before_anyone_looks_at_this_one():
    organization = Organization.seeded("Acme", users=250, projects=1)
    sandbox = Sandbox([organization])

    async def first_page() -> None:
        credentials = {"admin_key": organization.key.value, "organization_id": organization.id}
        async with open_client(credentials, url) as client, aclosing(client.pages(USERS, UserRow)) as pages:
            for number in (2, 3):
                await anext(pages)
                deadline = time.monotonic() + 10
                while len(sandbox.requests) < number:  # the loop stands still meanwhile, as while rows are written
                    assert time.monotonic() < deadline
                    time.sleep(0.01)  # noqa: ASYNC251

    with sandbox.running() as url:
        asyncio.run(first_page())


async def test_who_stops_in_the_middle_leaves_nothing_running(server):
    server.always = page([row(1)], "a")
    async with open_client(CREDENTIALS, server.url) as client:
        async with aclosing(client.pages(USERS, UserRow)) as pages:
            await anext(pages)
        assert asyncio.all_tasks() == {asyncio.current_task(), *server_tasks()}


def server_tasks() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if "RequestHandler" in repr(task.get_coro())}


async def test_an_empty_page_that_goes_on_is_gone_beyond(server):
    server.script = [page([], "a"), page([row(1)], "b"), page([], "c"), page([row(2)])]
    assert [one.id for one in await listed_from(server)] == ["user-1", "user-2"]


MALFORMED = {
    "no cursor": page([row(1)], has_more=True),
    "an empty cursor": page([row(1)], "", has_more=True),
    "a cursor that is a number": page([row(1)], last_id=7, has_more=True),
    "an end that is not stated": page([row(1)], has_more=...),
    "an end that is null": page([row(1)], has_more=None),
    "an end in words": page([row(1)], has_more="false"),
    "no data": page(..., "b"),  # type: ignore[arg-type]
    "null for data": page(None),  # type: ignore[arg-type]
    "an object for data": page({"0": row(1)}),  # type: ignore[arg-type]
    "text for data": page("[]"),  # type: ignore[arg-type]
    "an empty object": status(200, "{}"),
    "an array": status(200, json.dumps([row(1)])),
    "null": status(200, "null"),
    "nothing": status(200, ""),
    "a web page": status(200, "<html>Checking your browser</html>", content_type="text/html"),
    "JSON that always breaks off": status(200, json.dumps({"data": [row(1)], "has_more": False})[:-9]),
    "two documents": status(200, '{"data": [], "has_more": false}{}'),
    "no content": status(204, ""),
    "a redirect": status(302, "", Location="/elsewhere"),
    "bytes that are no text": lambda request: answer_bytes(b'{"data": ["\xff"], "has_more": false, "last_id": "\xff"}'),
}


async def answer_bytes(body: bytes, **headers: str) -> web.Response:
    return web.Response(body=body, headers=headers)


@pytest.mark.parametrize("second", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_page_is_an_error_and_never_the_end(server, second):
    server.script = [page([row(1)], "a")]
    server.always = second
    seen: list[Any] = []
    async with open_client(CREDENTIALS, server.url) as client:
        with pytest.raises(Unexpected) as caught:
            await listed(client, into=seen)
    assert [one.id for one in seen] == ["user-1"]
    assert "OpenAI" in str(caught.value)
    assert USERS in str(caught.value) + caught.value.detail


@pytest.mark.parametrize("period", [1, 2, 5])
async def test_a_listing_in_a_circle_ends_in_an_error(server, period):
    async def turning(request: web.Request) -> web.StreamResponse:
        number = len(server.seen)
        return await page([row(number)], f"cursor-{number % period}")(request)

    server.always = turning
    with pytest.raises(Unexpected, match="circle"):
        await listed_from(server)
    assert len(server.seen) == period + 1


async def test_a_listing_without_end_is_given_up(server, monkeypatch):
    async def endless(request: web.Request) -> web.StreamResponse:
        return await page([], f"cursor-{len(server.seen)}")(request)

    monkeypatch.setattr(wire, "MOST_PAGES", 30)
    server.always = endless
    with pytest.raises(Unexpected, match="no end"):
        await listed_from(server)
    assert len(server.seen) <= 31


async def half_packed(request: web.Request) -> web.StreamResponse:
    packed = gzip.compress(json.dumps({"data": [row(number) for number in range(99)], "has_more": False}).encode())
    return await answer_bytes(packed[: len(packed) // 2], **{"Content-Encoding": "gzip"})


@pytest.mark.parametrize("broken", [status(200, '{"data": [{"id": "us'), half_packed], ids=["text", "packed"])
async def test_a_page_that_breaks_off_is_asked_for_again(server, broken):
    server.script = [broken, broken, page([row(1)])]
    assert len(await listed_from(server)) == 1
    server.script = [broken] * 3
    with pytest.raises((Unexpected, Unavailable)):
        await listed_from(server)


WRONG_ROWS = [
    {"added_at": 1},
    {"id": "", "added_at": 1},
    {"id": None, "added_at": 1},
    {"id": 7, "added_at": 1},
    {"id": "user-1"},
    {"id": "user-1", "added_at": None},
    {"id": "user-1", "added_at": "2026-01-01"},
    {"id": "user-1", "added_at": 1.5},
    {"id": "user-1", "added_at": -1},
    {"id": "user-1", "added_at": 10**18},
    {"id": "user-1", "added_at": 1, "email": 7},
    {"id": "user-1", "added_at": 1, "user": []},
    {"id": "user-1", "added_at": 1, "user": {"enabled": "yes"}},
    None,
    "user-1",
    [],
]


@pytest.mark.parametrize("wrong", WRONG_ROWS, ids=repr)
async def test_a_page_with_one_wrong_row_is_refused_whole(server, wrong):
    server.script = [page([row(1), wrong])]
    with pytest.raises(Unexpected, match=USERS):
        await listed_from(server)


async def test_what_was_not_sent_is_as_unknown_as_what_was_sent_as_nothing(server):
    spare = {"object": "organization.user", "id": "user-1", "added_at": 5}
    nulls = spare | {"email": None, "role": None, "user": None, "is_service_account": None}
    full = spare | {"user": {"id": "user-1", "enabled": False, "banned_at": None, "picture": "x"}, "brand": {"new": 1}}
    server.script = [page([spare, nulls, full])]
    one, two, three = await listed_from(server)
    for some in one, two:
        assert (some.email, some.role, some.user, some.is_service_account) == (None,) * 4
    assert (three.user.enabled, three.user.banned, three.user.banned_at) == (False, None, None)


async def test_invites_are_read_with_and_without_what_older_answers_lack(server):
    base = {"id": "invite-1", "email": "cy@example.com", "role": "reader", "status": "pending"}
    server.script = [
        page(
            [
                base | {"created_at": 5, "expires_at": 9, "projects": [{"id": "proj_1", "role": "member"}]},
                base | {"invited_at": 5, "projects": []},
            ]
        )
    ]
    new, old = await listed_from(server, InviteRow)
    assert (new.created_at, new.projects[0].id, new.projects[0].role) == (5, "proj_1", "member")
    assert (old.created_at, old.invited_at, old.projects, old.expires_at) == (None, 5, [], None)


async def test_a_page_keeps_its_bytes_as_they_came(server):
    server.script = [page([row(1)], "a"), page([])]
    async with open_client(CREDENTIALS, server.url) as client, aclosing(client.pages(USERS, UserRow)) as pages:
        numbers = [(one.number, json.loads(one.raw)["has_more"]) async for one in pages]
    assert numbers == [(1, True), (2, False)]


some = st.sampled_from
parts = st.fixed_dictionaries(
    {"data": some([[row(1)], [row(1), row(2)], [], None, ..., {}, "x"]) | st.just([row(3)]) | st.just([row(4)])},
    optional={
        "has_more": some([True, True, True, True, False, None, "false", 0]),
        "last_id": some(["a", "b", "c", "d", "e", None, "", 5]),
    },
)


def walked(script: list[dict[str, Any]]) -> tuple[list[str | None], list[str] | None]:
    """The rules again, as plainly as can be: the cursors to be sent, and the ids; None where it must be an error."""
    sent: list[str | None] = [None]
    ids: list[str] = []
    for parts in script:
        if not isinstance(parts["data"], list) or not isinstance(parts.get("has_more"), bool):
            return sent, None
        last = parts.get("last_id")
        if parts["has_more"] and (not isinstance(last, str) or not last or last in sent):
            return sent, None
        if not parts["has_more"] and last == 5:  # a number is no cursor, not even one that nobody needs
            return sent, None
        ids += [one["id"] for one in parts["data"]]
        if not parts["has_more"]:
            return sent, ids
        sent.append(last)
    return sent, ids


@settings(max_examples=150, deadline=None)
@given(st.lists(parts, max_size=7))
def test_wild_pages_give_the_whole_listing_or_an_error(script):
    expected_cursors, expected = walked(script)

    async def walk() -> tuple[list[str | None], list[str] | None]:
        async with serving(Server()) as server:
            server.script = [
                status(200, json.dumps({name: value for name, value in parts.items() if value is not ...}))
                for parts in ({"has_more": ..., **parts} for parts in script)
            ]
            server.always = page([])
            try:
                return_value = [one.id for one in await listed_from(server)]
            except Unexpected:
                return cursors(server), None
            return cursors(server), return_value

    assert asyncio.run(walk()) == (expected_cursors, expected)
