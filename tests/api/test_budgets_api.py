"""Budgets and alerts over the API, with the names and the rights of screens and command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from fixtures.alerts import today
from seatwise.cli.objects import ALERT, BUDGET, flat

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def acme_spends(connection_of: Callable[..., Any], spend_of: Callable[..., None]) -> Any:
    connection = connection_of("Acme")
    spend_of(connection, {today() - timedelta(days=n): 10 for n in range(60)}, "project", "proj_1")
    return connection


def test_a_budget_is_made_read_changed_and_deleted(caller: Callable[[str], Client], acme_spends: Any) -> None:
    admin = caller("admin")
    given = {"name": "Team", "scope": "all", "amount": "5", "thresholds": [{"percent": 100, "basis": "actual"}]}
    made = admin.post("/api/v1/budgets", given, **JSON)
    assert made.status_code == 201, made.content
    budget = made.json()
    assert set(flat(BUDGET)) <= set(budget)
    assert (budget["amount"], budget["state"], budget["thresholds"][0]["percent"]) == ("5.00", "over", 100)
    at = f"/api/v1/budgets/{budget['id']}"
    assert admin.patch(at, {"amount": "99999"}, **JSON).json()["state"] != "over"
    assert admin.get("/api/v1/budgets").json()["items"][0]["amount"] == "99999.00"
    (alert,) = admin.get("/api/v1/alerts", {"kind": "budget"}).json()["items"]
    assert set(flat(ALERT)) <= set(alert)
    assert admin.get(f"/api/v1/alerts/{alert['key']}").json() == alert
    assert admin.delete(at).status_code == 204
    assert admin.get(at).status_code == 404


def test_what_is_wrong_is_named(caller: Callable[[str], Client], acme_spends: Any) -> None:
    admin = caller("admin")
    refused = admin.post("/api/v1/budgets", {"name": "x", "scope": "all", "amount": "none"}, **JSON)
    assert refused.status_code == 422
    assert "amount" in refused.json()["error"]["fields"]
    assert admin.post("/api/v1/budgets", {"name": "x", "scope": "moon", "amount": "1"}, **JSON).status_code == 422
    unknown = {"name": "x", "scope": "project", "amount": "1", "connection": "Acme", "subject": "nothing"}
    assert "subject" in admin.post("/api/v1/budgets", unknown, **JSON).json()["error"]["fields"]
    taken = {"name": "x", "scope": "all", "amount": "1"}
    assert [admin.post("/api/v1/budgets", taken, **JSON).status_code for _ in range(2)] == [201, 409]


def test_a_viewer_reads_and_sets_nothing(caller: Callable[[str], Client], budget_of: Any, acme_spends: Any) -> None:
    budget, viewer = budget_of(), caller("viewer")
    assert len(viewer.get("/api/v1/budgets").json()["items"]) == 1
    assert viewer.get("/api/v1/alerts").status_code == 200
    assert viewer.post("/api/v1/budgets", {"name": "x", "scope": "all", "amount": "1"}, **JSON).status_code == 403
    assert viewer.patch(f"/api/v1/budgets/{budget.id}", {"amount": "1"}, **JSON).status_code == 403
    assert viewer.delete(f"/api/v1/budgets/{budget.id}").status_code == 403
    assert viewer.get("/api/v1/alerts", {"kind": "nonsense"}).status_code == 422
