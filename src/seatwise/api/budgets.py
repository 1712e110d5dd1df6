"""Budgets: read by whoever may see spend, set by whoever may set alerts."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from seatwise.services import budgets as service

from .access import actor
from .answers import answer
from .parameters import Number, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["budgets"])
Budget = schema_of(service.BudgetInfo)
Scope = Literal["all", "connection", "project", "person", "key", "model"]
Amount = Annotated[str, Field(max_length=20, description="A decimal string, such as 500.00.")]
Currency = Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]


class BudgetList(Schema):
    items: list[Budget]  # type: ignore[valid-type]


class Threshold(Schema):
    """`basis` is what is spent (actual) or the forecast of the month."""

    percent: int = Field(ge=1, le=service.HIGHEST)
    basis: Literal["actual", "forecast"] = "actual"


Thresholds = Annotated[list[Threshold], Field(max_length=service.MOST_THRESHOLDS)]


class NewBudget(Schema):
    """`subject` is the vendor's id of what it is for, or its name where only one is called so."""

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]*$")]
    scope: Scope
    connection: Text = ""
    subject: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""
    amount: Amount
    currency: Currency = "usd"
    thresholds: Thresholds | None = None


class BudgetChanges(Schema):
    """What is absent stays."""

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]*$")] | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    thresholds: Thresholds | None = None


@router.get("", response={200: BudgetList, **FAILURES}, operation_id="list_budgets")
def list_budgets(request: HttpRequest, connection: Text = "", scope: Scope | Literal[""] = "") -> HttpResponse:
    return answer({"items": service.list_budgets(actor(request), connection=connection, scope=scope)})


@router.get("/{budget}", response={200: Budget, **FAILURES}, operation_id="get_budget")
def get_budget(request: HttpRequest, budget: Number) -> HttpResponse:
    return answer(service.get_budget(actor(request), id=budget))


@router.post("", response={201: Budget, **FAILURES}, operation_id="create_budget")
def create_budget(request: HttpRequest, given: NewBudget) -> HttpResponse:
    """What is passed already is told at once."""
    return answer(service.create_budget(actor(request), **_asked(given)), 201)


@router.patch("/{budget}", response={200: Budget, **FAILURES}, operation_id="change_budget")
def change_budget(request: HttpRequest, budget: Number, given: BudgetChanges) -> HttpResponse:
    """Another amount begins this month's thresholds anew."""
    return answer(service.change_budget(actor(request), id=budget, **_asked(given)))


@router.delete("/{budget}", response={204: None, **FAILURES}, operation_id="delete_budget")
def delete_budget(request: HttpRequest, budget: Number) -> HttpResponse:
    service.delete_budget(actor(request), id=budget)
    return HttpResponse(status=204)


def _asked(given: NewBudget | BudgetChanges) -> dict[str, Any]:
    values = {name: value for name, value in given.dict().items() if value is not None}
    if given.thresholds is not None:
        values["thresholds"] = [(each.percent, each.basis) for each in given.thresholds]
    return values
