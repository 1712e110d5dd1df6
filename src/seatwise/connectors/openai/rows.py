"""OpenAI's rows: of every object it lists, the fields we keep, under its names.

UNSET is a field it did not send (unknown, never "no"), None one it sent as null. Times are epoch seconds. Fields
without a default are those it promises: a row without one of them is malformed, and so is its page. So is one with a
number that no database holds, or an id or a word longer than an index takes; what people may write themselves (names,
descriptions) has no bound, so that nobody's name keeps the others from being read.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(max_length=100)]
Currency = Annotated[str, Meta(min_length=1, max_length=4)]
Epoch = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # seconds, up to the year 9999
Cents = Annotated[int, Meta(ge=-(10**17), le=10**17)]
Text = str | UnsetType | None
Reference = Annotated[str, Meta(max_length=200)] | UnsetType | None
"""An id of something listed elsewhere, or a model's name; empty where nothing is referred to."""
Flag = bool | UnsetType | None
Most = Annotated[int, Meta(ge=-(2**63 - 1), le=2**63 - 1)] | UnsetType | None
"""A limit, which may be the largest number there is."""
Time = Epoch | UnsetType | None


Group = Annotated[str, Meta(max_length=200)] | None
Counted = Annotated[int, Meta(ge=-(10**15), le=10**15)] | None
"""The same of results, which are many: what is not sent and what is null are both nobody's, and no count. A count is of
one day: thousands of them still sum to what a column holds."""


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
    role: Word | UnsetType | None = UNSET
    created: Time = UNSET
    is_service_account: Flag = UNSET
    is_scim_managed: Flag = UNSET
    api_key_last_used_at: Time = UNSET
    user: Account | UnsetType | None = UNSET


class InviteProject(Struct, gc=False):
    id: Id
    role: Word


class InviteRow(Struct, gc=False):
    id: Id
    email: str
    role: Word
    status: Word
    created_at: Time = UNSET
    invited_at: Time = UNSET
    expires_at: Time = UNSET
    accepted_at: Time = UNSET
    projects: list[InviteProject] | UnsetType | None = UNSET


class ProjectRow(Struct, gc=False):
    id: Id
    created_at: Epoch
    name: Text = UNSET
    status: Word | UnsetType | None = UNSET
    archived_at: Time = UNSET


class ProjectUserRow(Struct, gc=False):
    id: Id
    role: Word
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

    id: Reference = UNSET
    name: Text = UNSET
    email: Text = UNSET


class KeyOwner(Struct):
    type: Text = UNSET
    id: Reference = UNSET
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

    threshold_amount: Cents
    currency: Currency
    interval: Text = UNSET
    enforcement: Enforcement | UnsetType | None = UNSET


class Channel(Struct):
    recipients: list[str] | UnsetType | None = UNSET


class SpendAlertRow(Struct):
    id: Id
    threshold_amount: Cents
    currency: Currency
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
    max_requests_per_1_minute: Most = UNSET
    max_tokens_per_1_minute: Most = UNSET
    max_images_per_1_minute: Most = UNSET
    max_audio_megabytes_per_1_minute: Most = UNSET
    max_requests_per_1_day: Most = UNSET
    batch_1_day_max_input_tokens: Most = UNSET


class Amount(Struct):
    """`value` has been a number and, since 2026, a text with many decimals: both become an exact Decimal."""

    value: Decimal
    currency: Currency


class CostResult(Struct):
    amount: Amount | UnsetType | None = UNSET
    line_item: Annotated[str, Meta(max_length=500)] | UnsetType | None = UNSET
    project_id: Reference = UNSET
    api_key_id: Reference = UNSET
    user_id: Reference = UNSET
    quantity: Decimal | UnsetType | None = UNSET
    quantity_unit: Text = UNSET


class UsageResult(Struct, gc=False):
    """A result of any family: each fills the counts it has."""

    project_id: Group = None
    user_id: Group = None
    api_key_id: Group = None
    model: Group = None
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
