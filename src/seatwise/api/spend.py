"""What accounts cost: totals, days and lines by dimension. Money is a decimal string, its currency beside it."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from seatwise.services import spend as service
from seatwise.services.forecast import Forecast, forecast
from seatwise.services.money import RANGES
from seatwise.services.spend_figures import DIMENSIONS
from seatwise.services.spend_months import MonthsOf, months_of

from .access import actor
from .answers import answer
from .parameters import Day, Paged, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["spend"])
Key = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
"""A vendor's id or word, or `unattributed`."""
Range = Annotated[str, Field(pattern=rf"^(|{'|'.join(RANGES)})$", description=f"One of {', '.join(RANGES)}.")]


class InRange(Paged):
    """Days are UTC days, `from` and `to` included; they count more than `range`. Without any: this month."""

    connection: Text = ""
    range: Range = ""
    start: Day | None = Field(None, alias="from")
    end: Day | None = Field(None, alias="to")
    project: Key = ""
    person: Key = ""
    api_key: Key = ""
    model: Key = ""


class SpendFilters(InRange):
    """The lines are of one `currency`: of the one with most lines, where none is asked for."""

    by: Annotated[str, Field(pattern=rf"^({'|'.join(DIMENSIONS)})$")] = "project"
    currency: Annotated[str, Field(max_length=8, pattern=r"^\w*$")] = ""
    line_item: Key = ""


class ForecastList(Schema):
    items: list[schema_of(Forecast)]  # type: ignore[valid-type]


class MonthFilters(Schema):
    """The months of one key of a dimension, in the connection with this number."""

    dimension: Literal["project", "person", "api_key", "model", "line_item"] = "project"
    id: Key = ""
    connection: int = Field(0, ge=0, le=2**63 - 1)
    months: int = Field(12, ge=1, le=60)


@router.get("", response={200: schema_of(service.Spend), **FAILURES}, operation_id="get_spend")
def get_spend(request: HttpRequest, asked: Query[SpendFilters]) -> HttpResponse:
    return answer(service.get_spend(actor(request), **asked.dict()))


@router.get("/forecast", response={200: ForecastList, **FAILURES}, operation_id="forecast_spend")
def forecast_spend(request: HttpRequest, connection: Text = "") -> HttpResponse:
    return answer({"items": forecast(actor(request), connection=connection)})


@router.get("/months", response={200: schema_of(MonthsOf), **FAILURES}, operation_id="list_spend_months")
def months(request: HttpRequest, asked: Query[MonthFilters]) -> HttpResponse:
    found = months_of(
        actor(request), dimension=asked.dimension, key=asked.id, connection=asked.connection, months=asked.months
    )
    return answer(found)
