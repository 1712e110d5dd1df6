"""Budgets, alerts, and the channels by which these are sent: the promised names, for people and for scripts."""

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
from fixtures.receivers import Receiver
from seatwise.cli.alerts import KINDS, SCOPES
from seatwise.cli.channels import STATES
from seatwise.cli.objects import ALERT, BUDGET, CHANNEL, DELIVERY, HOST, flat
from seatwise.services import alerts, budgets, delivery_log

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., Result]
LISTINGS = {"budgets": BUDGET, "alerts": ALERT, "channels": CHANNEL, "deliveries": DELIVERY, "allowed-hosts": HOST}


@pytest.fixture
def spent(
    connection_of: Callable[..., Any], spend_of: Callable[..., None], budget_of: Any, channel_of: Callable[..., Any]
) -> Any:
    connection = connection_of("Acme")
    channel_of("slack", "https://127.0.0.1/s3cret-path", name="On call", digest_hour=7)
    spend_of(connection, {today() - timedelta(days=n): 10 for n in range(60)})
    return budget_of(amount="5", thresholds=[(100, "actual")])


@pytest.mark.parametrize(("command", "names"), LISTINGS.items())
def test_scripts_get_the_promised_names(seatwise: Run, spent: Any, command: str, names: Any) -> None:
    (found,) = json.loads(seatwise(command, "--json").stdout)
    assert list(found) == flat(names)
    assert "s3cret-path" not in str(found)
    lines = list(csv.reader(io.StringIO(seatwise(command, "--csv").stdout, newline="")))
    assert lines[0] == flat(names)
    assert len(lines) == 2


def test_people_get_a_table(seatwise: Run, spent: Any) -> None:
    assert "All of it" in seatwise("budgets").stdout
    assert "over" in seatwise("budgets", "--scope", "all").stdout
    assert "All of it" not in seatwise("budgets", "--scope", "key").stdout
    assert "100% of the budget" in seatwise("alerts", "--open", "--kind", "budget").stdout
    assert "100%" not in seatwise("alerts", "--kind", "new_owner").stdout
    assert "daily at 7:00 UTC" in seatwise("channels").stdout
    assert "100% of the budget" in seatwise("deliveries", "--channel", "on CALL", "--state", "waiting").stdout
    assert "100%" not in seatwise("deliveries", "--state", "failed").stdout
    assert "127.0.0.1" in seatwise("allowed-hosts").stdout


def test_why_there_is_no_forecast_is_said(seatwise: Run, connection_of: Callable[..., Any], budget_of: Any) -> None:
    connection_of("Acme")
    budget_of()
    (found,) = json.loads(seatwise("budgets", "--json").stdout)
    assert (found["forecast"], found["forecast_why"]) == (None, "The costs of Acme were not read yet.")
    assert [each["connection"] for each in found["coverage"]] == ["Acme"]
    assert "Unknown. The costs of Acme were not read yet." in seatwise("budgets").stdout


def test_a_channel_that_is_not_there_is_no_empty_log(seatwise: Run) -> None:
    result = seatwise("deliveries", "--channel", "Nowhere", "--json")
    assert result.exit_code == 2
    assert "Nowhere" in result.stderr
    assert not result.stdout


def test_the_words_are_those_of_the_services() -> None:
    assert set(KINDS) == set(alerts.KINDS)
    assert set(SCOPES) == set(budgets.SCOPES)
    assert set(STATES) == set(delivery_log.STATES)


def test_an_alert_is_acknowledged_by_its_key(seatwise: Run, spent: Any) -> None:
    (alert,) = json.loads(seatwise("alerts", "--acknowledged", "no", "--json").stdout)
    assert json.loads(seatwise("alerts", "--acknowledged", "yes", "--json").stdout) == []
    done = seatwise("acknowledge", str(alert["key"]))
    assert (done.exit_code, done.stderr) == (0, f"Acknowledged: {alert['title']}\n")
    (seen,) = json.loads(seatwise("alerts", "--acknowledged", "yes", "--json").stdout)
    assert seen["acknowledged_by"].startswith("cli:")
    assert json.loads(seatwise("alerts", "--open", "--json").stdout) == []
    assert seatwise("alerts", "--open", "--acknowledged", "yes").exit_code == 2
    assert seatwise("acknowledge", "999").exit_code == 2


def test_a_channel_is_tried_at_once(seatwise: Run, receiver: Receiver, channel_of: Callable[..., Any]) -> None:
    channel_of("slack", receiver.url, name="On call")
    assert "was delivered" in seatwise("test-channel", "on CALL").stderr
    receiver.answers.append((500, {}, b"broken"))
    failed = seatwise("test-channel", "On call")
    assert failed.exit_code == 1
    assert "500: broken" in failed.stderr
    assert seatwise("test-channel", "Nowhere").exit_code == 2
