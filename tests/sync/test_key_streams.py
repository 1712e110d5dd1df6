"""Keys and accounts as copies: who owns them today, who came and left, and what is no news."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from fixtures.vendor import states
from seatwise.connectors.openai.sandbox import Fault, Organization, drift
from seatwise.store.models import Change, Key, KeyCount, Run, ServiceAccount, Stream, User

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


def news(connection, stream="api_keys", **fields):
    rows = Change.objects.filter(connection=connection, stream=stream, **fields).exclude(kind="baseline")
    return rows.order_by("pk")


def rows(connection, kind="project"):
    return Key.objects.filter(connection=connection, kind=kind, departed_at=None)


def copied(connection) -> dict[str, Any]:
    accounts = ServiceAccount.objects.filter(connection=connection, departed_at=None)
    return {
        "keys": {(k.project_id, k.vendor_id, k.name, k.owner_id, k.owner_has_access, k.last_used_at, k.expires_at)
                 for k in rows(connection)},
        "accounts": {(a.project_id, a.vendor_id, a.name, a.role) for a in accounts},
        "admin": set(rows(connection, "admin").values_list("vendor_id", "redacted_value")),
    }  # fmt: skip


def truth(organization: Organization) -> dict[str, Any]:
    now = organization.truth()
    return {
        "keys": {
            (p, i, clean(k["name"]), k["owner"][k["owner"]["type"]]["id"], k["owner_project_access"] == "active",
             at(k["last_used_at"]), at(k.get("expires_at")))
            for (p, i), k in now.api_keys.items()
        },
        "accounts": {(p, i, clean(a["name"]), a["role"]) for (p, i), a in now.service_accounts.items()},
        "admin": {(i, k["redacted_value"]) for i, k in now.admin_keys.items()},
    }  # fmt: skip


def at(epoch):
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def clean(text):
    return text and text.replace("\0", "\ufffd")


def counted(connection) -> None:
    for kind in ("project", "admin"):
        kept = KeyCount.objects.filter(connection=connection, kind=kind)
        assert sum(kept.values_list("keys", flat=True)) == rows(connection, kind).count()


def a_key(organization: Organization, kind="user"):
    """(project, key's row) of some owner who is a present user, or of a machine."""
    for project in organization.projects:
        if project["status"] != "archived":
            for key in organization.api_keys[project["id"]]:
                owner = key["owner"].get(kind)
                if owner and (kind != "user" or owner["id"] in organization.users):
                    return project["id"], key
    raise AssertionError("no such key")


def test_everything_listed_is_stored_and_counted(acme, connection):
    assert copied(connection) == truth(acme)
    assert copied(connection)["keys"]
    counted(connection)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_drift_the_copy_is_the_truth(acme, connection, sync, seed):
    for step in range(3):
        drift(acme, seed * 10 + step, access=True)
        run = sync(connection)
        assert {s.name: s.state for s in run.streams.all() if "key" in s.name or "account" in s.name} == dict.fromkeys(
            ("service_accounts", "api_keys", "admin_keys"), "complete"
        )
        assert copied(connection) == truth(acme)
        counted(connection)


def test_a_second_look_writes_nothing(acme, connection, sync):
    with CaptureQueriesContext(database) as queries:
        sync(connection)
    writes = [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE", "COPY")]
    assert not [sql for sql in writes if "store_key" in sql or "store_serviceaccount" in sql]


def test_a_key_that_is_used_is_no_news(acme, connection, sync):
    _project, key = a_key(acme)
    before = news(connection).count()
    acme.now += 5 * DAY
    acme.use_key(key["id"])
    sync(connection)
    row = rows(connection).get(vendor_id=key["id"])
    assert (row.last_used_at.timestamp(), row.used) == (acme.now, True)
    assert news(connection).count() == before


def test_the_first_use_of_a_key_is_no_news_either(acme, connection, sync):
    project, key = a_key(acme)
    new = acme.add_api_key(project, user_id=key["owner"]["user"]["id"], name="fresh", created_at=acme.now)
    sync(connection)
    assert rows(connection).get(vendor_id=new["id"]).used is False
    acme.use_key(new["id"])
    sync(connection)
    assert rows(connection).get(vendor_id=new["id"]).used is True
    assert list(news(connection, vendor_id=new["id"]).values_list("kind", flat=True)) == ["arrived"]


def test_a_revoked_key_departs_and_one_that_returns_is_the_same_row(acme, connection, sync):
    project, key = a_key(acme)
    acme.revoke_api_key(key["id"])
    sync(connection)
    gone = Key.objects.get(connection=connection, vendor_id=key["id"])
    assert gone.departed_at
    acme.api_keys[project].put(key)
    sync(connection)
    gone.refresh_from_db()
    assert gone.departed_at is None
    assert list(news(connection, vendor_id=key["id"]).values_list("kind", flat=True)) == ["departed", "returned"]
    counted(connection)


def test_an_archived_projects_keys_and_accounts_go_with_it_and_no_brake_holds_them(acme, connect, sync):
    for project in [row["id"] for row in acme.projects if row["status"] != "archived"][1:]:
        for key in acme.api_keys[project].ids()[1:]:
            acme.api_keys[project].remove(key)
    largest = next(row["id"] for row in acme.projects if row["status"] != "archived")
    member = acme.members[largest].ids()[0]
    for number in range(60):
        acme.add_api_key(largest, user_id=member, name=f"bulk {number}")
    connection = connect(acme)
    sync(connection)
    of = Key.objects.filter(connection=connection, project_id=largest, departed_at=None)
    assert of.count() * 2 > rows(connection).count() >= 20
    acme.archive_project(largest)
    run = sync(connection)
    assert states(run)["api_keys"] == states(run)["service_accounts"] == "complete"
    assert not of.exists()
    assert not ServiceAccount.objects.filter(connection=connection, project_id=largest, departed_at=None).exists()
    assert copied(connection) == truth(acme)


@pytest.mark.parametrize("left", [0, 5])
def test_many_keys_that_vanish_for_no_reason_are_held(acme, connect, sync, left):
    project, key = a_key(acme)
    for number in range(40):
        acme.add_api_key(project, user_id=key["owner"]["user"]["id"], name=f"bulk {number}")
    connection = connect(acme)
    sync(connection)
    before = rows(connection).count()
    every = [(at, key) for at in acme.projects.ids() for key in acme.api_keys[at].ids()]
    kept = [key for at, key in every if at == project][:left]
    for at_project, key in every:
        if key not in kept:
            acme.api_keys[at_project].remove(key)
    assert states(sync(connection))["api_keys"] == "held"
    assert rows(connection).count() == before


def test_a_machines_keys_go_with_its_account(acme, connection, sync):
    project = next(row["id"] for row in acme.projects if row["status"] != "archived")
    account = acme.add_service_account(project, "Batch")
    for number in range(80):
        acme.add_api_key(project, service_account_id=account["id"], name=f"bulk {number}")
    sync(connection)
    of = rows(connection).filter(owner_id=account["id"])
    assert (of.count(), set(of.values_list("owner_standing", flat=True))) == (81, {"present"})
    assert of.count() * 2 > rows(connection).count()
    acme.remove_service_account(project, account["id"])
    assert states(sync(connection))["api_keys"] == "complete"
    assert not of.exists()


def standing(connection, key):
    return Key.objects.get(connection=connection, vendor_id=key["id"]).owner_standing


def test_an_owner_who_leaves_or_is_switched_off_is_seen_on_the_key(acme, connection, sync):
    _project, key = a_key(acme)
    owner = key["owner"]["user"]["id"]
    acme.update_user(owner, enabled=True, banned=False, banned_at=None)
    sync(connection)
    assert standing(connection, key) == "present"
    acme.update_user(owner, enabled=False)
    sync(connection)
    assert standing(connection, key) == "disabled"
    acme.remove_user(owner)
    sync(connection)
    row = Key.objects.get(connection=connection, vendor_id=key["id"])
    assert (row.owner_standing, row.owner_has_access, row.troubles & 3) == ("left", False, 3)


def test_an_owner_who_was_gone_before_the_first_sync_is_in_no_listing(acme, connect, sync):
    _project, key = a_key(acme)
    acme.remove_user(key["owner"]["user"]["id"])
    connection = connect(acme)
    sync(connection)
    assert standing(connection, key) == "unlisted"


def test_an_owner_is_unknown_while_owners_were_not_listed_completely(acme, connect, sync, vendor):
    _project, key = a_key(acme, "service_account")
    _people, of = a_key(acme)
    acme.remove_user(of["owner"]["user"]["id"])
    connection = connect(acme)
    vendor.faults.add(Fault("html", "/organization/users", times=None))
    vendor.faults.add(Fault("html", "/organization/projects/*/service_accounts", times=None))
    sync(connection)
    assert {standing(connection, key), standing(connection, of)} == {"unknown"}
    assert (
        not KeyCount.objects.filter(connection=connection, troubles__gte=0).extra(where=["troubles & 2 <> 0"]).exists()
    )
    vendor.faults.clear()
    sync(connection)
    assert (standing(connection, key), standing(connection, of)) == ("present", "unlisted")
    vendor.faults.add(Fault("html", "/organization/users", times=None))
    sync(connection)
    assert standing(connection, of) == "unlisted"  # what a complete listing said stands


def test_a_key_without_an_owner_is_nobodys(acme, connect, sync):
    project, key = a_key(acme)
    acme.api_keys[project].put(key | {"owner": {}})
    connection = connect(acme)
    sync(connection)
    assert standing(connection, key) == "unnamed"


def test_hostile_names_and_rows_listed_twice_are_stored_once_as_they_are(acme, connect, sync, vendor):
    project, key = a_key(acme)
    hostile = "<script>\u202e'\"; \0 DROP" + "W" * 3000
    acme.api_keys[project].put(key | {"name": hostile})
    acme.service_accounts[project].put({**acme.add_service_account(project, "x"), "name": hostile, "role": "r" * 500})
    vendor.faults.add(Fault("duplicate_rows", f"/organization/projects/{project}/api_keys"))
    vendor.faults.add(Fault("duplicate_rows", "/organization/admin_api_keys"))
    connection = connect(acme)
    assert states(sync(connection))["api_keys"] == "complete"
    assert Key.objects.get(connection=connection, vendor_id=key["id"]).name == clean(hostile)
    assert copied(connection) == truth(acme)


def test_a_broken_listing_of_keys_sweeps_nobody(acme, connection, sync, vendor):
    project, key = a_key(acme)
    acme.revoke_api_key(key["id"])
    vendor.faults.add(Fault("html", f"/organization/projects/{project}/api_keys", times=None))
    assert states(sync(connection))["api_keys"] == "failed"
    assert rows(connection).filter(vendor_id=key["id"]).exists()


def test_project_keys_among_the_admin_keys_are_the_projects_alone(acme, connect, sync):
    acme.foreign_admin_rows = True
    project = next(row["id"] for row in acme.projects if row["status"] != "archived")
    for key in list(acme.api_keys[project])[:2]:  # shown in a way that does not tell whose they are
        acme.api_keys[project].put(key | {"redacted_value": "sk-***abc"})
    connection = connect(acme)
    for _ in range(2):
        sync(connection)
        assert copied(connection) == truth(acme)
    user = next(row["id"] for row in acme.users if row.get("role") == "owner")
    added = acme.add_api_key(project, user_id=user, name="new", created_at=acme.now - DAY)
    acme.api_keys[project].put(added | {"redacted_value": "sk-***def"})
    sync(connection)
    assert copied(connection) == truth(acme)
    assert not news(connection, "admin_keys").exists()


def test_admin_keys_wait_for_the_projects_keys_however_long_these_are_silent(acme, connect, sync, vendor, monkeypatch):
    monkeypatch.setattr("seatwise.sync.engine.WAIT", 0.05)
    hide_whose_they_are(acme)
    vendor.faults.add(Fault("slow", "/organization/projects/*/api_keys", seconds=0.5))
    connection = connect(acme)
    sync(connection)
    assert copied(connection) == truth(acme)
    sync(connection)
    assert not news(connection, "admin_keys").exists()


def test_keys_of_projects_that_could_not_be_listed_do_not_depart_from_the_admin_keys(acme, connect, sync, vendor):
    hide_whose_they_are(acme)
    connection = connect(acme)
    vendor.faults.add(Fault("html", "/organization/projects/*/api_keys", times=None))
    assert states(sync(connection))["api_keys"] == "failed"
    vendor.faults.clear()
    assert sync(connection).state == "complete"
    assert copied(connection) == truth(acme)
    assert not news(connection, "admin_keys").exists()
    assert connection.streams.get(name="admin_keys").records == rows(connection, "admin").count()


def hide_whose_they_are(acme):
    """Keys of a project stand among the admin keys, in a way that does not tell whose they are."""
    acme.foreign_admin_rows = True
    project = next(row["id"] for row in acme.projects if row["status"] != "archived")
    for key in list(acme.api_keys[project])[:2]:
        acme.api_keys[project].put(key | {"redacted_value": "sk-***abc"})


def test_the_newest_day_of_usage_stands_on_the_key(acme, connection, sync):
    project, key = a_key(acme)
    user = key["owner"]["user"]["id"]
    day = acme.now - 3 * DAY
    quiet = acme.add_api_key(project, user_id=user, name="quiet", created_at=acme.now - 40 * DAY)
    acme.add_usage(day, project_id=project, user_id=user, api_key_id=quiet["id"], model="gpt-4o")
    sync(connection)
    row = Key.objects.get(connection=connection, vendor_id=quiet["id"])
    assert (row.last_usage_at.date(), row.last_use_at) == (at(day).date(), row.last_usage_at)
    acme.add_usage(acme.now - DAY, project_id=project, user_id=user, api_key_id=quiet["id"], model="gpt-4o")
    sync(connection)
    row.refresh_from_db()
    assert row.last_usage_at.date() == at(acme.now - DAY).date()


def test_after_a_sync_that_broke_off_what_usage_says_of_keys_and_users_is_looked_at_anew(acme, connection, sync):
    was = dict(rows(connection).values_list("vendor_id", "last_usage_at"))
    ranks = dict(User.objects.filter(connection=connection).values_list("vendor_id", "spend_rank"))
    assert any(was.values())
    assert any(ranks.values())
    rows(connection).filter(last_usage_at=None).update(last_usage_at=at(acme.now))  # usage that was taken back
    rows(connection).exclude(vendor_id__in=[key for key, day in was.items() if day is None]).update(last_usage_at=None)
    User.objects.filter(connection=connection).exclude(spend_rank=None).update(spend_rank=1)
    sync(connection)
    assert dict(rows(connection).values_list("vendor_id", "last_usage_at")) != was, "what a run leaves is not doubted"
    Run.objects.create(connection=connection, trigger="schedule", state="failed", error="The worker stopped.")
    sync(connection)
    assert dict(rows(connection).values_list("vendor_id", "last_usage_at")) == was
    assert dict(User.objects.filter(connection=connection).values_list("vendor_id", "spend_rank")) == ranks


def test_usage_that_is_taken_back_is_no_use(acme, connection, sync):
    today = at(acme.now).replace(hour=0, minute=0, second=0, microsecond=0)
    seen = rows(connection).filter(last_usage_at__gte=today - timedelta(days=5))
    newest = {row.vendor_id: row.last_usage_at for row in seen}
    assert newest
    for day in range(6):
        acme.restate_day(acme.now - day * DAY, 0)
    sync(connection)
    for row in rows(connection).filter(vendor_id__in=newest):
        assert row.last_usage_at is None or row.last_usage_at < today - timedelta(days=5)


def test_a_stream_that_is_forbidden_says_so_and_takes_nothing_away(acme, connect, sync):
    connection = connect(acme)
    sync(connection)
    before = rows(connection).count()
    acme.key.refused_paths = ("/organization/projects/*/api_keys",)
    assert states(sync(connection))["api_keys"] == "forbidden"
    assert Stream.objects.get(connection=connection, name="api_keys").permission
    assert rows(connection).count() == before
