"""Users and invited people."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router
from pydantic import AfterValidator

from seatwise.sdk.records import UserKind
from seatwise.sdk.status import BY_NAME
from seatwise.services import access
from seatwise.services import users as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer, answer_listed
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["users"])


def _status(name: str) -> str:
    if name not in BY_NAME:
        raise ValueError(f"there is no such status; there are {', '.join(BY_NAME)}")
    return name


Status = Annotated[str, AfterValidator(_status), Field(json_schema_extra={"enum": list(BY_NAME)})]


class UserFilters(Paged):
    """`departed` gives those who left, instead of those who are present; `used` tells them by their last known use:
    lately is within 30 days."""

    connection: Text = ""
    status: list[Status] = []
    role: Text = ""
    kind: Literal["", UserKind] = ""
    search: Text = ""
    used: Literal["", "lately", "longer_ago", "unknown"] = ""
    departed: bool = False
    sort: sorts(service.SORTS) = "email"  # type: ignore[valid-type]


@router.get("", response={200: listed(Page[service.UserInfo]), **FAILURES}, operation_id="list_users")
def list_users(request: HttpRequest, asked: Query[UserFilters]) -> HttpResponse:
    page = service.list_users(actor(request), **asked.dict())
    return answer_listed(request, page, "users", asked.connection)


@router.get("/{key}", response={200: schema_of(service.UserDetail), **FAILURES}, operation_id="get_user")
def get_user(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_user(actor(request), key=key))


@router.get("/{key}/access", response={200: schema_of(access.UserAccess), **FAILURES}, operation_id="user_access")
def user_access(request: HttpRequest, key: Number) -> HttpResponse:
    """What a user may do where, with all reasons and with what is not known."""
    return answer(access.get_user_access(actor(request), key=key))


@router.post("/{key}/access", response={200: schema_of(access.UserAccess), **FAILURES}, operation_id="read_user_roles")
def read_user_roles(request: HttpRequest, key: Number) -> HttpResponse:
    """Reads at the vendor which roles this user was given, now."""
    return answer(access.read_user_roles(actor(request), key=key))
