"""Spend, usage and costs over the API: the services' own figures, days named as on the command line."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]


@pytest.fixture
def viewer(caller: Callable[[str], Client], copy: Any) -> Client:
    return caller("viewer")


def test_lines_totals_and_costs_agree(viewer: Client) -> None:
    spend = viewer.get("/api/v1/spend?by=model&range=last_7_days&limit=200").json()
    total = sum(Decimal(line["amount"]) for line in spend["lines"]["items"])
    assert total == Decimal(spend["totals"][0]["amount"])
    assert isinstance(spend["totals"][0]["amount"], str)
    assert spend["range"]["days"] == 7
    rows, cursor = [], ""
    while cursor is not None:
        page = viewer.get(f"/api/v1/costs?range=last_7_days&limit=200&cursor={cursor}").json()
        rows += page["items"]
        cursor = page["next"]
    assert sum(Decimal(row["amount"]) for row in rows) == total


def test_days_are_asked_for_by_from_and_to(viewer: Client) -> None:
    spend = viewer.get("/api/v1/spend?from=2026-01-01&to=2026-01-31").json()
    assert (spend["range"]["first"], spend["range"]["last"]) == ("2026-01-01", "2026-01-31")
    for wrong in ("from=yesterday", "from=0", "by=color", "range=ever", "currency=!"):
        response = viewer.get(f"/api/v1/spend?{wrong}")
        assert response.status_code == 422, wrong
    assert viewer.get("/api/v1/spend?from=2026-02-01&to=2026-01-01").status_code == 422


def test_a_line_is_narrowed_to_by_its_own_name(viewer: Client) -> None:
    project = viewer.get("/api/v1/spend?by=project&range=last_90_days").json()["lines"]["items"][0]
    inside = viewer.get(f"/api/v1/spend?by=model&range=last_90_days&project={project['id']}").json()
    assert inside["totals"][0]["amount"] == project["amount"]
    months = viewer.get(
        f"/api/v1/spend/months?dimension=project&id={project['id']}&connection={project['connection_id']}"
    ).json()
    assert months["currencies"][0]["currency"] == "usd"
    assert viewer.get("/api/v1/spend/months?dimension=project&id=x&connection=999999").status_code == 404


def test_the_forecast_and_usage_are_told(viewer: Client) -> None:
    assert viewer.get("/api/v1/spend/forecast").json()["items"][0]["currency"] == "usd"
    usage = viewer.get("/api/v1/usage?by=model&family=completions&range=last_7_days").json()
    assert {line["family"] for line in usage["lines"]["items"]} == {"completions"}
    assert usage["coverage"][0]["stream"] == "usage_completions"


def test_a_stranger_gets_nothing(copy: Any) -> None:
    for path in ("spend", "usage", "costs", "spend/forecast", "spend/months?dimension=person&id=x&connection=1"):
        assert Client().get(f"/api/v1/{path}").status_code == 401


def test_rows_of_usage_and_focus_come_in_pages(viewer: Client) -> None:
    rows: list[Any] = []
    cursor: Any = ""
    while cursor is not None:
        page = viewer.get(f"/api/v1/usage/rows?family=completions&range=last_7_days&limit=200&cursor={cursor}").json()
        rows += page["items"]
        cursor = page["next"]
    (sums,) = viewer.get("/api/v1/usage?by=total&family=completions&range=last_7_days").json()["lines"]["items"]
    assert sum(row["requests"] for row in rows) == sums["requests"]
    assert {row["partial"] for row in rows if row["day"] < max(row["day"] for row in rows)} == {False}
    costs = viewer.get("/api/v1/costs?range=last_7_days&limit=200").json()["items"]
    focus = viewer.get("/api/v1/costs/focus?range=last_7_days&limit=200").json()["items"]
    assert [row["BilledCost"] for row in focus] == [row["amount"] for row in costs]
    assert [row["x_Partial"] for row in focus] == [row["partial"] for row in costs]
