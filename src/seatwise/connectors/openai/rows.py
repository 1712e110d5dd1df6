"""OpenAI's rows: of every object it lists, the fields we keep, under its names.

UNSET is a field it did not send (unknown, never "no"), None one it sent as null. Times are epoch seconds. Fields
without a default are those it promises: a row without one of them is malformed, and so is its page.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(min_length=1)]
Epoch = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # seconds, up to the year 9999
Text = str | UnsetType | None
Flag = bool | UnsetType | None
Count = int | UnsetType | None
Time = Epoch | UnsetType | None


class Account(Struct, gc=False):
    """The person behind a user of the organization."""

    name: Text = UNSET
    email: Text = UNSET
    enabled: Flag = UNSET
    banned: Flag = UNSET
    banned_at: Time = UNSET


class UserRow(Struct, gc=False):
    id: Id
    added_at: Epoch
    name: Text = UNSET
    email: Text = UNSET
    role: Text = UNSET
    created: Time = UNSET
    is_service_account: Flag = UNSET
    is_scim_managed: Flag = UNSET
    api_key_last_used_at: Time = UNSET
    user: Account | UnsetType | None = UNSET


class InviteProject(Struct, gc=False):
    id: Id
    role: str


class InviteRow(Struct, gc=False):
    id: Id
    email: str
    role: str
    status: str
    created_at: Time = UNSET
    invited_at: Time = UNSET
    expires_at: Time = UNSET
    accepted_at: Time = UNSET
    projects: list[InviteProject] | UnsetType | None = UNSET


class ProjectRow(Struct, gc=False):
    id: Id
    created_at: Epoch
    name: Text = UNSET
    status: Text = UNSET
    archived_at: Time = UNSET


class ProjectUserRow(Struct, gc=False):
    id: Id
    role: str
    added_at: Epoch
    name: Text = UNSET
    email: Text = UNSET


class ServiceAccountRow(Struct):
    id: Id
    created_at: Epoch
    name: Text = UNSET
    role: Text = UNSET


class Owner(Struct):
    """Whose a key is: of project keys under `user` or `service_account`, of admin keys right here."""

    id: Text = UNSET
    name: Text = UNSET
    email: Text = UNSET


class KeyOwner(Struct):
    type: Text = UNSET
    id: Text = UNSET
    name: Text = UNSET
    user: Owner | UnsetType | None = UNSET
    service_account: Owner | UnsetType | None = UNSET


class KeyRow(Struct):
    id: Id
    created_at: Epoch
    name: Text = UNSET
    redacted_value: Text = UNSET
    last_used_at: Time = UNSET
    expires_at: Time = UNSET
    owner_project_access: Text = UNSET
    owner: KeyOwner | UnsetType | None = UNSET


class GroupRow(Struct):
    id: Id
    name: Text = UNSET
    created_at: Time = UNSET
    is_scim_managed: Flag = UNSET
    group_type: Text = UNSET


class GroupUserRow(Struct):
    """Its e-mail and name are those of the user, who is listed with all there is to know."""

    id: Id


class RoleRow(Struct):
    id: Id
    name: Text = UNSET
    description: Text = UNSET
    permissions: list[str] | UnsetType | None = UNSET
    predefined_role: Flag = UNSET


class Source(Struct):
    """Through whom a role is held: a group, or the user directly."""

    principal_id: Text = UNSET
    principal_type: Text = UNSET


class AssignedRoleRow(RoleRow):
    """A role as somebody holds it; who does stands nowhere in it. `id` is the role's."""

    created_at: Time = UNSET
    assignment_sources: list[Source] | UnsetType | None = UNSET


class ProjectGroupRow(Struct):
    group_id: Id
    created_at: Time = UNSET


class Enforcement(Struct):
    status: Text = UNSET


class SpendLimitRow(Struct):
    """Amounts of limits and alerts are whole cents, those of costs are dollars."""

    threshold_amount: int
    currency: str
    interval: Text = UNSET
    enforcement: Enforcement | UnsetType | None = UNSET


class Channel(Struct):
    recipients: list[str] | UnsetType | None = UNSET


class SpendAlertRow(Struct):
    id: Id
    threshold_amount: int
    currency: str
    interval: Text = UNSET
    notification_channel: Channel | UnsetType | None = UNSET


class RetentionRow(Struct):
    type: str


class ModelsRow(Struct):
    mode: str
    model_ids: list[str]


class RateLimitRow(Struct):
    id: Id
    model: str
    max_requests_per_1_minute: Count = UNSET
    max_tokens_per_1_minute: Count = UNSET
    max_images_per_1_minute: Count = UNSET
    max_audio_megabytes_per_1_minute: Count = UNSET
    max_requests_per_1_day: Count = UNSET
    batch_1_day_max_input_tokens: Count = UNSET


class Amount(Struct):
    """`value` has been a number and, since 2026, a text with many decimals: both become an exact Decimal."""

    value: Decimal
    currency: str


class CostResult(Struct):
    amount: Amount | UnsetType | None = UNSET
    line_item: Text = UNSET
    project_id: Text = UNSET
    api_key_id: Text = UNSET
    user_id: Text = UNSET
    quantity: Decimal | UnsetType | None = UNSET
    quantity_unit: Text = UNSET


class UsageResult(Struct):
    """A result of any family: each fills the counts it has."""

    project_id: Text = UNSET
    user_id: Text = UNSET
    api_key_id: Text = UNSET
    model: Text = UNSET
    batch: Flag = UNSET
    service_tier: Text = UNSET
    num_model_requests: Count = UNSET
    num_requests: Count = UNSET
    input_tokens: Count = UNSET
    input_cached_tokens: Count = UNSET
    output_tokens: Count = UNSET
    images: Count = UNSET
    characters: Count = UNSET
    seconds: Count = UNSET
    usage_bytes: Count = UNSET
    num_sessions: Count = UNSET


class UsageBucket(Struct):
    start_time: Epoch
    end_time: Epoch
    results: list[UsageResult]


class CostBucket(Struct):
    start_time: Epoch
    end_time: Epoch
    results: list[CostResult]
