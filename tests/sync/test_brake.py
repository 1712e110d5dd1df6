"""A suspicious shrink stops at the brake and asks."""

import pytest

from fixtures.vendor import states, stored, truth
from seatwise.connectors.openai.sandbox import Fault
from seatwise.store.models import Change, Setting, User

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


def test_an_empty_list_departs_nobody_until_an_operator_confirms(connection, sync, vendor):
    vendor.faults.add(Fault("empty_list", "/organization/users", times=None))
    run = sync(connection)
    assert states(run)["users"] == "held"
    assert (run.state, run.streams.get(name="users").departed) == ("partial", 0)
    assert not User.objects.filter(connection=connection, departed_at__isnull=False).exists()
    connection.refresh_from_db()
    assert "130" in connection.attention
    assert connection.streams.get(name="users").held == 130
    sync(connection, {"users": 130})
    assert not User.objects.filter(connection=connection, departed_at=None).exclude(kind="invite").exists()
    connection.refresh_from_db()
    assert connection.attention == ""


def test_an_empty_list_of_invites_is_held_though_users_could_not_be_listed(acme, connection, sync, vendor):
    vendor.faults.add(Fault("missing_cursor", "/organization/users"), Fault("empty_list", "/organization/invites"))
    run = sync(connection)
    assert (states(run)["users"], states(run)["invites"]) == ("failed", "held")
    connection.refresh_from_db()
    assert "all 12 of 12 invites would depart" in connection.attention
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    assert not Change.objects.exclude(kind="baseline").exists()


def test_more_than_half_departing_is_held_and_half_is_not(acme, connection, sync):
    acme.remove_users(65)
    assert states(sync(connection))["users"] == "complete"
    acme.remove_users(33)
    assert states(sync(connection))["users"] == "held"
    assert Change.objects.filter(connection=connection, stream="users", kind="departed").count() == 65


def test_a_confirmation_covers_no_more_than_was_shown(acme, connection, sync):
    acme.remove_users(80)
    sync(connection)
    acme.remove_users(10)
    assert states(sync(connection, {"users": 80}))["users"] == "held"
    assert states(sync(connection, {"users": 90}))["users"] == "complete"
    assert stored(connection)["users"] == truth(acme)["users"]


def test_the_next_honest_listing_releases_the_brake(connection, sync, vendor):
    vendor.faults.add(Fault("empty_list", "/organization/users", times=1))
    sync(connection)
    run = sync(connection)
    connection.refresh_from_db()
    assert (run.state, connection.attention, connection.streams.get(name="users").held) == ("complete", "", 0)


def test_few_rows_may_all_but_vanish(labs, connect, sync):
    connection = connect(labs)
    sync(connection)
    labs.remove_users(8)
    sync(connection)
    labs.remove_users(12)  # of 17: below 20 the share says little
    assert states(sync(connection))["users"] == "complete"


def test_the_share_is_a_setting(acme, connection, sync):
    Setting.objects.create(name="departures_brake", value=5)
    acme.remove_users(10)
    assert states(sync(connection))["users"] == "held"


def test_arrivals_are_stored_while_departures_are_held(acme, connection, sync):
    acme.remove_users(100)
    user = acme.add_user(email="new@example.com")
    assert states(sync(connection))["users"] == "held"
    assert User.objects.filter(connection=connection, vendor_id=user["id"]).exists()
