"""Users by what they spent this month: right on the day the month turns, and for users who came after their spend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from seatwise.services.errors import NotAllowed, Refusal
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.users import export_users, get_user, list_users
from seatwise.store import roster
from seatwise.store.models import Connection, Cost, Run, Stream, Unsettled, User
from seatwise.store.models.spend import rank
from seatwise.sync import lease, rollups

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2026, 11, 23, 15, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, tzinfo=UTC)


@pytest.fixture
def acme(connection_of: Callable[..., Any], user_of: Callable[..., Any]) -> Connection:
    """Four users, and costs read up to today."""
    row = connection_of("Acme")
    for name in ("ada", "bob", "cyd", "dan"):
        user_of(row, vendor_id=f"user-{name}", name=name.title(), email=f"{name}@acme.example")
    Stream.objects.create(
        connection=row, name="costs", state="complete", covered_from=date(2026, 1, 1), covered_to=date(2026, 11, 24)
    )
    return row


def cost(row: Connection, day: date, **amounts: str) -> None:
    """What each cost on that day, as a whole sync writes it."""
    Cost.objects.filter(connection=row, day=day).delete()
    for slot, (name, amount) in enumerate(amounts.items()):
        Cost.objects.create(
            connection=row, stream="costs", day=day, slot=slot, hash=0, user_id=f"user-{name}", currency="usd",
            amount=int(Decimal(amount) * 10**10),
        )  # fmt: skip
    rollups.rebuild(row.pk, [day])
    settle(row)


def settle(row: Connection, *, arrived: bool = False) -> None:
    run = lease.claim(row, "test", {})
    assert isinstance(run, Run)
    rollups.place(run, set().union(*rollups.settle(run)), arrived=arrived)
    lease.release(run, "complete", "", "")


def listed(**asked: Any) -> list[tuple[str | None, str | None]]:
    return [(user.name, user.month_spend) for user in list_users(SYSTEM, **asked).items]


@pytest.mark.parametrize("settled", [True, False])
def test_users_go_by_what_they_spent_this_month(acme: Connection, settled: bool) -> None:
    if settled:
        roster.settle()
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 3), ada="1", bob="0.5")
        cost(acme, date(2026, 11, 22), bob="2", cyd="0.0000000001")
        assert listed(sort="-month_spend") == [
            ("Bob", "2.50"), ("Ada", "1.00"), ("Cyd", "0.0000000001"), ("Dan", "0.00"),
        ]  # fmt: skip
        assert [name for name, _ in listed(sort="month_spend")] == ["Cyd", "Ada", "Bob", "Dan"]
        assert listed(sort="-month_spend", search="acme.ex")[:2] == [("Bob", "2.50"), ("Ada", "1.00")]
        assert [user.name for user in export_users(SYSTEM, sort="-month_spend")] == ["Bob", "Ada", "Cyd", "Dan"]
        cost(acme, date(2026, 11, 22), cyd="9")
        assert listed(sort="-month_spend")[:2] == [("Cyd", "9.00"), ("Ada", "1.00")]


def test_pages_by_spend_meet_nobody_twice(acme: Connection, user_of: Callable[..., Any]) -> None:
    for n in range(9):
        user_of(acme, vendor_id=f"user-{n}", name=str(n))
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 3), **{str(n): str(n // 3 + 1) for n in range(9)})
        for sort in ("month_spend", "-month_spend"):
            seen, cursor = [], ""
            while True:
                page = list_users(SYSTEM, sort=sort, limit=2, cursor=cursor)
                seen += [user.name for user in page.items]
                if not page.next:
                    break
                cursor = page.next
            assert seen == [user.name for user in list_users(SYSTEM, sort=sort).items]
            back = list_users(SYSTEM, sort=sort, limit=2, cursor=page.previous or "")
            assert [user.name for user in back.items] == seen[-3:-1]
        of_another = list_users(SYSTEM, sort="email", limit=2).next
        with pytest.raises(Refusal):
            list_users(SYSTEM, sort="month_spend", cursor=of_another or "")


def test_on_the_first_of_a_month_nobody_shows_what_was_spent_in_the_last(acme: Connection) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 22), ada="7", bob="3")
    with time_machine.travel(DECEMBER, tick=False):
        assert {spent for _, spent in listed(sort="-month_spend")} == {None}, "December is not read"
        Stream.objects.filter(connection=acme, name="costs").update(covered_to=date(2026, 12, 2))
        assert {spent for _, spent in listed(sort="-month_spend")} == {"0.00"}
        cost(acme, date(2026, 12, 1), cyd="0.01")
        assert listed(sort="-month_spend")[0] == ("Cyd", "0.01")
        assert {spent for _, spent in listed(sort="-month_spend")[1:]} == {"0.00"}
        cost(acme, date(2026, 11, 30), bob="99")  # a late day of the month before moves nobody up
        assert listed(sort="-month_spend")[0] == ("Cyd", "0.01")


def test_a_user_who_was_listed_after_the_spend_takes_its_place(acme: Connection, user_of: Callable[..., Any]) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 22), ada="1", eve="5")
        user_of(acme, vendor_id="user-eve", name="Eve")
        settle(acme, arrived=True)
        assert listed(sort="-month_spend")[:2] == [("Eve", "5.00"), ("Ada", "1.00")]


def test_nobody_invited_has_spent_and_unread_costs_are_unknown(acme: Connection, user_of: Callable[..., Any]) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        user_of(acme, kind="invite", status="invited", email="new@acme.example")
        (invite,) = list_users(SYSTEM, kind="invite").items
        assert (invite.month_spend, invite.month_spend_currency) == (None, None)
        Stream.objects.filter(connection=acme, name="costs").delete()
        assert {spent for _, spent in listed()} == {None}


def test_who_may_not_see_spend_sees_none_and_cannot_sort_by_it(acme: Connection, monkeypatch: Any) -> None:
    from seatwise.services import rights

    no_money = frozenset({rights.Permission.SEE_USERS, rights.Permission.EXPORT})
    monkeypatch.setitem(rights.ROLES, "porter", no_money)
    porter = Actor("porter@example.com", "porter")
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 22), ada="7")
        assert {user.month_spend for user in list_users(porter).items} == {None}
        assert get_user(porter, key=User.objects.get(name="Ada").pk).user.month_spend is None
        with pytest.raises(NotAllowed):
            list_users(porter, sort="-month_spend")
        with pytest.raises(NotAllowed):
            export_users(porter, sort="month_spend")


def test_a_later_month_ranks_above_all_of_an_earlier_one() -> None:
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    huge = 10**19
    assert rank(november, -huge) > rank(october, huge)
    assert rank(november, 10**4) > rank(november, 0) > rank(november, -(10**4))
    assert all(-(2**63) < rank(date(year, 12, 1), huge) < 2**63 for year in (2020, 2026, 2095))


def test_the_months_of_a_user_follow_a_restated_day(acme: Connection) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 22), ada="7")
        cost(acme, date(2026, 11, 22), ada="4")
        cost(acme, NOVEMBER.date() - timedelta(days=60), ada="2")
        assert listed(sort="-month_spend")[0] == ("Ada", "4.00")


@pytest.mark.parametrize(
    "partial",
    [
        {"covered_from": date(2026, 11, 5)},
        {"covered_to": date(2026, 11, 22)},
        {"covered_from": None, "covered_to": None},
    ],
)
def test_a_month_that_is_read_in_part_is_unknown(acme: Connection, partial: dict[str, Any]) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 21), ada="7")
        Stream.objects.filter(connection=acme, name="costs").update(**partial)
        assert {spent for _, spent in listed()} == {None}


def test_a_month_with_days_whose_persons_are_not_worked_out_is_unknown_and_today_is_not_over(acme: Connection) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        cost(acme, date(2026, 11, 21), ada="7")
        for day, spent in ((NOVEMBER.date(), "7.00"), (date(2026, 10, 31), "7.00"), (date(2026, 11, 2), None)):
            Unsettled.objects.create(connection=acme, day=day)
            assert dict(listed())["Ada"] == spent
    with time_machine.travel(DECEMBER, tick=False):
        Stream.objects.filter(connection=acme, name="costs").update(covered_to=date(2026, 12, 2))
        assert dict(listed())["Ada"] == "0.00"
        Unsettled.objects.create(connection=acme, day=date(2026, 12, 1))
        assert dict(listed())["Ada"] is None, "the first day is all there is"
