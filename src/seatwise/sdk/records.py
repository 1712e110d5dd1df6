"""Records: one fact a vendor lists, on its way to becoming a row.

Frozen typed values with the vendor's own ids. A field's name is the column's, the heading's, the API's and the CLI's.
None means the vendor did not say: shown as unknown, never as 'no'. Times are aware, in UTC.
"""

from datetime import UTC, datetime
from typing import Literal

import msgspec

UserKind = Literal["user", "invite", "service_account"]


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all records; `id` is the vendor's, unique within a stream of a connection. Values cannot hold each other
    in a circle, so the search for garbage passes them by."""

    id: str


class User(Record, frozen=True, kw_only=True):
    """An account at the vendor. `status` is the part of ours a listing can tell: active, disabled or banned."""

    kind: UserKind = "user"
    email: str | None = None
    name: str | None = None
    role: str | None = None
    status: str
    vendor_status: str | None = None
    joined_at: datetime | None = None
    last_active_at: datetime | None = None
    last_active_source: str | None = None
    scim_managed: bool | None = None


class Invite(Record, frozen=True, kw_only=True):
    """An invited person: invited, invite_expired, or accepted (then the user's own row speaks for them)."""

    kind: UserKind = "invite"
    email: str | None = None
    role: str | None = None
    status: str
    vendor_status: str | None = None
    invited_at: datetime | None = None
    expires_at: datetime | None = None
    invited_projects: tuple[tuple[str, str | None], ...] | None = None


class Project(Record, frozen=True, kw_only=True):
    """A project of the organization; `status` is active or archived."""

    name: str | None = None
    status: str
    vendor_status: str | None = None
    created_at: datetime | None = None
    archived_at: datetime | None = None


class ProjectMember(Record, frozen=True, kw_only=True):
    """One user's place in one project. `id` joins both ids, since vendors give the pair none of its own."""

    project_id: str
    user_id: str
    role: str | None = None
    added_at: datetime | None = None


def instant(epoch: int | float | None) -> datetime | None:
    """Epoch seconds as an aware UTC time. Raises ValueError for seconds no calendar holds."""
    if epoch is None:
        return None
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{epoch} is no time in epoch seconds") from error
