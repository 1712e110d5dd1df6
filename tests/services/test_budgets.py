"""Budgets: what is spent and will be, and each threshold told once a month, however often anybody looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections as databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.alerts import ONE
from seatwise.services.budget_alerts import look_at_budgets
from seatwise.services.budgets import change_budget, create_budget, delete_budget, get_budget, list_budgets
from seatwise.services.errors import Conflict, NotAllowed, NotFound, Refusal
from seatwise.services.rights import SYSTEM, Actor
from seatwise.store.models import Alert, AuditEntry, Stream, ThresholdFired, Unsettled

pytestmark = pytest.mark.django_db
MIDDLE = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = MIDDLE.date()
FIRST = TODAY.replace(day=1)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(MIDDLE, tick=False) as clock:
        yield clock


@pytest.fixture
def acme_spends(connection_of: Callable[..., Any], spend_of: Callable[..., None]) -> Callable[..., Any]:
    def acme_spends(daily: float, days: int = 60) -> Any:
        connection = connection_of("Acme")
        spend_of(connection, {TODAY - n * ONE: daily for n in range(days)})
        return connection

    return acme_spends


def told() -> list[str]:
    return list(Alert.objects.order_by("pk").values_list("title", flat=True))


def test_what_is_spent_counts_this_month_alone_and_the_forecast_what_is_left(acme_spends: Any, budget_of: Any) -> None:
    acme_spends(10)
    info = budget_of()
    assert (info.spent, info.percent, info.month) == ("150.00", 15, FIRST)
    assert (info.forecast, info.forecast_percent) == ("300.00", 30)
    assert info.state == "within"


def test_with_less_than_a_week_there_is_no_forecast(connection_of: Any, spend_of: Any, budget_of: Any) -> None:
    connection = connection_of("Acme")
    spend_of(connection, {TODAY - n * ONE: 10 for n in range(5)})
    Stream.objects.filter(name="costs").update(covered_from=TODAY - 5 * ONE)
    info = budget_of()
    assert (info.forecast, info.forecast_percent) == (None, None)


def test_thresholds_passed_at_once_are_one_alert_that_names_the_highest(acme_spends: Any, budget_of: Any) -> None:
    acme_spends(60)
    budget_of()
    assert told() == ["All of it: 80% of the budget for June 2026 is spent"]
    alert = Alert.objects.get()
    assert dict(alert.facts)["Thresholds passed"] == "50% spent, 80% spent, 100% forecast"
    assert dict(alert.facts)["Spent"] == "900.00 USD (90%)"
    assert dict(alert.facts)["Forecast"] == "1,800.00 USD (180%)"
    assert ThresholdFired.objects.count() == 3
    for _ in range(3):
        look_at_budgets(TODAY)
    assert len(told()) == 1


def test_the_next_threshold_is_told_when_it_is_passed_and_all_begin_anew_next_month(
    acme_spends: Any, budget_of: Any, spend_of: Any, clock: Any
) -> None:
    connection = acme_spends(60)
    budget_of(thresholds=[(80, "actual"), (100, "actual")])
    spend_of(connection, {TODAY: 100})
    look_at_budgets(TODAY)
    assert told()[1:] == ["All of it: 100% of the budget for June 2026 is spent"]
    clock.move_to(datetime(2026, 7, 20, tzinfo=UTC))
    spend_of(connection, {datetime(2026, 7, 20).date(): 850})
    look_at_budgets(datetime(2026, 7, 20).date())
    assert told()[2:] == ["All of it: 80% of the budget for July 2026 is spent"]


def test_what_a_vendor_adds_after_the_month_is_over_still_counts(
    acme_spends: Any, budget_of: Any, spend_of: Any, clock: Any
) -> None:
    connection = acme_spends(60)
    budget_of(thresholds=[(100, "actual")])
    clock.move_to(datetime(2026, 7, 3, tzinfo=UTC))
    spend_of(connection, {datetime(2026, 6, 30).date(): 200})
    for _ in range(2):
        look_at_budgets(datetime(2026, 7, 3).date())
    assert told() == ["All of it: 100% of the budget for June 2026 is spent"]
    assert "The month is over" in Alert.objects.get().text


def test_another_amount_begins_the_thresholds_anew_and_another_name_does_not(acme_spends: Any, budget_of: Any) -> None:
    acme_spends(60)
    info = budget_of()
    change_budget(SYSTEM, id=info.id, name="Renamed")
    assert len(told()) == 1
    change_budget(SYSTEM, id=info.id, amount="950")
    assert told()[1:] == ["Renamed: 80% of the budget for June 2026 is spent"]


@pytest.mark.parametrize("change", [{"amount": "600"}, {"thresholds": [(70, "actual")]}])
def test_nothing_of_the_month_before_is_told_by_what_was_set_since(
    acme_spends: Any, budget_of: Any, clock: Any, change: dict[str, Any]
) -> None:
    acme_spends(60)
    info = budget_of(thresholds=[(80, "actual")])
    assert len(told()) == 1
    clock.move_to(datetime(2026, 7, 3, tzinfo=UTC))
    change_budget(SYSTEM, id=info.id, **change)
    look_at_budgets(datetime(2026, 7, 3).date())
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("scope", "dimension", "key"),
    [("project", "project", "proj_1"), ("person", "person", "user-1"), ("key", "api_key", "key_1"),
     ("model", "model", "gpt-4o")],
)  # fmt: skip
def test_a_budget_counts_what_it_is_for_alone(
    connection_of: Any, spend_of: Any, budget_of: Any, user_of: Any, scope: str, dimension: str, key: str
) -> None:
    from seatwise.store.models import Key, Project

    one, other = connection_of("Acme"), connection_of("Labs")
    plain = {"connection": one, "hash": 1, "first_seen_at": MIDDLE}
    user_of(one, vendor_id="user-1", email="ada@example.com", name="Ada")
    Project.objects.create(vendor_id="proj_1", name="Website", status="active", **plain)
    Key.objects.create(vendor_id="key_1", kind="project", name="nightly", **plain)
    spend_of(one, {TODAY - ONE: 10}, dimension, key)
    spend_of(one, {TODAY - ONE: 100}, dimension, "other")
    spend_of(other, {TODAY - ONE: 1000}, dimension, key)
    info = budget_of(scope=scope, connection="acme", subject=key)
    assert info.spent == "10.00"
    names = {"project": "Website", "person": "Ada", "key": "nightly", "model": "gpt-4o"}
    assert info.subject_name == names[scope]
    assert budget_of("By name", scope=scope, connection="Acme", subject=names[scope].upper()).subject == key


def test_a_name_that_several_have_is_refused_with_the_way_out(connection_of: Any, user_of: Any, budget_of: Any) -> None:
    connection = connection_of("Acme")
    for number in (1, 2):
        user_of(connection, vendor_id=f"user-{number}", name="Ada", email=f"ada{number}@example.com")
    with pytest.raises(Refusal, match="2 called Ada") as refused:
        budget_of(scope="person", connection="Acme", subject="Ada")
    assert "subject" in refused.value.fields
    with pytest.raises(Refusal, match="none called Grace"):
        budget_of(scope="person", connection="Acme", subject="Grace")


def test_everything_is_refused_at_once_and_nothing_saved(connection_of: Any) -> None:
    with pytest.raises(Refusal) as refused:
        create_budget(
            SYSTEM, name=" ", scope="moon", amount="-1", currency="dollars", thresholds=[(0, "actual"), (5, "hope")]
        )
    assert set(refused.value.fields) == {"name", "scope", "amount", "currency", "thresholds"}
    for amount in ("0", "NaN", "Infinity", "1e99", "ten", ""):
        with pytest.raises(Refusal):
            create_budget(SYSTEM, name="x", scope="all", amount=amount)
    assert list_budgets(SYSTEM) == []


def test_a_name_is_taken_once(budget_of: Any, connection_of: Any) -> None:
    budget_of("Team")
    with pytest.raises(Conflict):
        budget_of("tEAM")
    other = budget_of("Other")
    with pytest.raises(Conflict):
        change_budget(SYSTEM, id=other.id, name="team")


def test_what_is_not_read_is_said_and_never_fine(acme_spends: Any, budget_of: Any, connection_of: Any) -> None:
    acme_spends(1)
    connection_of("Labs")
    info = budget_of()
    assert info.state == "incomplete"
    assert [(each.connection, each.problem) for each in info.coverage] == [("Labs", "unread")]
    assert (info.forecast, info.forecast_why) == (None, "The costs of Labs were not read yet.")
    Stream.objects.filter(name="costs").update(enabled=False)
    assert {each.problem for each in get_budget(SYSTEM, id=info.id).coverage} == {"off", "unread"}


def test_another_currency_is_said_and_not_added(acme_spends: Any, spend_of: Any, budget_of: Any) -> None:
    connection = acme_spends(1)
    spend_of(connection, {TODAY: 500}, currency="eur")
    info = budget_of()
    assert (info.spent, info.other_currencies) == ("15.00", ["eur"])


def test_a_budget_is_changed_and_deleted_with_the_right_and_written_down(acme_spends: Any, budget_of: Any) -> None:
    acme_spends(60)
    info, viewer = budget_of(), Actor("v@example.com", "viewer")
    assert [each.id for each in list_budgets(viewer)] == [info.id]
    for attempt in (
        lambda: create_budget(viewer, name="x", scope="all", amount="1"),
        lambda: change_budget(viewer, id=info.id, amount="1"),
        lambda: delete_budget(viewer, id=info.id),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    delete_budget(SYSTEM, id=info.id)
    assert Alert.objects.count() == 1, "what was told stays"
    with pytest.raises(NotFound):
        get_budget(SYSTEM, id=info.id)
    assert list(AuditEntry.objects.filter(outcome="done").values_list("operation", flat=True)) == [
        "create_budget", "delete_budget",
    ]  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spends=st.lists(st.integers(0, 400), min_size=1, max_size=8),
    thresholds=st.sets(st.tuples(st.integers(1, 200), st.sampled_from(["actual", "forecast"])), min_size=1, max_size=5),
)
def test_whatever_is_spent_each_threshold_is_told_once(
    acme_spends: Any, spend_of: Any, budget_of: Any, spends: list[int], thresholds: set[tuple[int, str]]
) -> None:
    from seatwise.store.models import Budget, Connection

    for model in (Alert, Budget, Connection):
        model.objects.all().delete()
    connection = acme_spends(5)
    info = budget_of(thresholds=sorted(thresholds))
    for amount in spends:
        spend_of(connection, {TODAY: amount})
        look_at_budgets(TODAY)
        look_at_budgets(TODAY)
    fired = list(ThresholdFired.objects.values_list("percent", "basis"))
    assert len(fired) == len(set(fired))
    now = get_budget(SYSTEM, id=info.id)
    spent, ahead = float(now.spent), float(now.forecast or 0)
    assert {pair for pair in thresholds if (spent if pair[1] == "actual" else ahead) * 100 >= 1000 * pair[0]} <= set(
        fired
    )
    keys = [key for alert in Alert.objects.all() for key in dict(alert.facts)["Thresholds passed"].split(", ")]
    assert sorted(keys) == sorted(f"{p}% {'spent' if b == 'actual' else 'forecast'}" for p, b in fired)


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_tell_once(acme_spends: Any, budget_of: Any, spend_of: Any) -> None:
    connection = acme_spends(5)
    budget_of(thresholds=[(percent, "actual") for percent in (10, 20, 50, 100)])
    Alert.objects.all().delete()
    ThresholdFired.objects.all().delete()
    spend_of(connection, {TODAY: 2000})
    barrier, failed = threading.Barrier(4), []

    def look() -> None:
        try:
            barrier.wait(20)
            look_at_budgets(TODAY)
        except Exception as error:
            failed.append(error)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert len(told()) == 1
    assert ThresholdFired.objects.count() == 4


def test_days_far_back_do_not_matter(acme_spends: Any, budget_of: Any, spend_of: Any) -> None:
    connection = acme_spends(5)
    spend_of(connection, {TODAY - timedelta(days=90): 5000})
    assert budget_of().forecast == "150.00"


def test_a_persons_budget_is_not_fine_while_days_wait_for_their_persons(
    acme_spends: Any, budget_of: Any, user_of: Any
) -> None:
    connection = acme_spends(10)
    user_of(connection, vendor_id="user-1", email="ada@example.com", name="Ada")
    hers = budget_of("Hers", scope="person", connection="Acme", subject="user-1")
    assert (hers.state, hers.coverage) == ("within", [])
    Unsettled.objects.create(connection=connection, day=TODAY - 2 * ONE)
    hers = get_budget(SYSTEM, id=hers.id)
    assert (hers.state, [each.unsettled for each in hers.coverage]) == ("incomplete", [1])
    whole = budget_of("All of it")
    assert (whole.state, whole.coverage) == ("within", [])
