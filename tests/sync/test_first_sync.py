"""The first sync, and the one after it when nothing changed."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from fixtures.vendor import states, stored, truth
from seatwise.store.models import Change, Stream, User

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]
COMPLETE = dict.fromkeys(("users", "invites", "projects", "project_members"), "complete")


def test_everything_listed_is_stored(acme, connect, sync):
    connection = connect(acme)
    run = sync(connection)
    assert run.state == "complete", [(s.name, s.message, s.detail) for s in run.streams.all()]
    assert states(run) == COMPLETE
    assert stored(connection) == truth(acme)


def test_no_listing_asks_for_more_pages_than_it_has(acme, connect, sync, vendor):
    connection = connect(acme)
    vendor.forget_requests()
    run = sync(connection)
    pages = [request.path for request in vendor.requests if request.query.get("limit") == "100"]
    projects = len([p for p in acme.truth().projects.values() if p["status"] == "active"])
    assert pages.count("/organization/users") == 2
    assert pages.count("/organization/invites") == pages.count("/organization/projects") == 1
    assert len(pages) == 4 + projects
    assert run.requests == len(vendor.requests)


def test_the_first_complete_sync_is_one_line_a_stream_in_changes(acme, connect, sync):
    connection = connect(acme)
    sync(connection)
    changes = Change.objects.filter(connection=connection)
    assert set(changes.values_list("stream", "kind")) == {(name, "baseline") for name in COMPLETE}
    assert changes.get(stream="users").after == {"records": len(acme.users)}


def test_an_unchanged_organization_writes_no_row_and_no_change(acme, connect, sync):
    connection = connect(acme)
    sync(connection)
    before = Change.objects.count()
    with CaptureQueriesContext(database) as queries:
        run = sync(connection)
    assert run.state == "complete"
    assert Change.objects.count() == before
    tables = ("store_user", "store_project", "store_projectmember", "store_change")
    writes = [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE", "COPY")]
    assert not [sql for sql in writes if any(f'"{t}"' in sql or f" {t} " in sql for t in tables)]
    for result in run.streams.all():
        assert (result.arrived, result.changed, result.departed, result.returned) == (0, 0, 0, 0)
        assert result.unchanged == result.records > 0


def test_nobody_is_active_before_a_listing_was_complete(acme, connect, sync, vendor):
    from seatwise.connectors.openai.sandbox import Fault

    connection = connect(acme)
    vendor.faults.add(Fault("html", "/organization/users", nth=2))
    run = sync(connection)
    assert run.state == "partial"
    assert states(run)["users"] == "failed"
    seen = User.objects.filter(connection=connection).exclude(kind="invite")
    assert seen.count() == 100
    assert not seen.filter(status="active").exists()
    sync(connection)
    assert not seen.filter(status="unknown").exists()
    assert seen.count() == 130


def test_a_service_account_is_a_kind_of_its_own(acme, connect, sync):
    acme.add_user(email=None, name="Batch", is_service_account=True)
    connection = connect(acme)
    sync(connection)
    assert User.objects.get(connection=connection, name="Batch").kind == "service_account"


def test_a_field_not_sent_is_unknown(acme, connect, sync):
    acme.minimal_users = True
    connection = connect(acme)
    sync(connection)
    user = User.objects.filter(connection=connection, kind="user").first()
    assert (user.scim_managed, user.last_active_at, user.vendor_status) == (None, None, None)
    assert user.status == "active"


def test_postgres_knows_the_users_it_was_just_given(acme, connect, sync):
    sync(connect(acme))
    if database.vendor == "sqlite":  # which plans without statistics
        return
    with database.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'store_user'")
        assert cursor.fetchone()[0] > 0


def test_streams_are_fresh_and_say_so(acme, connect, sync):
    connection = connect(acme)
    sync(connection)
    connection.refresh_from_db()
    assert connection.last_complete_sync_at
    assert connection.next_sync_at > connection.last_complete_sync_at
    for stream in Stream.objects.filter(connection=connection, enabled=True):
        assert (stream.state, stream.message, bool(stream.synced_at)) == ("complete", "", True)
    assert connection.streams.get(name="users").records == len(acme.users)
