"""Last active is the newest use that any source knows of, with its source; nobody is written who is right already."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from seatwise.services.activity import user_activity
from seatwise.services.rights import SYSTEM
from seatwise.store.models import AuditEvent, Key, LicenseDay, Run, Setting, Stream, Usage, User
from seatwise.sync import activity

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.directory]
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = NOW.replace(hour=0, minute=0, second=0)


@pytest.fixture
def run(connection_of):
    return Run.objects.create(connection=connection_of("Acme"), trigger="operator", state="running", lease="mine")


@pytest.fixture
def user(run, user_of):
    return user_of(run.connection, vendor_id="user-1", email="one@x")


def ago(**span):
    return NOW - timedelta(**span)


def key(run, at, owner="user-1", number=1, **fields):
    Key.objects.create(
        connection=run.connection, vendor_id=f"key_{number}", hash=number, first_seen_at=NOW, kind="project",
        owner_kind="user", owner_id=owner, last_used_at=at, **fields,
    )  # fmt: skip


def usage(run, at, user="user-1", **fields):
    Usage.objects.create(
        connection=run.connection, stream="usage_completions", day=at.date(), slot=at.day, hash=1, user_id=user,
        requests=1, **fields,
    )  # fmt: skip


def event(run, at, actor="user-1", kind="login.succeeded", number=1):
    AuditEvent.objects.create(
        connection=run.connection, vendor_id=f"audit-{number}", hash=1, type=kind, at=at, actor_id=actor
    )


def settled(run, user):
    activity.settle(run)
    user.refresh_from_db()
    return user.last_active_at, user.last_active_source


def test_without_any_source_it_is_unknown(run, user):
    assert settled(run, user) == (None, None)


def test_each_source_can_tell_it(run, user):
    User.objects.update(api_key_last_used_at=ago(days=9))
    assert settled(run, user) == (ago(days=9), "API key use")
    key(run, ago(days=8))
    assert settled(run, user) == (ago(days=8), "Own key")
    usage(run, DAY - timedelta(days=6))
    assert settled(run, user) == (DAY - timedelta(days=6), "Usage by day")
    event(run, ago(days=5))
    assert settled(run, user) == (ago(days=5), "Audit log")


def test_a_key_that_only_usage_knows_of_was_used_by_its_owner(run, user):
    """The vendor says no last use of the key; usage by day names the key, and nobody."""
    used = DAY - timedelta(days=2)
    key(run, None, last_usage_at=used)
    assert settled(run, user) == (used, "Own key")
    Key.objects.update(last_used_at=used + timedelta(hours=5))
    assert settled(run, user) == (used + timedelta(hours=5), "Own key")
    Key.objects.update(last_used_at=ago(days=9))
    assert settled(run, user) == (used, "Own key")
    event(run, ago(days=5))
    assert settled(run, user) == (used, "Own key")
    assert user_activity(SYSTEM, key=user.pk).last_active_at == used
    assert {each.source: each.at for each in user_activity(SYSTEM, key=user.pk).sources}["Own key"] == used


def test_the_newest_wins_whichever_source_it_is_of(run, user):
    key(run, ago(days=8))
    event(run, ago(days=5))
    User.objects.update(api_key_last_used_at=ago(days=2))
    assert settled(run, user) == (ago(days=2), "API key use")


def test_of_the_same_moment_the_vendors_own_word_counts(run, user):
    key(run, ago(days=8))
    User.objects.update(api_key_last_used_at=ago(days=8))
    assert settled(run, user) == (ago(days=8), "API key use")


def test_what_lies_ahead_counts_for_nothing_until_it_has_passed(run, user):
    event(run, ago(days=-1))
    key(run, ago(days=-2))
    usage(run, DAY + timedelta(days=3))
    User.objects.update(api_key_last_used_at=ago(days=-9))
    assert settled(run, user) == (None, None)
    event(run, ago(days=3), number=2)
    assert settled(run, user) == (ago(days=3), "Audit log")


def test_a_sign_in_that_failed_is_no_activity(run, user):
    event(run, ago(days=1), kind="login.failed")
    assert settled(run, user) == (None, None)


def test_what_others_did_and_other_connections_do_not_count(run, user, connection_of):
    other = Run(connection=connection_of("Labs"))
    event(other, ago(days=1))
    key(other, ago(days=1))
    event(run, ago(days=1), actor="user-2", number=2)
    event(run, ago(days=1), actor=None, number=3)
    assert settled(run, user) == (None, None)


def test_a_source_that_takes_its_word_back_is_followed(run, user):
    usage(run, DAY - timedelta(days=2))
    key(run, ago(days=8))
    settled(run, user)
    Usage.objects.all().delete()
    assert settled(run, user) == (ago(days=8), "Own key")


def test_an_invite_has_no_activity(run, user_of):
    invite = user_of(run.connection, vendor_id="invite-1", kind="invite", status="invited")
    event(run, ago(days=1), actor="invite-1")
    assert settled(run, invite) == (None, None)


def test_who_is_right_already_is_not_written(run, user):
    event(run, ago(days=5))
    settled(run, user)
    with CaptureQueriesContext(
        database,
    ) as queries:
        activity.settle(run)
    assert not [q for q in queries if q["sql"].startswith("UPDATE store_user")]


def test_many_are_written_in_short_transactions(run, user_of, monkeypatch):
    monkeypatch.setattr(activity, "PIECE", 3)
    users = [user_of(run.connection, vendor_id=f"user-{n}") for n in range(1, 9)]
    for n in range(1, 9):
        event(run, ago(days=n), actor=f"user-{n}", number=n)
    with CaptureQueriesContext(database) as queries:
        activity.settle(run)
    assert len([q for q in queries if q["sql"].startswith("UPDATE store_user")]) == 3
    assert [User.objects.get(pk=user.pk).last_active_at for user in users] == [ago(days=n) for n in range(1, 9)]


def test_a_worker_that_lost_its_lease_writes_nothing(run, user):
    from seatwise.sync.lease import LeaseLost

    event(run, ago(days=5))
    Run.objects.update(lease="another's")
    with pytest.raises(LeaseLost):
        activity.settle(run)
    user.refresh_from_db()
    assert user.last_active_at is None


@pytest.fixture
def connection(labs, connect, sync):
    connection = connect(labs)
    wanted = ("audit_events", "api_keys", "usage_completions", "admin_keys")
    Stream.objects.filter(connection=connection, name__in=wanted).update(enabled=True)
    sync(connection)
    return connection


def newest(organization, user_id):
    """What the vendor's tables say, worked out without any of the product's code."""
    row = organization.users[user_id]
    keys = [key for project in organization.projects for key in organization.api_keys[project["id"]]]
    keys = [*keys, *organization.admin_keys]
    used = [row.get("api_key_last_used_at") or 0]
    for key in keys:
        owner = (key["owner"].get("user") or {}).get("id") or key["owner"].get("id")
        used += [key.get("last_used_at") or 0] if owner == user_id else []
    for told in organization.audit:
        actor = (told.get("actor") or {}).get("session") or (told.get("actor") or {}).get("api_key") or {}
        if (actor.get("user") or {}).get("id") == user_id and told["type"] != "login.failed":
            used.append(told["effective_at"] if told["effective_at"] > organization.now - 30 * 86_400 else 0)
    return max(used)


def test_after_a_sync_everybody_is_as_active_as_the_vendor_knows(labs, connection):
    users = User.objects.filter(connection=connection).exclude(kind="invite")
    assert users.exclude(last_active_at=None).exists()
    for user in users:
        at = user.last_active_at.timestamp() if user.last_active_at else 0
        if user.last_active_source == "Usage by day" or (user.last_active_source == "Own key" and at % 86_400 == 0):
            assert at > newest(labs, user.vendor_id)  # a day of usage
        else:
            assert at == newest(labs, user.vendor_id), user.vendor_id


def test_a_second_sync_of_an_unchanged_account_writes_no_user(connection, sync):
    before = list(User.objects.order_by("pk").values())
    with CaptureQueriesContext(database) as queries:
        run = sync(connection)
    assert not [q["sql"] for q in queries if q["sql"].startswith(("UPDATE store_user", 'UPDATE "store_user"'))]
    assert run.streams.get(name="users").changed == 0
    assert list(User.objects.order_by("pk").values()) == before


def test_a_day_has_one_line_of_each_license_and_the_last_complete_sync_has_the_word(labs, connection, sync, vendor):
    day = LicenseDay.objects.get(connection=connection)
    assert (day.license, day.day, day.idle_days) == ("openai", datetime.now(UTC).date(), 90)
    present = User.objects.filter(connection=connection, kind="user", status="active")
    assert (day.assigned, day.unknown) == (present.count(), present.filter(last_active_at=None).count())
    Setting.objects.update_or_create(name="idle_days", defaults={"value": 1})
    labs.add_user(email="one@more.example")
    sync(connection)
    again = LicenseDay.objects.get(connection=connection)
    assert (again.pk, again.assigned, again.idle_days) == (day.pk, day.assigned + 1, 1)
    assert again.idle >= day.idle


def test_a_listing_that_broke_counts_no_licenses(labs, connection, sync, vendor):
    from seatwise.connectors.openai.sandbox import Fault

    LicenseDay.objects.all().delete()
    vendor.faults.add(Fault("missing_cursor", "/organization/users", times=None))
    sync(connection)
    assert not LicenseDay.objects.exists()
