"""Roles: what each permits, and who is known to hold it."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import roles as service
from seatwise.services.paging import Page

from .access import actor
from .answers import answer, answer_listed
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["roles"])


class RoleFilters(Paged):
    """`search` looks in name and permissions."""

    connection: Text = ""
    kind: Literal["", "organization", "project"] = ""
    search: Text = ""
    sort: sorts(service.SORTS) = "kind"  # type: ignore[valid-type]


@router.get("", response={200: listed(Page[service.RoleInfo]), **FAILURES}, operation_id="list_roles")
def list_roles(request: HttpRequest, asked: Query[RoleFilters]) -> HttpResponse:
    page = service.list_roles(actor(request), **asked.dict())
    return answer_listed(request, page, "roles", asked.connection)


@router.get("/{key}", response={200: schema_of(service.RoleDetail), **FAILURES}, operation_id="get_role")
def get_role(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_role(actor(request), key=key))
