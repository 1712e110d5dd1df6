"""Keys with what is wrong with them; their values are not known here."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from pydantic import AfterValidator

from seatwise.services import keys as service
from seatwise.services.key_issues import IssueRule

from .access import actor
from .answers import answer, answer_listed
from .parameters import Number, Paged, Text, sorts
from .schemas import FAILURES, listed, schema_of

router = Router(tags=["keys"])
Rule = schema_of(IssueRule)


def _issue(name: str) -> str:
    if name and name not in service.ISSUES:
        raise ValueError(f"there is no such issue; there are {', '.join(service.ISSUES)}")
    return name


Issue = Annotated[str, AfterValidator(_issue), Field(json_schema_extra={"enum": ["", *service.ISSUES]})]


class KeyCounted(Schema):
    """`project` is its id or name, `owner` an id or an e-mail; `issue` is a saved filter."""

    connection: Text = ""
    kind: Literal["", "project", "admin"] = ""
    project: Text = ""
    owner: Text = ""
    search: Text = ""
    issue: Issue = ""


class KeyFilters(Paged, KeyCounted):
    sort: sorts(service.SORTS) = "name"  # type: ignore[valid-type]


class IssueList(Schema):
    items: list[Rule]  # type: ignore[valid-type]


@router.get("", response={200: listed(service.KeyPage), **FAILURES}, operation_id="list_keys")
def list_keys(request: HttpRequest, asked: Query[KeyFilters]) -> HttpResponse:
    page = service.list_keys(actor(request), **asked.dict())
    return answer_listed(request, page, "keys", asked.connection)


@router.get("/facets", response={200: schema_of(service.KeyFacets), **FAILURES}, operation_id="key_facets")
def key_facets(request: HttpRequest, asked: Query[KeyCounted]) -> HttpResponse:
    """How many there are of each issue, kind and connection."""
    return answer(service.key_facets(actor(request), **asked.dict()))


@router.get("/issues", response={200: IssueList, **FAILURES}, operation_id="list_key_issues")
def list_key_issues(request: HttpRequest) -> HttpResponse:
    """The saved filters, each with the rule that fills it."""
    return answer({"items": service.issue_rules(actor(request))})


@router.get("/{key}", response={200: schema_of(service.KeyDetail), **FAILURES}, operation_id="get_key")
def get_key(request: HttpRequest, key: Number) -> HttpResponse:
    return answer(service.get_key(actor(request), key=key))


@router.get("/{key}/spend", response={200: schema_of(service.KeySpend), **FAILURES}, operation_id="get_key_spend")
def get_key_spend(request: HttpRequest, key: Number) -> HttpResponse:
    """What it cost on each of the last 30 days, as far as the vendor names the key."""
    return answer(service.key_spend(actor(request), key=key))
