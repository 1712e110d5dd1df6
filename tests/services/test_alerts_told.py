"""What syncs bring is told once: who is new among owners, Admin Keys and orphaned keys, what needs attention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DataError

from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.services import watching
from seatwise.services.alerts import acknowledge_alert, acknowledge_alerts, count_open_alerts, get_alert, list_alerts
from seatwise.services.errors import NotAllowed, NotFound
from seatwise.services.own_key import own_key_row, step_of
from seatwise.services.rights import SYSTEM, Actor
from seatwise.store.models import Alert, Condition, Connection, Key, Run, User, Watch

pytestmark = pytest.mark.django_db
Look = Callable[[], list[str]]


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=25, invites=2, projects=3, members_per_project=4, seed=6)


@pytest.fixture
def look(acme: Organization, connect: Callable[..., Any], sync: Callable[..., Any]) -> Look:
    """Syncs and looks; the titles of what is told anew. The first sync is done."""
    connection = connect(acme)

    def look() -> list[str]:
        before = set(Alert.objects.values_list("pk", flat=True))
        sync(connection)
        for _ in range(2):
            watching.look()
        return list(Alert.objects.exclude(pk__in=before).order_by("pk").values_list("title", flat=True))

    assert look() == [], "what the first sync finds was there already"
    assert Condition.objects.filter(kind="new_owner").exists()
    return look


def test_nothing_is_told_where_nothing_changed(look: Look) -> None:
    assert look() == []


def test_somebody_who_became_an_owner_is_told_and_again_the_next_time(look: Look, acme: Organization) -> None:
    user = next(row["id"] for row in acme.users if row["role"] == "reader" and row.get("email"))
    acme.update_user(user, role="owner")
    assert look() == [f"{acme.users[user]['email']} is an owner of Acme now"]
    alert = Alert.objects.get()
    assert alert.kind == "new_owner"
    assert dict(alert.facts)["Role before"] == "reader"
    assert alert.link == f"/users/{User.objects.get(vendor_id=user).pk}/"
    acme.update_user(user, role="reader")
    assert look() == []
    acme.update_user(user, role="owner")
    assert len(look()) == 1


def test_an_owner_who_is_new_is_told(look: Look, acme: Organization) -> None:
    row = acme.add_user(role="owner", email="new.owner@example.com")
    assert look() == [f"{row['email']} is an owner of Acme now"]
    assert dict(Alert.objects.get().facts)["Role before"] == "None: the user is new"


def test_a_new_admin_key_is_told(look: Look, acme: Organization) -> None:
    acme.add_key("surprise")
    (title,) = look()
    assert title == "Acme has a new Admin Key: surprise"


def test_a_key_whose_owner_loses_access_is_orphaned(look: Look, acme: Organization) -> None:
    project = next(iter(acme.projects))["id"]
    user = next(iter(acme.members[project]))["id"]
    acme.update_user(user, role="reader")
    key = acme.add_api_key(project, user_id=user, name="left behind")
    assert look() == []
    acme.remove_user(user)
    told = look()
    assert any("left behind is orphaned" in title for title in told)
    alert = Alert.objects.get(title__contains="left behind")
    assert alert.link == f"/keys/{Key.objects.get(vendor_id=key['id']).pk}/"


def test_many_at_once_are_one_alert(look: Look, acme: Organization) -> None:
    for number in range(8):
        acme.add_key(f"key {number}")
    assert look() == ["Acme has 8 new Admin Keys"]
    assert len(Alert.objects.get().facts) == 8


def test_a_connection_that_needs_attention_is_told_until_it_is_well(look: Look, acme: Organization) -> None:
    acme.key.revoked = True
    assert look() == ["Acme needs attention"]
    assert look() == []
    acme.key.revoked = False
    assert look() == []
    acme.key.revoked = True
    assert look() == ["Acme needs attention"]


def test_a_first_sync_that_is_refused_is_told(
    connect: Callable[..., Any], sync: Callable[..., Any], labs: Organization
) -> None:
    connection = connect(labs)
    labs.key.revoked = True
    sync(connection)
    watching.look()
    assert list(Alert.objects.values_list("kind", flat=True)) == ["connection"]


def test_a_connection_not_synced_for_long_is_told(look: Look, acme: Organization) -> None:
    Connection.objects.update(last_complete_sync_at=datetime.now(UTC) - timedelta(days=2))
    Watch.objects.update(looked_at=None)
    watching.look()
    assert list(Alert.objects.values_list("title", flat=True)) == ["Acme has not been synced for long"]


def own_row(acme: Organization) -> Any:
    return next(row for row in acme.admin_keys if row["redacted_value"].endswith(acme.key.value[-3:]))


def test_our_own_key_is_told_30_14_and_3_days_before_it_expires(look: Look, acme: Organization) -> None:
    connection = Connection.objects.get()
    row = own_key_row(connection)
    assert row is not None
    assert row.vendor_id == own_row(acme)["id"]
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    Key.objects.filter(pk=row.pk).update(expires_at=ends)
    told = []
    for days in (40, 29, 20, 13, 2, 1):
        with time_machine.travel(ends - timedelta(days=days)):
            watching.look_at(connection.pk)
        told.append(Alert.objects.filter(kind="own_key").count())
    assert told == [0, 1, 1, 2, 3, 3]
    assert step_of(ends, ends + timedelta(days=1)) is None


def give_our_key_an_owner_in_no_list(acme: Organization) -> None:
    row = own_row(acme)
    acme.admin_keys.update(row["id"], {"owner": {**row["owner"], "id": "user-nowhere"}})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda acme, owner: acme.remove_user(owner), "is gone"),
        (lambda acme, owner: acme.update_user(owner, enabled=False), "is disabled"),
    ],
)
def test_our_own_keys_owner_who_is_gone_is_told(
    acme: Organization, look: Look, spoil: Callable[[Organization, str], Any], said: str
) -> None:
    spoil(acme, own_row(acme)["owner"]["id"])
    assert f"The owner of the Admin Key that Seatwise uses for Acme {said}" in look()


def test_our_own_keys_owner_who_is_in_no_list_is_told_even_at_the_first_look(
    acme: Organization, connect: Callable[..., Any], sync: Callable[..., Any]
) -> None:
    give_our_key_an_owner_in_no_list(acme)
    connection = connect(acme)
    sync(connection)
    watching.look()
    wanted = "The owner of the Admin Key that Seatwise uses for Acme is in no complete list of users"
    assert Alert.objects.get(kind="own_key").title == wanted
    sync(connection)
    Watch.objects.update(looked_at=None)
    watching.look()
    assert Alert.objects.filter(kind="own_key").count() == 1


def test_nothing_is_told_of_our_own_keys_owner_while_no_list_of_users_was_complete(
    acme: Organization, connect: Callable[..., Any], sync: Callable[..., Any], vendor: Sandbox
) -> None:
    give_our_key_an_owner_in_no_list(acme)
    vendor.faults.add(Fault("missing_cursor", "/organization/users", times=None))
    connection = connect(acme)
    sync(connection)
    watching.look()
    assert own_key_row(connection) is not None
    assert not Alert.objects.filter(kind="own_key").exists()


def test_two_keys_that_look_alike_are_neither_taken_for_ours(look: Look, acme: Organization) -> None:
    connection = Connection.objects.get()
    row = own_key_row(connection)
    assert row is not None
    other = Key.objects.filter(kind="admin").exclude(pk=row.pk).first()
    assert other is not None
    Key.objects.filter(pk=other.pk).update(redacted_value=row.redacted_value)
    assert own_key_row(connection) is None


@pytest.mark.parametrize("shown", ["sk-admin...", "sk-admin-...ab", "***", "", None, "sk-admin-no-mask", "…"])
def test_a_short_form_that_tells_too_little_is_nobodys(look: Look, shown: str | None) -> None:
    Key.objects.filter(kind="admin").update(redacted_value=shown)
    assert own_key_row(Connection.objects.get()) is None


def test_a_look_that_dies_is_done_again_and_tells_once(
    look: Look, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is written by halves: the transaction is whole, or not there."""
    from django.db import connection as database

    acme.add_key("surprise")
    died = []

    def die(execute: Any, sql: str, *rest: Any) -> Any:
        if "store_watch" in sql and sql.startswith("UPDATE"):
            died.append(sql)
            raise KeyboardInterrupt
        return execute(sql, *rest)

    from seatwise.sync import dispatch

    dispatch.sync_now(Connection.objects.get(), "operator")
    with database.execute_wrapper(die), pytest.raises(KeyboardInterrupt):
        watching.look()
    assert died
    assert not Alert.objects.exists()
    watching.look()
    assert Alert.objects.count() == 1


def test_a_look_that_fails_is_done_again_in_a_while_and_holds_up_no_other(
    look: Look, connect: Callable[..., Any], labs: Organization, sync: Callable[..., Any]
) -> None:
    """A fact that no column takes stands for whatever may be wrong with one connection's rows."""
    from django.db import connection as database

    sync(connect(labs))
    Watch.objects.update(looked_at=None)
    failed = []

    def fail(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if "store_watch" in sql and sql.startswith("UPDATE") and "baselines" in sql and not failed:
            failed.append(params)
            raise DataError("value too long")
        return execute(sql, params, *rest)

    with database.execute_wrapper(fail):
        watching.look()
    assert failed
    assert watching.due_connections() == []
    assert Watch.objects.exclude(looked_at=None).count() == 2
    with time_machine.travel(datetime.now(UTC) + watching.EVERY + timedelta(minutes=1)):
        assert len(watching.due_connections()) == 2


def test_a_run_is_looked_at_once_whoever_did_it(look: Look) -> None:
    assert watching.due_connections() == []
    run = Run.objects.latest("pk")
    Run.objects.create(connection_id=run.connection_id, trigger="x", state="running")
    assert watching.due_connections() == []
    Run.objects.filter(state="running").update(state="failed")
    assert len(watching.due_connections()) == 1


def test_alerts_are_listed_filtered_and_acknowledged(look: Look, acme: Organization) -> None:
    acme.add_key("one")
    acme.add_user(role="owner", email="boss@example.com")
    look()
    viewer, admin = Actor("v@example.com", "viewer"), Actor("a@example.com", "admin")
    assert count_open_alerts(viewer) == 2
    (first,) = list_alerts(viewer, kind="new_owner", connection="acme").items
    assert first.connection == "Acme"
    with pytest.raises(NotAllowed):
        acknowledge_alert(viewer, key=first.key)
    assert acknowledge_alert(admin, key=first.key).acknowledged_by == "a@example.com"
    assert [each.key for each in list_alerts(viewer, acknowledged=True).items] == [first.key]
    assert acknowledge_alerts(admin) == 1
    assert count_open_alerts(SYSTEM) == 0
    assert list_alerts(viewer, connection="nowhere").items == []
    with pytest.raises(NotFound):
        get_alert(viewer, key=4711)


def test_the_sandbox_is_never_asked_by_a_look(look: Look, vendor: Sandbox) -> None:
    vendor.forget_requests()
    watching.look()
    assert not vendor.requests
