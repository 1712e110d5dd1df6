"""The floor: aiohttp, msgspec structs of the stored fields, sqlite3. No retries, no history, no change detection."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
from target import BASE_URL, KEY, LARGEST, ORGANIZATION, PLACES, Target, finished


class Account(msgspec.Struct):
    enabled: bool | None = None
    banned: bool | None = None
    banned_at: int | None = None


class User(msgspec.Struct):
    id: str
    email: str | None = None
    name: str | None = None
    role: str | None = None
    added_at: int | None = None
    api_key_last_used_at: int | None = None
    is_service_account: bool | None = None
    is_scim_managed: bool | None = None
    user: Account | None = None


class Invite(msgspec.Struct):
    id: str
    email: str | None = None
    role: str | None = None
    status: str | None = None
    created_at: int | None = None
    expires_at: int | None = None
    accepted_at: int | None = None
    projects: msgspec.Raw = msgspec.Raw(b"null")


class Project(msgspec.Struct):
    id: str
    name: str | None = None
    status: str | None = None
    created_at: int | None = None
    archived_at: int | None = None


class Member(msgspec.Struct):
    id: str
    role: str | None = None
    added_at: int | None = None


NOBODY = Account()


def user(row: User) -> tuple[Any, ...]:
    account = row.user or NOBODY
    return (
        row.id, row.email, row.name, row.role, row.added_at, row.api_key_last_used_at, row.is_service_account,
        row.is_scim_managed, account.enabled, account.banned, account.banned_at,
    )  # fmt: skip


def invite(row: Invite) -> tuple[Any, ...]:
    projects = bytes(row.projects).decode()
    return row.id, row.email, row.role, row.status, row.created_at, row.expires_at, row.accepted_at, projects


def page_of(row: type) -> msgspec.json.Decoder[Any]:
    fields = [("data", list[row]), ("has_more", bool), ("last_id", str | None, None)]  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Page", fields))


USERS, INVITES, PROJECTS, MEMBERS = map(page_of, (User, Invite, Project, Member))


async def main() -> None:
    target = Target()
    places = asyncio.Semaphore(PLACES)
    headers = {"Authorization": f"Bearer {KEY}", "OpenAI-Organization": ORGANIZATION}
    connector = aiohttp.TCPConnector(limit=PLACES + 1)

    async def pages(path: str, decoder: msgspec.json.Decoder[Any], keep: Callable[[list[Any]], None]) -> None:
        query = {"limit": f"{LARGEST}"}
        if path == "/organization/projects":
            query["include_archived"] = "true"
        while True:
            async with places, session.get(BASE_URL + path, params=query) as answer:
                answer.raise_for_status()
                body = await answer.read()
            page = decoder.decode(body)
            keep(page.data)
            if not page.has_more:
                return
            query["after"] = page.last_id

    def keep_projects(rows: list[Project]) -> None:
        target.write("projects", [(p.id, p.name, p.status, p.created_at, p.archived_at) for p in rows])
        for project in rows:
            if project.status != "archived":
                members.create_task(pages(f"/organization/projects/{project.id}/users", MEMBERS, keeper(project.id)))

    def keeper(project: str) -> Callable[[list[Member]], None]:
        return lambda rows: target.write(
            "members", [(f"{project}/{m.id}", project, m.id, m.role, m.added_at) for m in rows]
        )

    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        async with asyncio.TaskGroup() as members:
            members.create_task(
                pages("/organization/users", USERS, lambda rows: target.write("users", map(user, rows)))
            )
            members.create_task(
                pages("/organization/invites", INVITES, lambda rows: target.write("invites", map(invite, rows)))
            )
            members.create_task(pages("/organization/projects", PROJECTS, keep_projects))
        finished()


asyncio.run(main())
