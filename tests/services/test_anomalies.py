"""Unusual spend: a day against a month of days before it, told once, and only when it had time to settle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from fixtures.alerts import ONE
from seatwise.connectors.openai.sandbox import Organization
from seatwise.services import watching
from seatwise.services.anomalies import unusual
from seatwise.services.rights import SYSTEM
from seatwise.services.settings import change_settings
from seatwise.store.models import Alert, Setting, SpendDay
from seatwise.store.models.spend import amount

MIDDLE = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = MIDDLE.date()
BEGIN = date(2026, 1, 1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(MIDDLE, tick=False) as clock:
        yield clock


def month_of(*amounts: int) -> dict[date, int]:
    return {TODAY - (n + 1) * ONE: each for n, each in enumerate(amounts)}


def test_a_day_is_measured_by_median_and_deviation_not_by_one_wild_day() -> None:
    days = month_of(*[100, 110, 90, 105, 95, 100, 5000] * 4)
    assert unusual(days | {TODAY: 130}, TODAY, BEGIN, factor=6, minimum=1) is None
    assert unusual(days | {TODAY: 131}, TODAY, BEGIN, factor=6, minimum=1) == (100, 130)


def test_the_difference_must_be_worth_a_word() -> None:
    days = month_of(*[2] * 28) | {TODAY: 9}
    assert unusual(days, TODAY, BEGIN, factor=3, minimum=8) is None
    assert unusual(days, TODAY, BEGIN, factor=3, minimum=7) == (2, 2)


def test_with_fewer_than_two_weeks_there_is_no_telling() -> None:
    days = month_of(*[1] * 28) | {TODAY: 1000}
    assert unusual(days, TODAY, TODAY - 13 * ONE, factor=3, minimum=1) is None
    assert unusual(days, TODAY, TODAY - 14 * ONE, factor=3, minimum=1) == (1, 1)


def test_days_without_spend_count_as_what_they_are() -> None:
    assert unusual({TODAY: 50}, TODAY, BEGIN, factor=6, minimum=10) == (0, 0)


@given(st.lists(st.integers(0, 10**6), min_size=28, max_size=28), st.integers(0, 10**6), st.integers(1, 20))
def test_a_day_no_higher_than_usual_is_never_unusual(before: list[int], today: int, factor: int) -> None:
    days = month_of(*before)
    found = unusual(days | {TODAY: today}, TODAY, BEGIN, factor=factor, minimum=1)
    if found:
        assert today > found[1] >= found[0]
        assert sum(each < today for each in before) >= 14


@pytest.mark.django_db
def test_a_day_without_rows_among_credits_is_no_error(
    connection_of: Callable[..., Any], spend_of: Callable[..., None], clock: Any
) -> None:
    """Beside days of credits a day without rows, which costs nothing, is the dear one."""
    connection = connection_of("Acme")
    spend_of(connection, {TODAY - n * ONE: -100 for n in range(1, 60) if n != 4})
    watching.look_at(connection.pk)
    assert [alert.facts[1] for alert in Alert.objects.all()] == [["Spent", "0.00 USD"]]


@pytest.mark.django_db
def test_a_day_is_told_when_it_had_time_to_settle_and_once(
    connection_of: Callable[..., Any], spend_of: Callable[..., None], clock: Any
) -> None:
    connection = connection_of("Acme")
    spend_of(connection, {TODAY - n * ONE: 100 + n % 3 for n in range(1, 60)}, "project", "proj_1")
    spend_of(connection, {TODAY - ONE: 900, TODAY - 3 * ONE: 700}, "project", "proj_2")
    watching.look_at(connection.pk)
    (alert,) = Alert.objects.all()
    assert alert.title.startswith(f"Acme spent 800.00 USD on {TODAY - 3 * ONE}: 7.9 times the usual")
    facts = dict(alert.facts)
    assert facts["Spent"] == "800.00 USD"
    assert facts["Project that rose most"] == "proj_2: +700.00 USD"
    clock.shift(timedelta(days=1))
    watching.look_at(connection.pk)
    assert Alert.objects.count() == 1
    clock.shift(timedelta(days=1))
    for _ in range(3):
        watching.look_at(connection.pk)
    assert Alert.objects.filter(kind="anomaly").count() == 2


@pytest.mark.django_db
def test_a_day_that_was_not_read_whole_is_not_looked_at(
    connection_of: Callable[..., Any], spend_of: Callable[..., None], clock: Any
) -> None:
    connection = connection_of("Acme")
    spend_of(connection, {TODAY - n * ONE: 100 for n in range(1, 60)})
    spend_of(connection, {TODAY - 3 * ONE: 700})
    connection.streams.filter(name="costs").update(covered_to=TODAY - 3 * ONE)
    watching.look_at(connection.pk)
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_the_settings_decide_what_is_unusual(
    connection_of: Callable[..., Any], spend_of: Callable[..., None], clock: Any
) -> None:
    connection = connection_of("Acme")
    spend_of(connection, {TODAY - n * ONE: 10 for n in range(1, 60)})
    spend_of(connection, {TODAY - ONE: 20})
    watching.look_at(connection.pk)
    assert not Alert.objects.exists()
    change_settings(SYSTEM, values={"anomaly_minimum": 20, "anomaly_wait": 0})
    watching.look_at(connection.pk)
    assert Alert.objects.get().kind == "anomaly"


@pytest.mark.django_db
def test_what_the_vendor_really_charged_on_a_wild_day_is_told(
    connect: Callable[..., Any], sync: Callable[..., Any], acme: Organization
) -> None:
    Setting.objects.create(name="history_days", value=60)
    day = acme.now - 4 * 86_400
    acme.restate_day(day, 40)
    connection = connect(acme)
    sync(connection)
    watching.look()
    alert = Alert.objects.get(kind="anomaly")
    at = datetime.fromtimestamp(day, UTC).date()
    charged = SpendDay.objects.get(connection=connection, dimension="total", day=at)
    assert f"on {at}" in alert.title
    assert dict(alert.facts)["Spent"] == f"{amount(charged.amount):,.2f} USD"
