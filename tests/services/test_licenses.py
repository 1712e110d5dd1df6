"""Licenses: each number has its rule and its list, and they agree."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.services.errors import NotFound
from seatwise.services.licenses import list_license_users, list_licenses
from seatwise.services.rights import SYSTEM
from seatwise.services.settings import change_settings
from seatwise.store import roster

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
GROUPS = ("assigned", "idle", "invited", "unknown")


@pytest.fixture
def acme(connection_of, user_of):
    acme = connection_of("Acme")
    for number, days in enumerate((1, 89, 91, 400, None, None)):
        user_of(acme, email=f"{number}@x", last_active_at=None if days is None else NOW - timedelta(days=days))
        if number == 3:
            roster.settle()
    user_of(acme, email="robot@x", kind="service_account", last_active_at=NOW - timedelta(days=400))
    user_of(acme, email="off@x", status="disabled", last_active_at=NOW - timedelta(days=400))
    user_of(acme, email="new@x", kind="invite", status="invited")
    user_of(acme, email="late@x", kind="invite", status="invite_expired")
    user_of(acme, email="gone@x", status="missing", departed_at=NOW)
    return acme


def numbers():
    (info,) = list_licenses(SYSTEM, connection="ACME")
    return {group: getattr(info, group) for group in GROUPS}


def test_each_group_counts_by_its_rule(acme):
    assert numbers() == {"assigned": 6, "idle": 2, "invited": 1, "unknown": 2}


def test_idle_follows_the_setting_in_number_list_and_rule(acme):
    change_settings(SYSTEM, values={"idle_days": 30})
    assert numbers()["idle"] == 3
    assert list_license_users(SYSTEM, license="openai", group="idle").total == 3
    assert "30 days" in list_licenses(SYSTEM)[0].rules["idle"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_number_has_its_list(acme, group):
    page = list_license_users(SYSTEM, license="openai", group=group, connection="Acme")
    assert page.total == len(page.items) == numbers()[group]


def test_a_list_is_of_one_connection_or_of_all(acme, connection_of, user_of):
    user_of(connection_of("Labs"), email="l@x")
    assert list_license_users(SYSTEM, license="openai").total == 7
    assert list_license_users(SYSTEM, license="openai", connection="labs").total == 1
    assert list_license_users(SYSTEM, license="openai", connection="nowhere").total == 0


@pytest.mark.parametrize("wrong", [{"license": "seat"}, {"license": "openai", "group": "wasted"}])
def test_what_there_is_not_is_not_found(acme, wrong):
    with pytest.raises(NotFound):
        list_license_users(SYSTEM, **wrong)
