"""Keys, and the service accounts that own some of them. A key's value is never read: OpenAI shows it once."""

import re
from contextlib import aclosing
from typing import Any

from msgspec import UNSET, UnsetType

from seatwise.sdk.records import AdminKey, Key, Project, ServiceAccount, instant
from seatwise.sdk.streams import Pages, snapshot

from .client import Archived, Client, KeyRow, ServiceAccountRow, path
from .rows import Owner
from .streams import MANAGEMENT, lazy, meant, projects

PROJECT_HEADS = ("sk-proj-", "sk-svcacct-")
ACCESS = {"active": True, "inactive": False}
"""Any other word is unknown: enumerations grow."""
REDACTED = re.compile(r"\*{2,}|•|…|\.{2,}")
LONGEST_KIND = 20
"""Characters of the word for what an owner is."""
SHORT = 24
"""Characters: a text that is no longer cannot be a whole key."""


@snapshot(
    ServiceAccount,
    fields=("project_id", "name", "role", "created_at"),
    needs=MANAGEMENT,
    parent=projects,
    of=lambda row: row.status != "archived",
)
async def service_accounts(client: Client, parent: Project) -> Pages:
    """Accounts of machines, by project."""
    listing = client.pages(path("organization", "projects", parent.id, "service_accounts"), ServiceAccountRow)
    try:
        async with aclosing(listing) as pages:
            async for page in pages:
                yield lazy(lambda row: service_account(row, parent), page)
    except Archived:
        return


KEY_FIELDS = (
    "kind",
    "name",
    "redacted_value",
    "owner_kind",
    "owner_id",
    "owner_name",
    "created_at",
    "used",
    "last_used_at",
    "expires",
    "expires_at",
)


@snapshot(
    Key,
    fields=(*KEY_FIELDS, "project_id", "owner_email", "owner_has_access"),
    needs=MANAGEMENT,
    parent=projects,
    of=lambda row: row.status != "archived",
)
async def api_keys(client: Client, parent: Project) -> Pages:
    """API keys of every project with their owners and last use, those of people without access too."""
    # Without owner_project_access, keys that still work stay hidden when their owner has left the project.
    listing = client.pages(
        path("organization", "projects", parent.id, "api_keys"), KeyRow, params={"owner_project_access": "any"}
    )
    try:
        async with aclosing(listing) as pages:
            async for page in pages:
                yield lazy(lambda row: project_key(row, parent), page)
    except Archived:
        return


@snapshot(AdminKey, fields=KEY_FIELDS, needs=MANAGEMENT)
async def admin_keys(client: Client) -> Pages:
    """Admin Keys of the organization, with their owners, last use and expiry."""
    async with aclosing(client.pages("/organization/admin_api_keys", KeyRow, by="last_row")) as pages:
        async for page in pages:
            # The list can hold project keys as well; those come with their projects.
            yield meant(admin_key, [row for row in page.rows() if is_admin(row)])


def is_admin(row: KeyRow) -> bool:
    """Not one that shows itself as a project's. Where that cannot be seen, `sync` leaves out those a project lists."""
    return not (row.redacted_value or "").startswith(PROJECT_HEADS)


def service_account(row: ServiceAccountRow, parent: Project) -> ServiceAccount:
    return ServiceAccount(
        id=row.id, project_id=parent.id, name=row.name, role=row.role, created_at=instant(row.created_at)
    )


def project_key(row: KeyRow, parent: Project) -> Key:
    kind, person = owner_of(row)
    access = row.owner_project_access
    return Key(
        kind="project",
        project_id=parent.id,
        owner_kind=kind,
        owner_id=person.id if person else None,
        owner_name=person.name if person else None,
        owner_email=person.email if person else None,
        owner_has_access=ACCESS.get(access or ""),
        **shared(row),
    )


def admin_key(row: KeyRow) -> AdminKey:
    owner = row.owner
    return AdminKey(
        kind="admin",
        owner_kind=(owner.type or "")[:LONGEST_KIND] or None if owner else None,
        owner_id=owner.id if owner else None,
        owner_name=owner.name if owner else None,
        **shared(row),
    )


def shared(row: KeyRow) -> dict[str, Any]:
    """What both kinds of key have."""
    return {
        "id": row.id,
        "name": row.name,
        "redacted_value": redacted(row.redacted_value),
        "created_at": instant(row.created_at),
        **when("used", "last_used_at", row.last_used_at),
        **when("expires", "expires_at", row.expires_at),
    }


def when(whether: str, name: str, at: int | UnsetType | None) -> dict[str, Any]:
    """Null says never; a field that was not sent says nothing."""
    return {whether: None, name: None} if at is UNSET else {whether: at is not None, name: instant(at)}


def owner_of(row: KeyRow) -> tuple[str | None, Owner | None]:
    """Of which kind, and who: by the word for it, or by the place where somebody is named."""
    owner = row.owner
    if owner is None:
        return None, None
    named = {"user": owner.user, "service_account": owner.service_account}
    told = owner.type
    kind = told or next((kind for kind, person in named.items() if person), None)
    return kind and kind[:LONGEST_KIND], named.get(kind or "")


def redacted(shown: str | None) -> str | None:
    """The short form as sent; of a text that is none, head and tail alone: a whole key is never kept."""
    if shown is None or len(shown) <= SHORT or REDACTED.search(shown):
        return shown
    return f"{shown[:8]}...{shown[-4:]}"
