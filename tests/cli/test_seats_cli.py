"""Advice and trend of licenses on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli.objects import ADVICE, TREND, flat
from seatwise.store.models import User

pytestmark = pytest.mark.usefixtures("kept")
Run = Callable[..., Result]


def test_advice_comes_with_its_reason(seatwise: Run, synced: Any) -> None:
    person = User.objects.filter(kind="user", status="active").first()
    assert person
    then = datetime.now(UTC) - timedelta(days=400)
    User.objects.filter(pk=person.pk).update(last_active_at=then, last_active_source="audit_log")
    found = json.loads(seatwise("license-advice", "--json").stdout)
    assert all(list(each) == flat(ADVICE) for each in found)
    one = next(each for each in found if each["id"] == person.vendor_id)
    assert (one["action"], one["license"], one["connection"]) == ("remove", "OpenAI", "Acme")
    assert str(then.date()) in one["reason"] or "last" in one["reason"].lower()
    assert str(person.email) in seatwise("license-advice", "--license", "openai").stdout


def test_the_trend_has_a_line_for_a_day(seatwise: Run, synced: Any) -> None:
    (line,) = json.loads(seatwise("license-trend", "--days", "7", "--json").stdout)
    assert list(line) == flat(TREND)
    assert line["assigned"] == json.loads(seatwise("licenses", "--json").stdout)[0]["assigned"]
    for command in ("license-advice", "license-trend"):
        assert seatwise(command, "--license", "Nonesuch").exit_code == 2
        assert seatwise(command, "--connection", "Nowhere").exit_code == 2
