"""Records: one fact a vendor lists, on its way to becoming a row.

Frozen typed values with the vendor's own ids. A field's name is the column's, the heading's, the API's and the CLI's.
None means the vendor did not say: shown as unknown, never as 'no'. Times are aware, in UTC.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

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
    api_key_last_used_at: datetime | None = None
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
    is never read, only the short form vendors show. `owner_has_access`: may its owner still use the project? `used` and
    `expires` are False where the vendor says never; without them, no time means that it did not say.
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
    used: bool | None = None
    last_used_at: datetime | None = None
    expires: bool | None = None
    expires_at: datetime | None = None


class AdminKey(Key, frozen=True, kw_only=True):
    """A key to the vendor's administration, such as the one this product works with."""


class Group(Record, frozen=True, kw_only=True):
    """People who hold roles together. `kind` is the vendor's word for what sort of group it is."""

    name: str | None = None
    kind: str | None = None
    scim_managed: bool | None = None
    created_at: datetime | None = None


class GroupMember(Record, frozen=True, kw_only=True):
    """One user's place in one group; `id` joins both ids."""

    group_id: str
    user_id: str


class Role(Record, frozen=True, kw_only=True):
    """What somebody who holds it may do, in the vendor's words. `kind` is where it counts: the organization or one
    project. `stands_for` is the plain word (owner, member, …) that lists of users use for a predefined role.
    """

    kind: Literal["organization", "project"] = "organization"
    project_id: str | None = None
    name: str | None = None
    description: str | None = None
    permissions: tuple[str, ...] | None = None
    predefined: bool | None = None
    stands_for: str | None = None


class ProjectRole(Role, frozen=True, kw_only=True):
    """A role of one project. Read when somebody asks for it."""


class RoleAssignment(Record, frozen=True, kw_only=True):
    """Who holds which role. `kind`: a group in the organization, a group in a project, or a user in either; for a user
    `direct` says whether it was given to them, `through` which groups it comes from. The role's own facts come along,
    since not every list of roles can be read. Without a `role_id`: a group in a project that holds no role there.
    """

    kind: Literal["group", "project_group", "user"] = "group"
    project_id: str | None = None
    group_id: str | None = None
    user_id: str | None = None
    role_id: str | None = None
    name: str | None = None
    permissions: tuple[str, ...] | None = None
    predefined: bool | None = None
    stands_for: str | None = None
    assigned_at: datetime | None = None
    direct: bool | None = None
    through: tuple[str, ...] | None = None


class ProjectGroup(RoleAssignment, frozen=True, kw_only=True):
    """A group in a project, with one role it has there."""


class UserRole(RoleAssignment, frozen=True, kw_only=True):
    """A role of one user. Read when somebody asks for it."""


class Limit(Record, frozen=True, kw_only=True):
    """One limit or rule of an organization or a project (`kind`). `what` it is says which fields it has: spend_limit
    and spend_alert an amount (exact, in `currency`), data_retention and hosted_tool a `value`, models a `value` and
    `names`, rate_limit the `name` of a model and numbers.
    """

    kind: Literal["organization", "project"] = "organization"
    project_id: str | None = None
    what: str
    name: str | None = None
    value: str | None = None
    names: tuple[str, ...] | None = None
    amount: Decimal | None = None
    currency: str | None = None
    interval: str | None = None
    enforcement: str | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    images_per_minute: int | None = None
    audio_megabytes_per_minute: int | None = None
    requests_per_day: int | None = None
    batch_tokens_per_day: int | None = None


class ProjectLimit(Limit, frozen=True, kw_only=True):
    """A limit or rule of one project. Read when somebody asks for it."""


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


class AuditEvent(Record, frozen=True, kw_only=True):
    """What the vendor's own audit log says was done, under its own `type`, known to us or not. `actor_kind` is session,
    api_key or service_account, or the vendor's word; `actor_id` the user or service account, `api_key_id` the key they
    used. `target_id` is whom or what it was done to. `payload` is the rest as sent, of bounded size.
    """

    type: str
    at: datetime
    actor_kind: str | None = None
    actor_id: str | None = None
    actor_email: str | None = None
    api_key_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    target_id: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    payload: dict[str, Any] | None = None


def instant(epoch: int | float | None) -> datetime | None:
    """Epoch seconds as an aware UTC time. Raises ValueError for seconds no calendar holds."""
    if epoch is None:
        return None
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{epoch} is no time in epoch seconds") from error
