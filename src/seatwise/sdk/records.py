"""Records: one fact a vendor lists, on its way to becoming a row.

Frozen typed values with the vendor's own ids. A field's name is the column's, the heading's, the API's and the CLI's.
None means the vendor did not say: shown as unknown, never as 'no'. Times are aware, in UTC.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import msgspec

UserKind = Literal["user", "invite", "service_account"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records; `id` is the vendor's, unique within a stream of a connection."""

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


class ServiceAccount(Record, frozen=True, kw_only=True):
    """An account of a machine in one project."""

    project_id: str
    name: str | None = None
    role: str | None = None
    created_at: datetime | None = None


class Key(Record, frozen=True, kw_only=True):
    """A key somebody or something may use. `kind` is project or admin; `owner_kind` user or service_account. Its value
    is never read, only the short form vendors show. `owner_has_access`: may its owner still use the project?
    """

    kind: Literal["project", "admin"]
    project_id: str | None = None
    name: str | None = None
    redacted_value: str | None = None
    owner_kind: str | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    owner_email: str | None = None
    owner_has_access: bool | None = None
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None


class AdminKey(Key, frozen=True, kw_only=True):
    """A key to the vendor's administration, such as the one this product works with."""


class Usage(Record, frozen=True, kw_only=True):
    """What was used on one UTC day by one project, user, key and model. `id` joins what the vendor groups by.
    `quantity` counts `unit` where tokens do not fit (images, seconds, characters, bytes, sessions); input includes
    cached tokens.
    """

    project_id: str | None = None
    user_id: str | None = None
    api_key_id: str | None = None
    model: str | None = None
    requests: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    quantity: int = 0
    unit: str | None = None


class Cost(Record, frozen=True, kw_only=True):
    """What one UTC day cost, by project, line item and, where the vendor tells, key and user. `amount` is in
    `currency`, exactly as sent; it can be negative (credits)."""

    project_id: str | None = None
    line_item: str | None = None
    api_key_id: str | None = None
    user_id: str | None = None
    amount: Decimal
    currency: str
    quantity: Decimal | None = None
    quantity_unit: str | None = None


def instant(epoch: int | float | None) -> datetime | None:
    """Epoch seconds as an aware UTC time. Raises ValueError for seconds no calendar holds."""
    if epoch is None:
        return None
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{epoch} is no time in epoch seconds") from error
