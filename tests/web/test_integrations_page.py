"""The Integrations page and the Connect dialog, over HTTP, against the pretend vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.connectors.openai import openai
from seatwise.connectors.openai.sandbox import Organization, Sandbox
from seatwise.store.models import Connection, Stream

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
As = Callable[[str], Client]

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


def post(client: Client, organization: Organization, **changed: str) -> Any:
    typed = {"name": "Acme", "organization_id": organization.id, "admin_key": organization.key.value} | changed
    return client.post("/integrations/openai/connect", typed, headers=HTMX)


def test_the_start_page_leads_to_what_there_is_to_do(client_of: As, connect: Any, acme: Organization) -> None:
    client = client_of("viewer")
    assert client.get("/")["Location"] == "/integrations/"
    connect(acme)
    assert client.get("/")["Location"] == "/overview/"


def test_nothing_connected_offers_to_connect(client_of: As) -> None:
    page = client_of("owner").get("/integrations/").content.decode()
    assert "Not connected" in page
    assert "Integration Capabilities" in page
    assert ">Connect</a>" in page


def test_tabs_and_search_narrow_the_page(client_of: As, connect: Any, acme: Organization) -> None:
    client = client_of("owner")
    connect(acme)
    assert 'id="tile-openai"' in client.get("/integrations/?tab=all").content.decode()
    assert 'id="tile-openai"' in client.get("/integrations/?search=open").content.decode()
    assert "No integration matches “nonsense”" in client.get("/integrations/?search=nonsense").content.decode()
    assert "Nothing needs attention" in client.get("/integrations/?tab=attention").content.decode()
    assert client.get("/integrations/?tab=other").status_code == 200


def test_a_search_over_htmx_brings_the_tiles_alone(client_of: As) -> None:
    answer = client_of("owner").get("/integrations/?search=x", headers={"HX-Request": "true", "HX-Target": "tiles"})
    assert answer.content.strip().startswith(b'<div id="tiles">')
    assert "HX-Request" in answer["Vary"]


def test_the_connect_form_is_the_declaration(client_of: As) -> None:
    page = client_of("owner").get("/integrations/openai/connect").content.decode()
    for text in ("Organization ID", "Admin Key", "org-…", "sk-admin-…", "/help/connect-openai"):
        assert text in page
    secret = page[page.index('name="admin_key"') - 60 :][:400]
    assert 'type="password"' in secret
    assert 'autocomplete="off"' in secret


def test_a_good_key_connects_and_the_first_sync_is_due(client_of: As, vendor: Sandbox, acme: Organization) -> None:
    answer = post(client_of("owner"), acme)
    connection = Connection.objects.get()
    assert answer["HX-Redirect"] == f"/connections/{connection.pk}/?new"
    assert connection.next_sync_at is not None
    page = client_of("owner").get(answer["HX-Redirect"]).content.decode()
    assert "The first sync starts by itself" in page
    assert 'hx-trigger="every 1s"' in page


def test_without_scripts_connecting_is_an_ordinary_form(client_of: As, vendor: Sandbox, acme: Organization) -> None:
    typed = {"name": "Acme", "organization_id": acme.id, "admin_key": acme.key.value}
    answer = client_of("admin").post("/integrations/openai/connect", typed)
    assert answer.status_code == 302
    assert Connection.objects.get().name == "Acme"


@pytest.mark.parametrize("key", ["sk-proj-" + "a" * 40, "sk-svcacct-" + "a" * 40, "sk-" + "a" * 40])
def test_a_key_of_another_kind_is_refused_beside_its_field(
    client_of: As, vendor: Sandbox, acme: Organization, key: str
) -> None:
    page = post(client_of("owner"), acme, admin_key=key).content.decode()
    field = page[page.index('for="id_admin_key"') :]
    assert 'role="alert"' in field
    assert key not in page
    assert not vendor.requests
    assert not Connection.objects.exists()


def test_a_key_that_cannot_read_users_is_refused_with_what_it_lacks(
    client_of: As, vendor: Sandbox, acme: Organization
) -> None:
    key = acme.add_key(refused_paths=("/organization/users*",)).value
    page = post(client_of("owner"), acme, admin_key=key).content.decode()
    assert 'role="alert"' in page
    assert "Nothing was saved." in page
    assert "lacks the permission api.management.read" in page
    assert "Refused" in page
    assert key not in page
    assert not Connection.objects.exists()


def test_a_revoked_key_is_refused_with_what_to_do(client_of: As, vendor: Sandbox, acme: Organization) -> None:
    acme.key.revoked = True
    page = post(client_of("owner"), acme).content.decode()
    assert 'role="alert"' in page
    assert acme.key.value not in page
    assert not Connection.objects.exists()


def test_a_key_without_projects_is_saved_and_offers_to_switch_them_off(
    client_of: As, vendor: Sandbox, acme: Organization
) -> None:
    client = client_of("owner")
    key = acme.add_key(refused_paths=("/organization/projects*",)).value
    where = post(client, acme, admin_key=key)["HX-Redirect"]
    page = client.get(where).content.decode()
    assert "This key may not read everything" in page
    connection = Connection.objects.get()
    refused = {"projects"} | {
        stream.name for stream in openai.streams if getattr(stream.parent, "name", "") == "projects"
    }
    assert all(f'value="{name}"' in page for name in refused)
    client.post(f"/connections/{connection.pk}/streams", {"off": sorted(refused)})
    assert set(Stream.objects.filter(enabled=False).values_list("name", flat=True)) == refused
    assert "This key may not read everything" not in client.get(where).content.decode()


def test_the_same_organization_or_name_twice_is_refused(
    client_of: As, vendor: Sandbox, acme: Organization, labs: Organization
) -> None:
    client = client_of("owner")
    post(client, acme)
    assert 'role="alert"' in post(client, acme, name="Again").content.decode()
    assert 'role="alert"' in post(client, labs, name="ACME").content.decode()
    assert Connection.objects.count() == 1


def test_the_capabilities_begin_with_user_fields_and_license_types(client_of: As) -> None:
    page = client_of("viewer").get("/integrations/openai/capabilities").content.decode()
    body = page[page.index("<tbody>") :]
    assert body.index("User fields") < body.index("Email") < body.index("Role") < body.index("Status")
    assert body.index("License types") < body.index("Project members")
    assert "Several accounts" in page


def test_the_capabilities_tell_what_is_read_only_when_somebody_asks(client_of: As) -> None:
    page = client_of("viewer").get("/integrations/openai/capabilities").content.decode()
    parts = [part for lookup in openai.lookups for part in lookup.parts]
    assert page.count(">on demand</span>") == len(parts)
    assert [part.name for part in parts if part.summary not in page or part.needs not in page] == []
    assert "Of one project, when asked" in page
    assert "Of one user, when asked" in page


def test_the_capabilities_of_a_connection_tell_what_its_key_really_has(
    client_of: As, vendor: Sandbox, acme: Organization
) -> None:
    client = client_of("owner")
    post(client, acme, admin_key=acme.add_key(refused_paths=("/organization/projects*",)).value)
    connection = Connection.objects.get()
    page = client.get(f"/integrations/openai/capabilities?connection={connection.pk}").content.decode()
    assert "This key" in page
    assert "Allowed" in page
    assert "Refused" in page
    assert client.get("/integrations/openai/capabilities?connection=77").status_code == 404
    assert client.get("/integrations/openai/capabilities?connection=x").status_code == 200


def test_a_hostile_name_breaks_nothing(client_of: As, connect: Any, acme: Organization) -> None:
    connect(acme, name="<img src=x onerror=alert(1)>" + "w" * 80)
    for path in ("/integrations/", "/connections/1/"):
        assert b"<img src=x" not in client_of("owner").get(path).content


def test_a_viewer_sees_everything_and_is_offered_nothing(client_of: As, connect: Any, acme: Organization) -> None:
    connection, client = connect(acme), client_of("viewer")
    for path in ("/integrations/", f"/connections/{connection.pk}/"):
        page = client.get(path).content.decode()
        assert "Integration Capabilities" in page
        for word in (
            ">Connect</a>",
            "Sync now",
            "Settings</a>",
            "Pause",
            "Reconnect",
            "Disconnect</a>",
            'role="switch"',
        ):
            assert word not in page, word


def test_a_refusal_within_a_page_becomes_a_message_on_it(client_of: As, connect: Any, acme: Organization) -> None:
    connection, client = connect(acme), client_of("viewer")
    here = {"HX-Request": "true", "HX-Target": "status", "HX-Current-URL": "http://testserver/integrations/?tab=all"}
    answer = client.post(f"/connections/{connection.pk}/sync", headers=here)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/integrations/?tab=all")
    assert b"may not do this" in client.get("/integrations/").content


@pytest.mark.parametrize(
    "path", ["sync", "cancel", "pause", "resume", "streams", "settings", "reconnect", "disconnect", "departures"]
)
def test_a_viewer_who_asks_anyway_is_refused(client_of: As, connect: Any, acme: Organization, path: str) -> None:
    connection, client = connect(acme), client_of("viewer")
    before = Connection.objects.values().get(pk=connection.pk)
    typed = {"off": "projects", "name": "x", "sync_every": "5", "admin_key": "sk-admin-x", "confirm": connection.name}
    if path != "departures":
        assert client.post(f"/connections/{connection.pk}/{path}", typed).status_code == 403
    if path in ("settings", "reconnect", "disconnect", "departures"):
        assert client.get(f"/connections/{connection.pk}/{path}").status_code == 403
    assert Connection.objects.values().get(pk=connection.pk) == before
    assert client.get("/integrations/openai/connect").status_code == 403
    assert client.post("/integrations/openai/connect", {"name": "x"}).status_code == 403
