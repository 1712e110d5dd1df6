"""Licenses, and who holds them."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from seatwise.services import license_advice as advice
from seatwise.services import licenses as service
from seatwise.services.paging import Page
from seatwise.services.users import UserInfo

from .access import actor
from .answers import answer
from .parameters import Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["licenses"])
License = schema_of(service.LicenseInfo)
Days = Annotated[int, Field(ge=1, le=1100)]


class LicenseList(Schema):
    items: list[License]  # type: ignore[valid-type]


class AdviceList(Schema):
    items: list[schema_of(advice.Advice)]  # type: ignore[valid-type]


class TrendList(Schema):
    items: list[schema_of(advice.LicenseTrend)]  # type: ignore[valid-type]


class HolderFilters(Paged):
    connection: Text = ""
    group: Literal["assigned", "idle", "invited", "unknown"] = "assigned"


@router.get("", response={200: LicenseList, **FAILURES}, operation_id="list_licenses")
def list_licenses(request: HttpRequest, connection: Text = "") -> HttpResponse:
    return answer({"items": service.list_licenses(actor(request), connection=connection)})


@router.get("/{slug}/users", response={200: schema_of(Page[UserInfo]), **FAILURES}, operation_id="list_license_users")
def list_license_users(request: HttpRequest, slug: Text, asked: Query[HolderFilters]) -> HttpResponse:
    return answer(service.list_license_users(actor(request), license=slug, **asked.dict()))


@router.get("/{slug}/advice", response={200: AdviceList, **FAILURES}, operation_id="list_license_advice")
def list_license_advice(request: HttpRequest, slug: Text, connection: Text = "") -> HttpResponse:
    """Whom to look at first, each with the reason."""
    return answer({"items": advice.list_license_advice(actor(request), license=slug, connection=connection)})


@router.get("/{slug}/trend", response={200: TrendList, **FAILURES}, operation_id="license_trend")
def license_trend(request: HttpRequest, slug: Text, connection: Text = "", days: Days = 182) -> HttpResponse:
    """How the numbers went: day by day, or week by week where it is long; the oldest first."""
    return answer({"items": advice.license_trend(actor(request), license=slug, connection=connection, days=days)})
