"""What changed at the vendor is told once, with before and after."""

import pytest

from fixtures.vendor import stored, truth
from seatwise.connectors.openai.sandbox import drift
from seatwise.store.models import Change, User

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


def news(connection, **fields):
    return Change.objects.filter(connection=connection, **fields).exclude(kind="baseline").order_by("pk")


def test_an_arrival_is_one_change(acme, connection, sync):
    user = acme.add_user(email="new@example.com", name="New", role="reader")
    run = sync(connection)
    change = news(connection).get()
    assert (change.stream, change.kind, change.vendor_id, change.before) == ("users", "arrived", user["id"], None)
    assert change.after["role"] == "reader"
    assert run.streams.get(name="users").arrived == 1


def test_a_change_has_before_and_after_of_what_differs(acme, connection, sync):
    key = next(i for i, u in acme.truth().users.items() if u["role"] == "reader" and not u.get("is_service_account"))
    acme.update_user(key, role="owner")
    sync(connection)
    change = news(connection).get()
    assert (change.kind, change.before, change.after) == ("changed", {"role": "reader"}, {"role": "owner"})


def test_a_key_that_was_used_is_stored_and_is_no_news(acme, connection, sync):
    key = next(i for i, u in acme.truth().users.items() if u.get("api_key_last_used_at"))
    acme.update_user(key, api_key_last_used_at=acme.now)
    sync(connection)
    assert User.objects.get(connection=connection, vendor_id=key).last_active_at.timestamp() == acme.now
    assert not news(connection).exists()


def test_a_departed_user_is_missing_and_may_return(acme, connection, sync):
    key = next(iter(acme.truth().users))
    row = acme.remove_user(key)
    sync(connection)
    user = User.objects.get(connection=connection, vendor_id=key)
    assert (user.status, bool(user.departed_at)) == ("missing", True)
    acme.add_user(**row)
    sync(connection)
    user.refresh_from_db()
    assert (user.departed_at, user.status == "missing") == (None, False)
    kinds = news(connection, stream="users", vendor_id=key).values_list("kind", flat=True)
    assert list(kinds) == ["departed", "returned"]
    assert User.objects.filter(connection=connection, vendor_id=key).count() == 1


def test_an_invited_person_who_joins_is_one_arrival_with_the_invite_named(acme, connection, sync):
    invite = acme.invite(email="Joiner@Example.com")
    sync(connection)
    joined = acme.accept_invite(invite["id"], name="Joiner")
    news(connection).delete()
    sync(connection)
    change = news(connection).exclude(stream="project_members").get()
    assert (change.stream, change.kind, change.vendor_id) == ("users", "arrived", joined["id"])
    assert change.after["invite"]["id"] == invite["id"]
    assert not User.objects.get(connection=connection, vendor_id=invite["id"]).listed


def test_an_invite_that_vanishes_when_its_person_joined_is_no_departure(acme, connection, sync):
    invite = acme.invite(email="joiner@example.com")
    sync(connection)
    acme.accept_invite(invite["id"], name="Joiner")
    acme.invites.remove(invite["id"])
    news(connection).delete()
    sync(connection)
    assert list(news(connection).exclude(stream="project_members").values_list("stream", "kind")) == [
        ("users", "arrived")
    ]


def test_an_invite_waits_for_a_complete_listing_of_users_before_it_departs(acme, connection, sync, vendor):
    from seatwise.connectors.openai.sandbox import Fault

    invite = acme.invite(email="joiner@example.com")
    sync(connection)
    acme.accept_invite(invite["id"], name="Joiner")
    acme.invites.remove(invite["id"])
    news(connection).delete()
    vendor.faults.add(Fault("missing_cursor", "/organization/users"))
    run = sync(connection)
    assert "may have joined" in run.streams.get(name="invites").message
    assert not news(connection, stream="invites").exists()
    sync(connection)
    assert not news(connection, kind="departed").exists()


def test_a_withdrawn_invite_departs(acme, connection, sync):
    invite = acme.invite(email="never@example.com")
    sync(connection)
    acme.withdraw_invite(invite["id"])
    sync(connection)
    assert list(news(connection, vendor_id=invite["id"]).values_list("kind", flat=True)) == ["arrived", "departed"]


def test_an_invite_of_a_member_is_no_person_of_its_own_however_it_is_spelled(acme, connection, sync):
    member = next(u for u in acme.truth().users.values() if u.get("email") and not u.get("is_service_account"))
    invite = acme.invite(email=f" {member['email'].upper()}")
    sync(connection)
    assert not User.objects.get(connection=connection, vendor_id=invite["id"]).listed
    acme.remove_user(member["id"])
    sync(connection)
    assert User.objects.get(connection=connection, vendor_id=invite["id"]).listed


def test_an_invite_runs_out_by_the_clock(acme, connection, sync):
    invite = acme.invite(email="late@example.com", expires_in=-60)
    sync(connection)
    assert User.objects.get(connection=connection, vendor_id=invite["id"]).status == "invite_expired"


@pytest.mark.parametrize("seed", range(6))
def test_after_any_drift_the_copy_is_the_truth_and_every_difference_was_told(acme, connection, sync, seed):
    for step in range(3):
        happened = drift(acme, seed * 100 + step)
        before = Change.objects.count()
        run = sync(connection)
        assert run.state == "complete", [(s.name, s.state, s.message) for s in run.streams.all()]
        assert stored(connection) == truth(acme), happened.steps
        told = Change.objects.filter(connection=connection).order_by("pk")[before:]
        for stream, difference in (("users", happened.users), ("projects", happened.projects)):
            of_stream = [c for c in told if c.stream == stream]
            assert {c.vendor_id for c in of_stream if c.kind in ("arrived", "returned")} == difference.arrived
            assert {c.vendor_id for c in of_stream if c.kind == "departed"} == difference.departed
        members = [c for c in told if c.stream == "project_members" and c.kind == "departed"]
        assert {tuple(c.vendor_id.split("/")) for c in members} == happened.members.departed
