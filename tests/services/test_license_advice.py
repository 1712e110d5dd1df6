"""Whom to ask first about a license, and how its numbers went."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.services.errors import NotFound
from seatwise.services.license_advice import EACH, RULE, license_trend, list_license_advice
from seatwise.services.licenses import list_licenses
from seatwise.services.rights import SYSTEM
from seatwise.store.models import LicenseDay

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def ago(days):
    return NOW - timedelta(days=days)


@pytest.fixture
def acme(connection_of):
    return connection_of("Acme")


def used(days, source="API key use"):
    return {"last_active_at": ago(days), "last_active_source": source}


def test_whoever_is_idle_longest_comes_first_and_owners_before_all(acme, user_of):
    user_of(acme, email="long@x", role="reader", **used(400))
    user_of(acme, email="owner@x", role="owner", **used(100, "Audit log"))
    user_of(acme, email="works@x", role="owner", **used(3))
    user_of(acme, email="new@x", joined_at=ago(5))
    user_of(acme, email="silent@x", joined_at=ago(200))
    user_of(acme, email="robot@x", kind="service_account", **used(400))
    user_of(acme, email="late@x", kind="invite", status="invite_expired", expires_at=ago(9))
    advice = list_license_advice(SYSTEM, license="openai")
    assert [(one.user.email, one.action) for one in advice] == [
        ("owner@x", "ask"), ("long@x", "remove"), ("silent@x", "ask"), ("late@x", "withdraw"),
    ]  # fmt: skip
    assert advice[0].reason == f"An owner. Last known use {ago(100).date()}, in the vendor's audit log."
    assert advice[1].reason == f"Last known use {ago(400).date()}, by API key."
    assert advice[2].reason == f"Joined {ago(200).date()}. No source names any use."


def test_a_few_of_each_sort_are_named(acme, user_of):
    for number in range(EACH + 3):
        user_of(acme, email=f"{number}@x", **used(200 + number))
    advice = list_license_advice(SYSTEM, license="openai")
    assert [one.user.email for one in advice] == [f"{number}@x" for number in range(EACH + 2, 2, -1)]


def test_advice_is_never_about_money(acme, user_of):
    user_of(acme, email="idle@x", **used(400))
    (one,) = list_license_advice(SYSTEM, license="openai")
    for said in (RULE, one.reason, *list_licenses(SYSTEM)[0].rules.values()):
        assert not {"waste", "wasted", "save", "money", "cost"} & set(said.lower().replace(".", " ").split())


def test_a_license_that_is_none_is_not_found(acme):
    for ask in (list_license_advice, license_trend):
        with pytest.raises(NotFound):
            ask(SYSTEM, license="seat")


def line(connection, day, assigned, idle=0):
    LicenseDay.objects.create(
        connection=connection, license="openai", day=day, assigned=assigned, idle=idle, invited=1, unknown=2,
        idle_days=90,
    )  # fmt: skip


def test_a_trend_adds_connections_and_carries_the_last_known_day_on(acme, connection_of):
    labs, today = connection_of("Labs"), NOW.date()
    line(acme, today - timedelta(days=2), 10, 1)
    line(labs, today - timedelta(days=1), 5, 2)
    line(acme, today, 11, 0)
    found = [(one.day, one.assigned, one.idle) for one in license_trend(SYSTEM, license="openai")]
    days = [today - timedelta(days=back) for back in (2, 1, 0)]
    assert found == [(days[0], 10, 1), (days[1], 15, 3), (days[2], 16, 2)]
    assert [one.assigned for one in license_trend(SYSTEM, license="openai", connection="labs")] == [5]


def test_a_long_trend_goes_by_weeks(acme):
    today = NOW.date()
    for back in range(100):
        line(acme, today - timedelta(days=back), 100 + back)
    found = license_trend(SYSTEM, license="openai")
    weeks = {one.day.isocalendar()[:2] for one in found}
    assert len(found) == len(weeks)
    assert found[-1].day == today
    assert all(one.day == today or one.day.isoweekday() == 7 for one in found)
    assert found == sorted(found, key=lambda one: one.day)


def test_what_idle_and_unknown_rest_on_is_said_beside_them(acme):
    (info,) = list_licenses(SYSTEM)
    assert any("usage by day" in said for said in info.not_known)


def test_no_trend_before_the_first_complete_sync(acme):
    assert license_trend(SYSTEM, license="openai") == []
