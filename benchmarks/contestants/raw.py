"""The floor: aiohttp, msgspec structs of the stored fields, sqlite3. No retries, no history, no change detection."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
from jobs import PATHS, spend_query
from target import BASE_URL, JOB, KEY, LARGEST, ORGANIZATION, PLACES, SINCE, Target, finished

Keep = Callable[[list[Any]], None]


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


class ServiceAccount(msgspec.Struct):
    id: str
    name: str | None = None
    role: str | None = None
    created_at: int | None = None


class Person(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    email: str | None = None


class Owner(msgspec.Struct):
    type: str | None = None
    id: str | None = None
    name: str | None = None
    user: Person | None = None
    service_account: Person | None = None


class Key(msgspec.Struct):
    id: str
    name: str | None = None
    redacted_value: str | None = None
    created_at: int | None = None
    last_used_at: int | None = None
    expires_at: int | None = None
    owner_project_access: str | None = None
    owner: Owner | None = None


class Used(msgspec.Struct):
    project_id: str | None = None
    user_id: str | None = None
    api_key_id: str | None = None
    model: str | None = None
    batch: bool | None = None
    service_tier: str | None = None
    num_model_requests: int = 0
    input_tokens: int = 0
    input_cached_tokens: int = 0
    output_tokens: int = 0


class Amount(msgspec.Struct):
    value: msgspec.Raw
    currency: str


class Cost(msgspec.Struct):
    amount: Amount
    project_id: str | None = None
    line_item: str | None = None
    api_key_id: str | None = None
    user_id: str | None = None
    quantity: float | None = None
    quantity_unit: str | None = None


class UsageDay(msgspec.Struct):
    start_time: int
    results: list[Used]


class CostDay(msgspec.Struct):
    start_time: int
    results: list[Cost]


NOBODY = Account()
NOBODYS = Owner()
NAMELESS = Person()


def user(row: User) -> tuple[Any, ...]:
    account = row.user or NOBODY
    return (
        row.id, row.email, row.name, row.role, row.added_at, row.api_key_last_used_at, row.is_service_account,
        row.is_scim_managed, account.enabled, account.banned, account.banned_at,
    )  # fmt: skip


def invite(row: Invite) -> tuple[Any, ...]:
    projects = bytes(row.projects).decode()
    return row.id, row.email, row.role, row.status, row.created_at, row.expires_at, row.accepted_at, projects


def account(row: ServiceAccount, project: str) -> tuple[Any, ...]:
    return f"{project}/{row.id}", project, row.id, row.name, row.role, row.created_at


def key(row: Key, project: str) -> tuple[Any, ...]:
    owner = row.owner or NOBODYS
    person = owner.user or owner.service_account or NAMELESS
    return (
        f"{project}/{row.id}", project, row.id, row.name, row.redacted_value, row.created_at, row.last_used_at,
        row.expires_at, row.owner_project_access, owner.type, person.id, person.name, person.email,
    )  # fmt: skip


def admin_key(row: Key) -> tuple[Any, ...]:
    owner = row.owner or NOBODYS
    return (
        row.id, row.name, row.redacted_value, row.created_at, row.last_used_at, row.expires_at, owner.type, owner.id,
        owner.name,
    )  # fmt: skip


def usage(day: UsageDay) -> list[tuple[Any, ...]]:
    at = day.start_time
    return [
        (
            f"{at}|{r.project_id}|{r.user_id}|{r.api_key_id}|{r.model}|{r.batch}|{r.service_tier}", at, r.project_id,
            r.user_id, r.api_key_id, r.model, r.batch, r.service_tier, r.num_model_requests, r.input_tokens,
            r.input_cached_tokens, r.output_tokens,
        )
        for r in day.results
    ]  # fmt: skip


def cost(day: CostDay) -> list[tuple[Any, ...]]:
    at = day.start_time
    return [
        (
            f"{at}|{r.project_id}|{r.line_item}|{r.api_key_id}|{r.user_id}", at, r.project_id, r.line_item,
            r.api_key_id, r.user_id, bytes(r.amount.value).decode(), r.amount.currency, r.quantity, r.quantity_unit,
        )
        for r in day.results
    ]  # fmt: skip


def member(row: Member, project: str) -> tuple[Any, ...]:
    return f"{project}/{row.id}", project, row.id, row.role, row.added_at


def page_of(row: type) -> msgspec.json.Decoder[Any]:
    fields = [
        ("data", list[row]), ("has_more", bool), ("last_id", str | None, None), ("next_page", str | None, None),
    ]  # type: ignore[valid-type]  # fmt: skip
    return msgspec.json.Decoder(msgspec.defstruct("Page", fields))


USERS, INVITES, PROJECTS, MEMBERS = map(page_of, (User, Invite, Project, Member))
ACCOUNTS, KEYS, USAGE, COSTS = map(page_of, (ServiceAccount, Key, UsageDay, CostDay))


class Floor:
    def __init__(self, session: aiohttp.ClientSession, tasks: asyncio.TaskGroup) -> None:
        self.session, self.tasks, self.target = session, tasks, Target()
        self.places = asyncio.Semaphore(PLACES)

    def begin(self) -> None:
        """Every list side by side."""
        self.list("/organization/users", USERS, self.keeper("users", user))
        self.list("/organization/invites", INVITES, self.keeper("invites", invite))
        self.list("/organization/projects", PROJECTS, self.keep_projects, include_archived="true")
        if "admin_keys" in JOB.lists:
            self.list("/organization/admin_api_keys", KEYS, self.keeper("admin_keys", admin_key))
        for name, decoder, rows_of in (("usage_completions", USAGE, usage), ("costs", COSTS, cost)):
            if name in JOB.lists:
                self.list(PATHS[name], decoder, self.days_keeper(name, rows_of), **spend_query(JOB, name, SINCE))

    def list(self, path: str, decoder: msgspec.json.Decoder[Any], keep: Keep, **asked: Any) -> None:
        self.tasks.create_task(self.pages(path, decoder, keep, {"limit": LARGEST, **asked}))

    async def pages(self, path: str, decoder: msgspec.json.Decoder[Any], keep: Keep, query: dict[str, Any]) -> None:
        while True:
            async with self.places, self.session.get(BASE_URL + path, params=query) as answer:
                answer.raise_for_status()
                body = await answer.read()
            page = decoder.decode(body)
            keep(page.data)
            if not page.has_more:
                return
            query |= {"page": page.next_page} if page.next_page else {"after": page.last_id}

    def keep_projects(self, rows: "list[Project]") -> None:
        self.target.write("projects", [(p.id, p.name, p.status, p.created_at, p.archived_at) for p in rows])
        for project in rows:
            if project.status != "archived":
                place = f"/organization/projects/{project.id}"
                self.list(f"{place}/users", MEMBERS, self.keeper("members", member, project.id))
                if "api_keys" in JOB.lists:
                    keep = self.keeper("service_accounts", account, project.id)
                    self.list(f"{place}/service_accounts", ACCOUNTS, keep)
                    keep = self.keeper("api_keys", key, project.id)
                    self.list(f"{place}/api_keys", KEYS, keep, owner_project_access="any")

    def keeper(self, table: str, row_of: Callable[..., tuple[Any, ...]], *more: str) -> Keep:
        return lambda rows: self.target.write(table, [row_of(row, *more) for row in rows])

    def days_keeper(self, table: str, rows_of: Callable[[Any], "list[tuple[Any, ...]]"]) -> Keep:
        return lambda days: self.target.write(table, [row for day in days for row in rows_of(day)])


async def main() -> None:
    headers = {"Authorization": f"Bearer {KEY}", "OpenAI-Organization": ORGANIZATION}
    connector = aiohttp.TCPConnector(limit=PLACES + 1)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        async with asyncio.TaskGroup() as tasks:
            Floor(session, tasks).begin()
        finished()


asyncio.run(main())
