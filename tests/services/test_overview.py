"""The overview: each figure with what it means, and what is not known beside it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from seatwise.services.changes import list_changes
from seatwise.services.keys import list_keys
from seatwise.services.overview import EACH, get_overview, list_figures
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.users import list_users
from seatwise.store.models import Change, Key, Stream
from seatwise.store.models.spend import ten_billionths

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def acme(connection_of):
    return connection_of("Acme")


def used(days):
    return {"last_active_at": NOW - timedelta(days=days), "last_active_source": "API key use"}


def change(connection, kind, stream="users", at=NOW, **fields):
    return Change.objects.create(connection=connection, stream=stream, kind=kind, vendor_id="x", at=at, **fields)


def test_before_any_connection_there_is_nothing_to_show(db):
    seen = get_overview(SYSTEM)
    assert (seen.connected, seen.people.assigned, seen.spend.figures, seen.connections.total) == (False, 0, [], 0)


def test_active_means_a_known_use_and_unknown_stands_beside_it(acme, user_of):
    for days in (1, 29, 31, 400):
        user_of(acme, **used(days))
    user_of(acme)
    user_of(acme, status="disabled", **used(1))
    user_of(acme, kind="service_account", **used(1))
    user_of(acme, kind="invite", status="invited", vendor_id="invite-1")
    people = get_overview(SYSTEM).people
    assert (people.assigned, people.active, people.longer_ago, people.unknown, people.invited) == (5, 2, 2, 1, 1)
    assert "30 days" in people.rule


def test_before_a_stream_was_first_listed_nothing_is_said_to_be_unchanged(acme, connection_of):
    long_ago, before = NOW - timedelta(days=8), NOW - timedelta(days=2)
    change(acme, "baseline", at=long_ago)
    change(acme, "baseline", stream="admin_keys")
    labs = connection_of("Labs")
    change(labs, "baseline", at=before)
    change(labs, "baseline", stream="costs")
    unknown = "its first complete listing; what changed before is not known."
    assert [note for note in get_overview(SYSTEM).changes.notes if "watched since" in note] == [
        f"Admin keys of Acme: watched since {NOW:%Y-%m-%d %H:%M} UTC, {unknown}",
        f"Users of Labs: watched since {before:%Y-%m-%d %H:%M} UTC, {unknown}",
    ]


def test_what_changed_this_week_is_counted_and_the_important_named(acme):
    for number in range(EACH + 2):
        change(acme, "departed", label=f"{number}@x")
    change(acme, "arrived", after={"role": "owner"}, label="boss@x")
    change(acme, "changed", before={"role": "reader"}, after={"role": "owner"})
    change(acme, "changed", before={"role": "owner"}, after={"role": "reader"})
    change(acme, "arrived", after={"role": "reader"})
    change(acme, "arrived", stream="admin_keys", label="new key")
    change(acme, "baseline", stream="projects")
    change(acme, "departed", at=NOW - timedelta(days=8))
    changes = get_overview(SYSTEM).changes
    important = {one.name: (one.count, len(one.changes)) for one in changes.important}
    assert important == {"new_owners": (2, 2), "new_admin_keys": (1, 1), "departures": (EACH + 2, EACH)}
    assert {(one.stream, one.kind): one.changes for one in changes.counts} == {
        ("users", "departed"): EACH + 2, ("users", "changed"): 2, ("users", "arrived"): 2, ("admin_keys", "arrived"): 1,
    }  # fmt: skip


def test_every_card_says_what_it_rests_on_and_is_not_there(acme):
    seen = get_overview(SYSTEM)
    assert any("costs" in note.lower() for note in seen.spend.notes)
    assert any("audit log" in note for note in seen.people.notes)
    assert any("api keys" in note.lower() for note in seen.keys.notes)
    Stream.objects.filter(connection=acme, name="users").update(state="forbidden", permission="api.management.read")
    assert any("api.management.read" in note for note in get_overview(SYSTEM).changes.notes)


def test_a_stale_connection_is_said_on_the_cards_that_rest_on_it(acme):
    acme.last_complete_sync_at = NOW - timedelta(days=3)
    acme.save()
    acme.streams.update(synced_at=acme.last_complete_sync_at)
    seen = get_overview(SYSTEM)
    assert any("last complete" in note for note in seen.people.notes)
    assert any("last complete" in note for note in seen.changes.notes)
    assert [line.name for line in seen.connections.attention] == ["Acme"]


def test_connections_that_need_a_look_are_named_with_why(acme, connection_of):
    connection_of("Broken", attention="The key was revoked.")
    connection_of("Paused", paused=True)
    connection_of("Gone", disconnected_at=NOW)
    card = get_overview(SYSTEM).connections
    assert card.total == 3
    assert {line.name: line.message for line in card.attention}["Broken"] == "The key was revoked."
    assert "Gone" not in {line.name for line in card.attention}


def test_a_disconnected_account_that_was_never_whole_is_counted_with_a_note(connection_of, user_of):
    gone = connection_of("Gone", disconnected_at=NOW, last_complete_sync_at=None)
    user_of(gone)
    then = NOW - timedelta(days=9)
    gone.streams.filter(name="users").update(synced_at=then)
    people = get_overview(SYSTEM).people
    assert people.assigned == 1
    assert f"Gone: disconnected, last complete on {then:%Y-%m-%d %H:%M} UTC." in people.notes
    gone.streams.update(synced_at=None)
    assert "Gone: disconnected." in get_overview(SYSTEM).people.notes


def test_spend_is_of_this_month_with_a_forecast_or_why_there_is_none(acme):
    from seatwise.store.models import Cost, SpendDay, SpendMonth

    today = NOW.date()
    Stream.objects.create(
        connection=acme, name="costs", state="complete", synced_at=NOW, covered_from=today.replace(day=1),
        covered_to=today + timedelta(days=1),
    )  # fmt: skip
    for model, more in ((Cost, {"stream": "costs", "slot": 1, "hash": 1}), (SpendDay, {"dimension": "total"})):
        model.objects.create(connection=acme, day=today, amount=ten_billionths(Decimal(12)), currency="usd", **more)
    month = {"dimension": "total", "month": today.replace(day=1), "currency": "usd"}
    SpendMonth.objects.create(connection=acme, amount=ten_billionths(Decimal(12)), **month)
    (figure,) = get_overview(SYSTEM).spend.figures
    assert (figure.currency, figure.amount) == ("usd", "12.00")
    assert figure.why


def test_keys_are_counted_by_issue(acme):
    Key.objects.create(connection=acme, vendor_id="key_1", kind="project", hash=1, first_seen_at=NOW)
    keys = get_overview(SYSTEM).keys
    assert keys.total == 1
    assert "orphaned" in {issue.name for issue in keys.issues}


def test_a_figure_of_lists_that_nobody_ever_read_is_unknown_and_never_none(acme):
    seen = get_overview(SYSTEM)
    assert (seen.people.assigned, seen.people.active, seen.people.invited) == (0, 0, 0)
    assert (seen.keys.total, {issue.keys for issue in seen.keys.issues}) == (None, {None})
    assert [one.count for one in seen.changes.important] == [0, None, 0]
    figures = {(each.card, each.name): each.value for each in list_figures(SYSTEM)}
    assert (figures["keys", "total"], figures["changes", "new_admin_keys"]) == (None, None)
    Stream.objects.create(connection=acme, name="admin_keys", state="complete", synced_at=NOW)
    Stream.objects.filter(name="users").update(state="failed", synced_at=None)
    seen = get_overview(SYSTEM)
    assert (seen.people.assigned, seen.people.active, seen.people.invited) == (None, None, 0)
    assert (seen.keys.total, [one.count for one in seen.changes.important]) == (0, [None, 0, None])


def test_a_role_without_spend_gets_no_card_of_it(acme):
    from unittest.mock import patch

    from seatwise.services import rights

    few = {"viewer": frozenset({rights.Permission.SEE_USERS})}
    with patch.dict(rights.ROLES, few):
        seen = get_overview(Actor("v@x", "viewer"))
    assert (seen.spend, seen.connections) == (None, None)


def test_the_figures_are_the_overviews(acme, user_of):
    user_of(acme, **used(1))
    figures = {(each.card, each.name): each.value for each in list_figures(SYSTEM)}
    assert figures["people", "active"] == "1"
    assert figures["connections", "total"] == "1"
    assert figures["changes", "departures"] == "0"


def test_a_sync_under_way_makes_no_well_connection_look_bad_nor_a_broken_one_well(acme, connection_of, sync_begins):
    new, broken = connection_of("New", last_complete_sync_at=None, state="pending"), connection_of("Broken")
    Stream.objects.filter(connection=broken, name="invites").update(state="failed", message="It broke off.")
    Stream.objects.filter(connection=new).update(synced_at=None)
    Stream.objects.create(connection=acme, name="roles")
    for row in (acme, new, broken):
        sync_begins(row)
    seen = get_overview(SYSTEM)
    card = seen.connections
    assert (card.total, card.well, seen.arriving) == (3, 1, True)
    assert {line.name: line.message for line in card.attention} == {
        "New": "The first sync is under way.", "Broken": "Invites: It broke off.",
    }  # fmt: skip


def test_a_key_that_never_read_everything_is_not_in_its_first_sync_for_ever(connection_of, sync_begins):
    row = connection_of("Narrow", last_complete_sync_at=None)
    Stream.objects.create(connection=row, name="costs", state="forbidden", allowed=False, message="It lacks a right.")
    sync_begins(row)
    seen = get_overview(SYSTEM)
    assert [line.message for line in seen.connections.attention] == ["Costs: It lacks a right."]
    assert not seen.arriving
    Stream.objects.filter(connection=row).update(state="complete")
    Stream.objects.filter(connection=row, name="costs").update(state="pending")
    row.runs.filter(state="running").update(state="complete")
    (line,) = get_overview(SYSTEM).connections.attention
    assert "Costs" in line.message
    assert line.message.endswith(": switched on, and not synced yet.")


def test_each_number_is_that_of_the_list_it_leads_to(acme, connection_of, user_of, key_of):
    gone = connection_of("Gone", disconnected_at=NOW)
    for connection in (acme, gone):
        for days in (1, 31):
            user_of(connection, **used(days))
        key_of(connection)
    change(acme, "changed", at=NOW - timedelta(days=7), before={"role": "reader"}, after={"role": "owner"})
    change(acme, "changed", before={"role": "owner"}, after={"role": "reader"})
    seen = get_overview(SYSTEM)
    for number, way in ((seen.people.active, "lately"), (seen.people.longer_ago, "longer_ago")):
        assert number == list_users(SYSTEM, kind="user", status=("active",), used=way).total == 2
    assert seen.keys.total == list_keys(SYSTEM).total == 2
    for one in seen.changes.important:
        listed = list_changes(SYSTEM, stream=one.stream, kind=one.kind, since=seen.changes.since)
        unread = one.stream == "admin_keys"
        assert one.count == (None if unread else len(listed.items)), one.name
    assert seen.changes.since.time() == NOW.min.time()
    assert seen.changes.important[0].count == 1
    assert any(note.startswith("Gone: disconnected") for note in seen.people.notes)
