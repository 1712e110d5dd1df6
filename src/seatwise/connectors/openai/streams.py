"""What OpenAI can list, and what each row means in our words.

A field OpenAI did not send stays None: unknown, never 'no' (QUIRKS.md).
"""

from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from seatwise.sdk.errors import Unexpected
from seatwise.sdk.records import Invite, Project, ProjectMember, User, instant
from seatwise.sdk.streams import LazyPage, Pages, snapshot

from .client import Archived, Client, InviteRow, Page, ProjectRow, ProjectUserRow, UserRow, path

T = TypeVar("T")
NOTHING = (None, None, None)
MANAGEMENT = "Organization Administration: Read (api.management.read)"


@snapshot(
    User,
    fields=(
        "email",
        "name",
        "role",
        "status",
        "vendor_status",
        "kind",
        "joined_at",
        "api_key_last_used_at",
        "scim_managed",
    ),
    needs=MANAGEMENT,
    required=True,
)
async def users(client: Client) -> Pages:
    """Everyone in the organization: people and service accounts, with role and status."""
    # The longest chain: users have no order and no offset, so page follows page by cursor. It goes first.
    async with aclosing(client.pages("/organization/users", UserRow, first=True)) as pages:
        async for page in pages:
            yield lazy(user, page)


@snapshot(
    Invite,
    fields=("email", "role", "status", "vendor_status", "kind", "invited_at", "expires_at", "invited_projects"),
    needs=MANAGEMENT,
)
async def invites(client: Client) -> Pages:
    """People who were invited and have not joined, with how long the invitation holds."""
    now = datetime.now(UTC)
    async with aclosing(client.pages("/organization/invites", InviteRow)) as pages:
        async for page in pages:
            yield meant(lambda row: invite(row, now), page.rows())


@snapshot(Project, fields=("name", "status", "vendor_status", "created_at", "archived_at"), needs=MANAGEMENT)
async def projects(client: Client) -> Pages:
    """All projects, the archived ones too."""
    # Without include_archived an archived project would look departed.
    listing = client.pages("/organization/projects", ProjectRow, params={"include_archived": "true"})
    async with aclosing(listing) as pages:
        async for page in pages:
            yield meant(project, page.rows())


@snapshot(
    ProjectMember,
    fields=("project_id", "user_id", "role", "added_at"),
    needs=MANAGEMENT,
    parent=projects,
    of=lambda row: row.status != "archived",
)
async def project_members(client: Client, parent: Project) -> Pages:
    """Who works in which project, as what. Archived projects have no members any more."""
    listing = client.pages(path("organization", "projects", parent.id, "users"), ProjectUserRow)
    try:
        async with aclosing(listing) as pages:
            async for page in pages:
                yield lazy(lambda row: member(row, parent), page)
    except Archived:  # since the projects were listed
        return


def meant(convert: Callable[[Any], T], rows: list[Any]) -> list[T]:
    """A page of records. Raises Unexpected for a row whose values make no sense."""
    try:
        return [convert(row) for row in rows]
    except ValueError as error:
        raise Unexpected(
            f"OpenAI sent a value that makes no sense: {error}. Nothing of this page was stored."
        ) from None


def lazy(convert: Callable[[Any], Any], page: Page[Any]) -> LazyPage:
    """The same of rows that mean what they say whenever they are read."""
    return LazyPage(page.digest, lambda: meant(convert, page.rows()))


def user(row: UserRow) -> User:
    account = row.user
    enabled, banned, banned_at = (account.enabled, account.banned, account.banned_at) if account else NOTHING
    status = "banned" if banned or banned_at else "disabled" if enabled is False else "active"
    return User(
        id=row.id,
        kind="service_account" if row.is_service_account else "user",
        email=row.email or (account and account.email) or None,
        name=row.name or (account and account.name) or None,
        role=row.role,
        status=status,
        vendor_status=verbatim(enabled, banned, banned_at),
        joined_at=instant(row.added_at),
        api_key_last_used_at=instant(row.api_key_last_used_at),
        scim_managed=row.is_scim_managed,
    )


@lru_cache(typed=True)
def verbatim(enabled: object, banned: object, banned_at: object) -> str | None:
    """The vendor's own words, of the fields it sent. Nearly everybody's are the same."""
    fields = {"enabled": enabled, "banned": banned, "banned_at": banned_at}
    words = [f"{name}: {str(value).lower()}" for name, value in fields.items() if value is not None]
    return ", ".join(words) or None


def invite(row: InviteRow, now: datetime) -> Invite:
    expires_at = instant(row.expires_at)
    status = "invited"
    if row.status == "accepted":
        status = "accepted"
    elif row.status == "expired" or (expires_at is not None and expires_at <= now):
        status = "invite_expired"
    return Invite(
        id=row.id,
        email=row.email,
        role=row.role,
        status=status,
        vendor_status=row.status,
        # Older answers say invited_at.
        invited_at=instant(row.invited_at if row.created_at is None else row.created_at),
        expires_at=expires_at,
        invited_projects=None if row.projects is None else tuple((one.id, one.role) for one in row.projects),
    )


def project(row: ProjectRow) -> Project:
    archived_at = instant(row.archived_at)
    return Project(
        id=row.id,
        name=row.name,
        status="archived" if archived_at else row.status or "unknown",
        vendor_status=row.status,
        created_at=instant(row.created_at),
        archived_at=archived_at,
    )


def member(row: ProjectUserRow, parent: Project) -> ProjectMember:
    return ProjectMember(
        id=f"{parent.id}/{row.id}",
        project_id=parent.id,
        user_id=row.id,
        role=row.role,
        added_at=instant(row.added_at),
    )
