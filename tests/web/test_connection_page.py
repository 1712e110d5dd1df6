"""The connection page in each of its states, and its buttons, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.store.models import Connection, Run, RunStream, Stream, User

STATUS = {"HX-Request": "true", "HX-Target": "status"}
As = Callable[[str], Client]

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def acme_connection(connect: Any, acme: Organization) -> Connection:
    made: Connection = connect(acme)
    return made


def page(client: Client, connection: Connection, **headers: str) -> str:
    return client.get(f"/connections/{connection.pk}/", headers=headers or None).content.decode()


def test_a_complete_sync_is_a_green_check(client_of: As, acme_connection: Connection, sync: Any) -> None:
    sync(acme_connection)
    shown = page(client_of("viewer"), acme_connection)
    assert "pill-good" in shown
    assert "Connected" in shown
    assert 'hx-trigger="every' not in shown


def test_a_stream_that_fails_is_amber_and_says_why(
    client_of: As, acme_connection: Connection, sync: Any, vendor: Sandbox
) -> None:
    vendor.faults.add(Fault("empty_object", "/organization/invites", times=None))
    sync(acme_connection)
    shown = page(client_of("viewer"), acme_connection)
    assert "Partial" in shown
    assert "Failed" in shown
    assert escape(Stream.objects.get(name="invites").message) in shown


def test_a_revoked_key_is_red_and_offers_a_new_one(
    client_of: As, acme_connection: Connection, sync: Any, acme: Organization
) -> None:
    acme.key.revoked = True
    sync(acme_connection)
    shown = page(client_of("owner"), acme_connection)
    assert "Needs attention" in shown
    assert "Enter a new key" in shown
    tile = client_of("owner").get("/integrations/").content.decode()
    assert "See what to do" in tile


def test_a_first_sync_that_failed_gets_no_green_word(
    client_of: As, acme_connection: Connection, acme: Organization, sync: Any
) -> None:
    new = f"/connections/{acme_connection.pk}/?new"
    sync(acme_connection)
    assert "The first sync has ended" in client_of("owner").get(new).content.decode()
    acme.key.revoked = True
    sync(acme_connection)
    shown = client_of("owner").get(new).content.decode()
    assert "Nothing can be read until somebody acts" in shown
    assert "The first sync has ended" not in shown


def test_held_departures_are_shown_reviewed_and_confirmed(
    client_of: As, acme_connection: Connection, sync: Any, acme: Organization
) -> None:
    client = client_of("admin")
    sync(acme_connection)
    acme.remove_users(100)
    sync(acme_connection)
    assert "Departures wait for you" in page(client, acme_connection)
    review = client.get(f"/connections/{acme_connection.pk}/departures").content.decode()
    assert "Confirm departures" in review
    assert ">100<" in review
    client.post(f"/connections/{acme_connection.pk}/sync", {"confirm_departures": "yes"})
    acme_connection.refresh_from_db()
    assert acme_connection.confirmed["users"] == 100
    sync(acme_connection, acme_connection.confirmed)
    assert "Departures wait for you" not in page(client, acme_connection)
    assert User.objects.filter(departed_at=None, kind="user").count() < 100


def test_a_sync_under_way_shows_its_records_and_looks_again(client_of: As, acme_connection: Connection) -> None:
    run = Run.objects.create(
        connection=acme_connection, trigger="operator", state="running", started_at=datetime.now(UTC),
        lease="x", lease_until=datetime.now(UTC) + timedelta(minutes=1),
    )  # fmt: skip
    RunStream.objects.create(run=run, name="users", state="syncing", records=1234)
    shown = page(client_of("admin"), acme_connection)
    assert "1,234 records" in shown
    assert 'hx-trigger="every 1s"' in shown
    assert "Cancel sync" in shown
    tile = client_of("admin").get("/integrations/").content.decode()
    assert "1,234 records" in tile
    assert 'hx-trigger="every 1s"' in tile


def test_the_look_stops_by_itself_and_brings_the_runs_up_to_date(
    client_of: As, acme_connection: Connection, sync: Any
) -> None:
    sync(acme_connection)
    answer = client_of("admin").get(f"/connections/{acme_connection.pk}/", headers=STATUS)
    assert answer.content.strip().startswith(b'<div id="status"')
    assert b'hx-trigger="every' not in answer.content
    assert answer["HX-Trigger"] == "synced"


def test_a_due_sync_that_no_worker_takes_says_so(client_of: As, acme_connection: Connection) -> None:
    Connection.objects.update(next_sync_at=datetime.now(UTC) - timedelta(minutes=5))
    assert "No worker has taken this sync" in page(client_of("admin"), acme_connection)
    assert "no worker has taken it" in client_of("admin").get("/integrations/").content.decode()


def test_runs_unfold_their_streams_and_come_in_pages(client_of: As, acme_connection: Connection, sync: Any) -> None:
    sync(acme_connection)
    for _ in range(11):
        Run.objects.create(connection=acme_connection, trigger="schedule", state="failed", error="The disk is full.")
    shown = page(client_of("viewer"), acme_connection)
    assert "The disk is full." in shown
    assert "Next" in shown
    link = shown[shown.index('rel="next" href="') + 17 :].split('"')[0].replace("&amp;", "&")
    older = client_of("viewer").get(
        f"/connections/{acme_connection.pk}/{link}", headers={"HX-Request": "true", "HX-Target": "runs"}
    )
    assert older.content.strip().startswith(b'<section id="runs"')
    assert b"Unchanged" in older.content


def test_a_cursor_nobody_gave_is_a_message(client_of: As, acme_connection: Connection) -> None:
    answer = client_of("viewer").get(f"/connections/{acme_connection.pk}/?cursor=nonsense")
    assert answer.status_code == 400
    assert b"This did not work" in answer.content


def test_syncing_now_makes_it_due(client_of: As, acme_connection: Connection) -> None:
    client_of("admin").post(f"/connections/{acme_connection.pk}/sync")
    acme_connection.refresh_from_db()
    assert acme_connection.next_sync_at is not None


def test_canceling_where_nothing_runs_says_so(client_of: As, acme_connection: Connection) -> None:
    answer = client_of("admin").post(f"/connections/{acme_connection.pk}/cancel", follow=True)
    assert b"No sync was running." in answer.content


def test_pausing_and_resuming(client_of: As, acme_connection: Connection) -> None:
    client = client_of("admin")
    assert "is paused" in client.post(f"/connections/{acme_connection.pk}/pause", follow=True).content.decode()
    assert "Paused" in page(client, acme_connection)
    client.post(f"/connections/{acme_connection.pk}/resume")
    acme_connection.refresh_from_db()
    assert not acme_connection.paused


def test_any_stream_but_users_is_switched_off_and_on(client_of: As, acme_connection: Connection) -> None:
    client, path = client_of("admin"), f"/connections/{acme_connection.pk}/streams"
    client.post(path, {"off": "projects"})
    assert not Stream.objects.get(name="projects").enabled
    client.post(path, {"on": "projects"})
    assert Stream.objects.get(name="projects").enabled
    here = {"Referer": f"http://testserver/connections/{acme_connection.pk}/"}
    answer = client.post(path, {"off": "users"}, follow=True, headers=here)
    assert Stream.objects.get(name="users").enabled
    assert "notice-bad" in answer.content.decode()


def test_a_new_name_and_schedule(client_of: As, acme_connection: Connection) -> None:
    path = f"/connections/{acme_connection.pk}/settings"
    client_of("admin").post(path, {"name": "Acme Europe", "sync_every": "240"})
    acme_connection.refresh_from_db()
    assert (acme_connection.name, acme_connection.sync_every) == ("Acme Europe", 240)
    wrong = client_of("admin").post(path, {"name": "", "sync_every": "0"}).content.decode()
    assert wrong.count('role="alert"') == 2


def test_a_name_that_is_taken_is_refused_beside_its_field(
    client_of: As, acme_connection: Connection, connect: Any, labs: Organization
) -> None:
    connect(labs)
    answer = client_of("admin").post(
        f"/connections/{acme_connection.pk}/settings", {"name": "labs", "sync_every": "60"}
    )
    assert 'role="alert"' in answer.content.decode()
    acme_connection.refresh_from_db()
    assert acme_connection.name == "Acme"


def test_a_new_key_replaces_the_old_one(client_of: As, acme_connection: Connection, acme: Organization) -> None:
    path, sealed = f"/connections/{acme_connection.pk}/reconnect", acme_connection.sealed
    refused = client_of("admin").post(path, {"admin_key": "sk-proj-" + "x" * 40}).content.decode()
    assert 'role="alert"' in refused
    assert "sk-proj-x" not in refused
    client_of("admin").post(path, {"admin_key": acme.add_key().value})
    acme_connection.refresh_from_db()
    assert acme_connection.sealed != sealed


def test_disconnecting_keeps_the_data_and_asks_for_the_name(
    client_of: As, acme_connection: Connection, sync: Any
) -> None:
    sync(acme_connection)
    client, path = client_of("admin"), f"/connections/{acme_connection.pk}/disconnect"
    assert "This is not the name" in client.post(path, {"confirm": "acme?"}).content.decode()
    assert Connection.objects.filter(disconnected_at=None).exists()
    client.post(path, {"confirm": "Acme"})
    acme_connection.refresh_from_db()
    assert acme_connection.sealed == ""
    assert User.objects.exists()
    shown = page(client, acme_connection)
    assert "Disconnected" in shown
    assert "Sync now" not in shown


def test_erasing_takes_the_data_with_it(client_of: As, acme_connection: Connection, sync: Any) -> None:
    sync(acme_connection)
    path = f"/connections/{acme_connection.pk}/disconnect"
    answer = client_of("admin").post(path, {"confirm": "Acme", "erase": "on"}, follow=True)
    assert not User.objects.exists()
    assert "is erased" in answer.content.decode()


def test_what_a_disconnected_account_left_is_erased_later(
    client_of: As, acme_connection: Connection, sync: Any
) -> None:
    sync(acme_connection)
    client, path = client_of("admin"), f"/connections/{acme_connection.pk}/disconnect"
    client.post(path, {"confirm": "Acme"})
    assert "Disconnected accounts" in client.get("/integrations/").content.decode()
    assert "Erase Acme?" in client.get(path).content.decode()
    client.post(path, {"confirm": "Acme"})
    assert not User.objects.exists()
    assert not Connection.objects.exists()
