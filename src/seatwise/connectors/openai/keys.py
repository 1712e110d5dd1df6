"""Keys, and the service accounts that own some of them. A key's value is never read: OpenAI shows it once."""

from contextlib import aclosing

from seatwise.sdk.records import AdminKey, Key, Project, ServiceAccount, instant
from seatwise.sdk.streams import Pages, snapshot

from .client import Archived, Client, KeyRow, ServiceAccountRow, path
from .streams import MANAGEMENT, meant, projects, said


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
                yield meant(lambda row: service_account(row, parent), page.rows())
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
    "last_used_at",
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
                yield meant(lambda row: project_key(row, parent), page.rows())
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
    shown = said(row.redacted_value)
    return shown is None or shown.startswith("sk-admin")


def service_account(row: ServiceAccountRow, parent: Project) -> ServiceAccount:
    return ServiceAccount(
        id=row.id, project_id=parent.id, name=said(row.name), role=said(row.role), created_at=instant(row.created_at)
    )


def project_key(row: KeyRow, parent: Project) -> Key:
    owner = said(row.owner)
    kind = said(owner.type) if owner else None
    person = (said(owner.user) or said(owner.service_account)) if owner else None
    access = said(row.owner_project_access)
    return Key(
        id=row.id,
        kind="project",
        project_id=parent.id,
        name=said(row.name),
        redacted_value=said(row.redacted_value),
        owner_kind=kind,
        owner_id=said(person.id) if person else None,
        owner_name=said(person.name) if person else None,
        owner_email=said(person.email) if person else None,
        owner_has_access=None if access is None else access == "active",
        created_at=instant(row.created_at),
        last_used_at=instant(said(row.last_used_at)),
        expires_at=instant(said(row.expires_at)),
    )


def admin_key(row: KeyRow) -> AdminKey:
    owner = said(row.owner)
    return AdminKey(
        id=row.id,
        kind="admin",
        name=said(row.name),
        redacted_value=said(row.redacted_value),
        owner_kind=said(owner.type) if owner else None,
        owner_id=said(owner.id) if owner else None,
        owner_name=said(owner.name) if owner else None,
        created_at=instant(row.created_at),
        last_used_at=instant(said(row.last_used_at)),
        expires_at=instant(said(row.expires_at)),
    )
