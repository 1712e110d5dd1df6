"""OpenAI's rows: of every object it lists, the fields we keep, under its names.

None is a field it did not send, or sent as null: unknown, never "no". Where null says something, UNSET is what was not
sent. Times are epoch seconds. Fields without a default are those it promises: a row without one of them is malformed,
and so is its page. So is one with a number that no database holds, or an id or a word longer than an index takes; what
people may write themselves (names, descriptions) has no bound, so that nobody's name keeps the others from being read.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(max_length=100)]
Currency = Annotated[str, Meta(min_length=1, max_length=4)]
Epoch = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # seconds, up to the year 9999
Cents = Annotated[int, Meta(ge=-(10**17), le=10**17)]
Text = str | None
Reference = Annotated[str, Meta(max_length=200)] | None
"""An id of something listed elsewhere, or a model's name; empty where nothing is referred to."""
Flag = bool | None
Most = Annotated[int, Meta(ge=-(2**63 - 1), le=2**63 - 1)] | None
"""A limit, which may be the largest number there is."""
Time = Epoch | None
Counted = Annotated[int, Meta(ge=-(10**15), le=10**15)] | None
"""Of one day: thousands of them still sum to what a column holds."""


class Account(Struct, gc=False):
    """The person behind a user of the organization."""

    name: Text = None
    email: Text = None
    enabled: Flag = None
    banned: Flag = None
    banned_at: Time = None


class UserRow(Struct, gc=False):
    id: Id
    added_at: Epoch
    name: Text = None
    email: Text = None
    role: Word | None = None
    is_service_account: Flag = None
    is_scim_managed: Flag = None
    api_key_last_used_at: Time = None
    user: Account | None = None


class InviteProject(Struct, gc=False):
    id: Id
    role: Word


class InviteRow(Struct, gc=False):
    id: Id
    email: str
    role: Word
    status: Word
    created_at: Time = None
    invited_at: Time = None
    expires_at: Time = None
    projects: list[InviteProject] | None = None


class ProjectRow(Struct, gc=False):
    id: Id
    created_at: Epoch
    name: Text = None
    status: Word | None = None
    archived_at: Time = None


class ProjectUserRow(Struct, gc=False):
    id: Id
    role: Word
    added_at: Epoch


class ServiceAccountRow(Struct):
    id: Id
    created_at: Epoch
    name: Text = None
    role: Text = None


class Owner(Struct):
    """Whose a key is: of project keys under `user` or `service_account`, of admin keys right here."""

    id: Reference = None
    name: Text = None
    email: Text = None


class KeyOwner(Struct):
    type: Text = None
    id: Reference = None
    name: Text = None
    user: Owner | None = None
    service_account: Owner | None = None


class KeyRow(Struct):
    id: Id
    created_at: Epoch
    name: Text = None
    redacted_value: Text = None
    last_used_at: Time | UnsetType = UNSET
    expires_at: Time | UnsetType = UNSET
    owner_project_access: Text = None
    owner: KeyOwner | None = None


class GroupRow(Struct):
    id: Id
    name: Text = None
    created_at: Time = None
    is_scim_managed: Flag = None
    group_type: Text = None


class GroupUserRow(Struct):
    """Its e-mail and name are those of the user, who is listed with all there is to know."""

    id: Id


class RoleRow(Struct):
    id: Id
    name: Text = None
    description: Text = None
    permissions: list[str] | None = None
    predefined_role: Flag = None


class Source(Struct):
    """Through whom a role is held: a group, or the user directly."""

    principal_id: Text = None
    principal_type: Text = None


class AssignedRoleRow(RoleRow):
    """A role as somebody holds it; who does stands nowhere in it. `id` is the role's."""

    created_at: Time = None
    assignment_sources: list[Source] | None = None


class ProjectGroupRow(Struct):
    group_id: Id
    created_at: Time = None


class Enforcement(Struct):
    status: Text = None


class SpendLimitRow(Struct):
    """Amounts of limits and alerts are whole cents, those of costs are dollars."""

    threshold_amount: Cents
    currency: Currency
    interval: Text = None
    enforcement: Enforcement | None = None


class Channel(Struct):
    recipients: list[str] | None = None


class SpendAlertRow(Struct):
    id: Id
    threshold_amount: Cents
    currency: Currency
    interval: Text = None
    notification_channel: Channel | None = None


class RetentionRow(Struct):
    type: str


class ModelsRow(Struct):
    mode: str
    model_ids: list[str]


class RateLimitRow(Struct):
    id: Id
    model: str
    max_requests_per_1_minute: Most = None
    max_tokens_per_1_minute: Most = None
    max_images_per_1_minute: Most = None
    max_audio_megabytes_per_1_minute: Most = None
    max_requests_per_1_day: Most = None
    batch_1_day_max_input_tokens: Most = None


class Amount(Struct):
    """`value` has been a number and, since 2026, a text with many decimals: both become an exact Decimal."""

    value: Decimal
    currency: Currency


class CostResult(Struct):
    amount: Amount | None = None
    line_item: Annotated[str, Meta(max_length=500)] | None = None
    project_id: Reference = None
    api_key_id: Reference = None
    user_id: Reference = None
    quantity: Decimal | None = None
    quantity_unit: Text = None


class UsageResult(Struct, gc=False):
    """A result of any family: each fills the counts it has."""

    project_id: Reference = None
    user_id: Reference = None
    api_key_id: Reference = None
    model: Reference = None
    batch: bool | None = None
    service_tier: str | None = None
    num_model_requests: Counted = None
    num_requests: Counted = None
    input_tokens: Counted = None
    input_cached_tokens: Counted = None
    output_tokens: Counted = None
    images: Counted = None
    characters: Counted = None
    seconds: Counted = None
    usage_bytes: Counted = None
    num_sessions: Counted = None


class UsageBucket(Struct):
    start_time: Epoch
    end_time: Epoch
    results: list[UsageResult]


class CostBucket(Struct):
    start_time: Epoch
    end_time: Epoch
    results: list[CostResult]
