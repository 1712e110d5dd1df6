"""How far costs are read, who must act where they are not, and what a forecast makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from fixtures.costs import NOW, TODAY, day
from seatwise.services import spend
from seatwise.services.costs import list_costs
from seatwise.services.coverage import coverage_of, in_short
from seatwise.services.errors import NotFound
from seatwise.services.forecast import forecast
from seatwise.services.rights import SYSTEM
from seatwise.services.usage import get_usage
from seatwise.store.models import Connection, Stream, Unsettled
from seatwise.store.sums import Span

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize(
    ("stream", "problem", "says"),
    [
        ({"enabled": False}, "off", "An admin can switch it on"),
        (
            {"state": "forbidden"},
            "forbidden",
            "Usage: Read (api.usage.read). An owner of the organization",
        ),
        ({"covered_from": None, "covered_to": None}, "unread", "not read yet"),
        ({"covered_from": date(2026, 11, 20)}, "backfill", "Days before 2026-11-20"),
        (
            {"state": "failed", "message": "Broke off."},
            "failed",
            "Broke off. Last read on 2026-11-23 at 15:00 UTC. The next sync goes on",
        ),
        ({"covered_to": date(2026, 11, 23)}, "behind", "up to 2026-11-22"),
        ({"synced_at": NOW - timedelta(hours=5)}, "behind", "up to 2026-11-23"),
        ({}, "", ""),
    ],
)
def test_what_is_not_read_is_said(
    stream: dict[str, Any], problem: str, says: str, spent: Callable[..., Connection]
) -> None:
    spent((day(1), "5", {}), **stream)
    (found,) = spend.get_spend(SYSTEM, range="this_month").coverage
    assert found.problem == problem
    assert says in found.message
    assert bool(found.message) is bool(problem)


@pytest.mark.parametrize(
    ("lacks", "by", "within", "says"),
    [
        ("amount", "project", {}, "without all of their amounts"),
        ("user_id", "person", {}, "from 2026-11-01 to 2026-11-05 by user"),
        ("user_id", "model", {"person": "user-1"}, "by user"),
        ("api_key_id", "api_key", {}, "by key"),
        ("api_key_id", "person", {}, ""),
        ("user_id", "project", {}, ""),
    ],
)
def test_what_the_vendor_did_not_tell_is_said_where_it_matters(
    lacks: str, by: str, within: dict[str, Any], says: str, spent: Callable[..., Connection]
) -> None:
    spent((day(1), "5", {"user_id": "user-1"}), lacking=[["2026-10-20", "2026-11-05", lacks]])
    (found,) = spend.get_spend(SYSTEM, by=by, range="this_month", **within).coverage
    assert (found.problem, says in found.message) == ("lacking" if says else "", True)
    (later,) = spend.get_coverage(SYSTEM, start=date(2026, 11, 6), end=TODAY, by=[by, *within])
    assert later.message == ""


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        ({"disconnected_at": NOW}, "an admin can connect its organization again"),
        ({"paused": True}, "an admin can resume them"),
        ({"attention": "The key is revoked."}, "its page says what to do"),
    ],
)
def test_who_must_act_before_days_are_read_is_said(
    connection: dict[str, Any], says: str, spent: Callable[..., Connection]
) -> None:
    row = spent((day(1), "5", {}), covered_to=day(5))
    Connection.objects.filter(pk=row.pk).update(**connection)
    (found,) = spend.get_spend(SYSTEM).coverage
    assert found.problem == "behind"
    assert says in found.message


def test_streams_with_the_same_to_say_are_named_in_one_sentence_and_others_have_their_own(
    spent: Callable[..., Connection],
) -> None:
    row = spent((day(1), "5", {}))
    behind = {"covered_from": day(300), "synced_at": NOW, "state": "complete"}
    for name, last in (("completions", day(4)), ("embeddings", day(4)), ("images", day(9))):
        Stream.objects.create(connection=row, name=f"usage_{name}", covered_to=last, **behind)
    read = coverage_of([row.pk], Span(day(9), TODAY), ["usage_completions", "usage_embeddings", "usage_images"])
    assert [each.message.split(".")[0] for each in in_short(read)] == [
        f"“Usage completions”, “Usage embeddings” are read up to {day(5)}", f"“Usage images” are read up to {day(10)}",
    ]  # fmt: skip


def test_a_connection_that_nobody_calls_so_has_not_spent_nothing(spent: Callable[..., Connection]) -> None:
    row = spent((day(1), "5", {}))
    for ask in (
        lambda name: spend.get_spend(SYSTEM, connection=name).totals[0].amount,
        lambda name: next(iter(spend.export_spend(SYSTEM, connection=name))).amount,
        lambda name: list_costs(SYSTEM, connection=name).items[0].amount,
        lambda name: forecast(SYSTEM, connection=name)[0].to_date,
    ):
        assert ask("acme") == "5.00"
        with pytest.raises(NotFound, match="no connection called Acmee"):
            ask("Acmee")
    Connection.objects.filter(pk=row.pk).update(name="Renamed")
    with pytest.raises(NotFound):
        get_usage(SYSTEM, connection="Acme")


def test_a_past_month_is_whole_however_old_the_last_sync_is(spent: Callable[..., Connection]) -> None:
    spent((day(40), "5", {}), synced_at=NOW - timedelta(days=9), covered_to=day(8))
    (found,) = spend.get_spend(SYSTEM, range="last_month").coverage
    assert (found.problem, found.running, found.restated_from) == ("", None, None)


def test_the_running_day_and_those_that_may_change_are_named(spent: Callable[..., Connection]) -> None:
    row = spent((day(1), "5", {}))
    Unsettled.objects.create(connection=row, day=day(2))
    (found,) = spend.get_spend(SYSTEM, range="last_30_days").coverage
    assert (found.running, found.restated_from, found.unsettled) == (TODAY, day(7), 1)


def test_there_is_no_comparison_with_days_that_are_not_read(spent: Callable[..., Connection]) -> None:
    spent((day(1), "5", {}), covered_from=day(10))
    found = spend.get_spend(SYSTEM, range="last_7_days")
    assert not found.compared
    assert found.totals[0].before is None
    assert found.lines.items[0].before is None


def test_a_forecast_is_the_complete_days_and_the_usual_same_weekday_for_the_rest(
    spent: Callable[..., Connection],
) -> None:
    spent(*((day(n), "10" if day(n).weekday() < 5 else "1", {}) for n in range(1, 40)), (day(0), "3", {}))
    (found,) = forecast(SYSTEM)
    left = [TODAY + timedelta(days=n) for n in range(8)]
    done = [date(2026, 11, 1) + timedelta(days=n) for n in range(22)]
    usual = sum(10 if each.weekday() < 5 else 1 for each in [*done, *left])
    assert (found.amount, found.low, found.high, found.left) == (f"{usual}.00", f"{usual}.00", f"{usual}.00", 8)
    assert found.to_date == f"{sum(10 if each.weekday() < 5 else 1 for each in done)}.00"


def test_one_wild_day_does_not_move_the_forecast(spent: Callable[..., Connection]) -> None:
    spent(*((day(n), "5000" if n == 15 else "10", {}) for n in range(1, 43)))
    (found,) = forecast(SYSTEM)
    assert Decimal(found.amount or 0) == 5000 + 21 * 10 + 8 * 10


def test_there_is_no_forecast_from_a_few_days_or_from_days_with_holes(spent: Callable[..., Connection]) -> None:
    with time_machine.travel(datetime(2026, 11, 4, 9, tzinfo=UTC), tick=False):
        row = spent((date(2026, 11, 2), "5", {}), covered_from=date(2026, 11, 1), covered_to=date(2026, 11, 5))
        (found,) = forecast(SYSTEM)
        assert (found.amount, found.why) == (None, "Only 3 complete days are known; it takes 7.")
        Stream.objects.filter(connection=row).update(covered_from=date(2026, 11, 2))
        assert "not read" in forecast(SYSTEM)[0].why


def test_a_forecast_says_which_end_is_missing(spent: Callable[..., Connection]) -> None:
    row = spent(*((day(n), "5", {}) for n in range(1, 20)), covered_from=date(2026, 11, 20))
    assert forecast(SYSTEM)[0].why == "The costs of Acme are not read before 2026-11-20."
    Stream.objects.filter(connection=row).update(covered_from=day(300), covered_to=TODAY)
    assert "read completely up to yesterday" in forecast(SYSTEM)[0].why, "yesterday was read while it was running"


def test_a_disconnected_account_counts_with_what_it_spent_and_no_more(
    spent: Callable[..., Connection], connection_of: Callable[..., Any]
) -> None:
    spent(*((day(n), "10", {}) for n in range(1, 43)))
    gone = connection_of("Gone", disconnected_at=NOW)
    spent(*((day(n), "3", {}) for n in range(15, 43)), connection=gone, covered_to=day(14))
    (found,) = forecast(SYSTEM)
    assert (found.to_date, found.amount) == ("244.00", "324.00"), found.why
    (hers,) = forecast(SYSTEM, connection="Gone")
    assert (hers.amount, hers.why) == (None, "No account is connected that tells what it costs.")
