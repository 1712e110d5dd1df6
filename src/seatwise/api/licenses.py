"""Licenses, and who holds them."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from seatwise.services import licenses as service
from seatwise.services.paging import Page
from seatwise.services.users import UserInfo

from .access import actor
from .answers import answer
from .parameters import Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["licenses"])
License = schema_of(service.LicenseInfo)


class LicenseList(Schema):
    items: list[License]  # type: ignore[valid-type]


class HolderFilters(Paged):
    connection: Text = ""
    group: Literal["assigned", "idle", "invited", "unknown"] = "assigned"


@router.get("", response={200: LicenseList, **FAILURES}, operation_id="list_licenses")
def list_licenses(request: HttpRequest, connection: Text = "") -> HttpResponse:
    return answer({"items": service.list_licenses(actor(request), connection=connection)})


@router.get("/{slug}/users", response={200: schema_of(Page[UserInfo]), **FAILURES}, operation_id="list_license_users")
def list_license_users(request: HttpRequest, slug: Text, asked: Query[HolderFilters]) -> HttpResponse:
    return answer(service.list_license_users(actor(request), license=slug, **asked.dict()))
