"""Accounts of machines, with the keys they own."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from seatwise.services import service_accounts as service
from seatwise.services.key_spend import KeySpend
from seatwise.services.paging import Page

from .access import actor
from .answers import answer, answer_listed
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["service accounts"])
Listed = listed(Page[service.ServiceAccountInfo])
Detail = schema_of(service.ServiceAccountDetail)


class ServiceAccountFilters(Paged):
    """`project` is its id or name."""

    connection: Text = ""
    project: Text = ""
    search: Text = ""
    sort: sorts(service.SORTS) = "name"  # type: ignore[valid-type]


@router.get("", response={200: Listed, **FAILURES}, operation_id="list_service_accounts")
def list_service_accounts(request: HttpRequest, asked: Query[ServiceAccountFilters]) -> HttpResponse:
    page = service.list_service_accounts(actor(request), **asked.dict())
    return answer_listed(request, page, "service_accounts", asked.connection)


@router.get("/{key}", response={200: Detail, **FAILURES}, operation_id="get_service_account")
def get_service_account(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_service_account(actor(request), key=key))


@router.get("/{key}/spend", response={200: schema_of(KeySpend), **FAILURES}, operation_id="get_service_account_spend")
def get_service_account_spend(request: HttpRequest, key: Number) -> HttpResponse:
    """What its keys cost on each of the last 30 days."""
    return answer(service.service_account_spend(actor(request), key=key))
