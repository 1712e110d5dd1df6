"""Advice and trend of licenses, and the operators' own audit log, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.cli.objects import AUDIT, flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]
Caller = Callable[[str], Client]


def test_advice_and_trend_are_of_a_license(caller: Caller, copy: Any) -> None:
    viewer = caller("viewer")
    for advice in viewer.get("/api/v1/licenses/openai/advice").json()["items"]:
        assert advice["action"] in ("remove", "ask", "withdraw")
        assert advice["reason"]
    (day,) = viewer.get("/api/v1/licenses/openai/trend?days=7").json()["items"]
    assert day["assigned"] == viewer.get("/api/v1/licenses").json()["items"][0]["assigned"]
    for what in ("advice", "trend"):
        assert viewer.get(f"/api/v1/licenses/none/{what}").status_code == 404
    assert viewer.get("/api/v1/licenses/openai/trend?days=0").status_code == 422


def test_what_operators_did_is_for_whoever_may_see_it(caller: Caller, copy: Any) -> None:
    owner = caller("owner")
    items = owner.get("/api/v1/audit?operation=create_token").json()["items"]
    assert items
    assert {each["operation"] for each in items} == {"create_token"}
    assert set(items[0]) == set(flat(AUDIT))
    assert owner.get("/api/v1/audit?outcome=refused&search=nobody").json()["items"] == []
    assert owner.get("/api/v1/audit?outcome=perhaps").status_code == 422
    assert caller("viewer").get("/api/v1/audit").status_code == 403
