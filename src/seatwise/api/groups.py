"""Groups, who is in them, and what they hold."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import groups as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer, answer_listed
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["groups"])


class GroupFilters(Paged):
    """`managed`: scim, by the identity provider; here, at the vendor."""

    connection: Text = ""
    managed: Literal["", "scim", "here"] = ""
    search: Text = ""
    sort: sorts(service.SORTS) = "name"  # type: ignore[valid-type]


class MemberFilters(Paged):
    search: Text = ""


@router.get("", response={200: listed(Page[service.GroupInfo]), **FAILURES}, operation_id="list_groups")
def list_groups(request: HttpRequest, asked: Query[GroupFilters]) -> HttpResponse:
    page = service.list_groups(actor(request), **asked.dict())
    return answer_listed(request, page, "groups", asked.connection)


@router.get("/{key}", response={200: schema_of(service.GroupDetail), **FAILURES}, operation_id="get_group")
def get_group(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_group(actor(request), key=key))


@router.get("/{key}/members", response={200: schema_of(service.GroupMembers), **FAILURES}, operation_id="group_members")
def group_members(request: HttpRequest, key: Number, asked: Query[MemberFilters]) -> HttpResponse:
    return answer(service.list_group_members(actor(request), key=key, **asked.dict()))
