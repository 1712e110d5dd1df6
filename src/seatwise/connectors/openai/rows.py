"""OpenAI's rows: of every object it lists, the fields we keep, under its names.

UNSET is a field it did not send (unknown, never "no"), None one it sent as null. Times are epoch seconds. Fields
without a default are those it promises: a row without one of them is malformed, and so is its page.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(min_length=1)]
Epoch = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # seconds, up to the year 9999
Text = str | UnsetType | None
Flag = bool | UnsetType | None
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
