"""`seatwise budgets` and `seatwise alerts`: the promised names, for people and for scripts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result

from fixtures.alerts import today
from seatwise.cli.alerts import KINDS, SCOPES
from seatwise.cli.objects import ALERT, BUDGET, flat
from seatwise.services import alerts, budgets

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., Result]


@pytest.fixture
def spent(connection_of: Callable[..., Any], spend_of: Callable[..., None], budget_of: Any) -> Any:
    connection = connection_of("Acme")
    spend_of(connection, {today() - timedelta(days=n): 10 for n in range(60)})
    return budget_of(amount="5", thresholds=[(100, "actual")])


@pytest.mark.parametrize(("command", "names"), [("budgets", BUDGET), ("alerts", ALERT)])
def test_scripts_get_the_promised_names(seatwise: Run, spent: Any, command: str, names: Any) -> None:
    (found,) = json.loads(seatwise(command, "--json").stdout)
    assert list(found) == flat(names)
    lines = list(csv.reader(io.StringIO(seatwise(command, "--csv").stdout, newline="")))
    assert lines[0] == flat(names)
    assert len(lines) == 2


def test_people_get_a_table(seatwise: Run, spent: Any) -> None:
    assert "All of it" in seatwise("budgets").stdout
    assert "over" in seatwise("budgets", "--scope", "all").stdout
    assert "All of it" not in seatwise("budgets", "--scope", "key").stdout
    assert "100% of the budget" in seatwise("alerts", "--open", "--kind", "budget").stdout
    assert "100%" not in seatwise("alerts", "--kind", "new_owner").stdout


def test_the_words_are_those_of_the_services() -> None:
    assert set(KINDS) == set(alerts.KINDS)
    assert set(SCOPES) == set(budgets.SCOPES)
