"""The pages of keys and service accounts: what is wrong is told with its evidence, what is not known is told too."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from seatwise.store.models import AuditEntry, Change, Connection, Key, Project, SpendDay, Stream
from seatwise.store.models.spend import ten_billionths

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
STREAMS = ("service_accounts", "api_keys", "admin_keys", "costs")
As = Any


@pytest.fixture
def acme(connection_of: Any) -> Connection:
    connection = connection_of("Acme")
    for name in STREAMS:
        Stream.objects.get_or_create(connection=connection, name=name)
    Stream.objects.filter(connection=connection).update(state="complete", synced_at=NOW)
    Project.objects.create(connection=connection, vendor_id="proj_1", hash=0, first_seen_at=NOW, name="Search",
                           status="active")  # fmt: skip
    return connection


@pytest.fixture
def orphan(acme: Connection, user_of: Any, key_of: Any) -> Key:
    user_of(acme, vendor_id="user-1", email="ada@example.com", status="missing",
            departed_at=datetime(2026, 10, 2, tzinfo=UTC))  # fmt: skip
    key: Key = key_of(acme, name="CI", owner_standing="left", owner_has_access=False, used=True, last_used_at=NOW)
    return key


def read(client: Client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def test_each_issue_is_a_tab_with_its_number_and_evidence(client_of: As, orphan: Key, key_of: Any) -> None:
    key_of(orphan.connection, name="Fine", used=True, last_used_at=NOW)
    client = client_of("viewer")
    html = read(client, "/keys/")
    assert "2 keys" in html
    assert ">CI<" in html
    assert ">Fine<" in html
    html = read(client, "/keys/?issue=orphaned")
    assert "1 key" in html
    assert "Owner ada@example.com left on Oct 2, 2026." in html
    assert "No access to the project Search any more" in html
    assert ">Fine<" not in html
    assert 'aria-current="page">Orphaned<span class="tab-count">1</span>' in html
    assert "Unused for 90 days" in html


def test_htmx_gets_the_tabs_and_the_table_alone(client_of: As, orphan: Key) -> None:
    html = read(client_of("viewer"), "/keys/?issue=orphaned&search=", **{"HX-Request": "true", "HX-Target": "keys"})
    assert "<html" not in html
    assert 'id="keys-kept"' in html
    assert "CI" in html


def test_a_key_leads_to_its_owner_and_the_owner_to_the_key(
    client_of: As, acme: Connection, key_of: Any, user_of: Any, account_of: Any
) -> None:
    user = user_of(acme, vendor_id="user-1", email="ada@example.com")
    account = account_of(acme, name="Batch")
    mine = key_of(acme, name="Laptop", used=False, created_at=NOW - timedelta(days=400))
    machine = key_of(acme, name="Nightly", owner_kind="service_account", owner_id=account.vendor_id,
                     owner_email=None, owner_name="Batch")  # fmt: skip
    client = client_of("viewer")
    html = read(client, "/keys/")
    assert f'href="/users/{user.pk}/"' in html
    assert f'href="/service-accounts/{account.pk}/"' in html
    html = read(client, f"/users/{user.pk}/")
    assert f'href="/keys/{mine.pk}/"' in html
    assert "Created 400 days ago, no use recorded." in html
    html = read(client, f"/service-accounts/{account.pk}/")
    assert f'href="/keys/{machine.pk}/"' in html
    html = read(client, "/service-accounts/")
    assert f'href="/service-accounts/{account.pk}/"' in html
    assert "Search" in html


def test_the_page_of_a_key_tells_facts_evidence_and_history(client_of: As, orphan: Key) -> None:
    Change.objects.create(
        connection=orphan.connection, at=NOW, stream="api_keys", vendor_id=orphan.vendor_id, label="CI",
        kind="changed", before={"owner_has_access": True}, after={"owner_has_access": False},
    )  # fmt: skip
    html = read(client_of("viewer"), f"/keys/{orphan.pk}/")
    assert "left on Oct 2, 2026" in html
    assert "Owner has access changed" in html
    assert "Reported for the key" in html
    assert orphan.redacted_value
    assert orphan.redacted_value in html
    assert read(client_of("viewer"), "/keys/999999/", status=404)
    assert "<form" not in html[html.index("<main") :]  # nothing is offered that would change a key


def test_what_was_not_said_is_unknown_and_never_no(client_of: As, acme: Connection, key_of: Any) -> None:
    key = key_of(acme, name=None, used=None, expires=None, owner_has_access=None, owner_standing="unknown",
                 created_at=None)  # fmt: skip
    html = read(client_of("viewer"), f"/keys/{key.pk}/")
    facts = html[html.index('id="facts"') : html.index('id="timeline"')]
    assert facts.count("Unknown") >= 5
    assert ">Never<" not in facts
    assert ">No<" not in facts
    never = key_of(acme, used=False, expires=False)
    assert read(client_of("viewer"), f"/keys/{never.pk}/").count(">Never<") == 2


def test_spend_is_shown_by_day_and_unknown_where_no_key_is_named(client_of: As, orphan: Key) -> None:
    path, client = f"/keys/{orphan.pk}/", client_of("viewer")
    assert "names no key for any cost" in read(client, path)
    for key, amount in ((orphan.vendor_id, "12.5"), ("key_else", "3")):
        SpendDay.objects.create(
            connection=orphan.connection, dimension="api_key", key=key, day=NOW.date(), currency="usd",
            amount=ten_billionths(Decimal(amount)),
        )  # fmt: skip
    html = read(client, path)
    assert "12.50" in html
    assert html.count('width="8"') == 30
    assert "names no key" not in html


def test_a_stream_that_is_off_or_forbidden_is_said_and_no_zero_stands_alone(client_of: As, acme: Connection) -> None:
    Stream.objects.filter(name="api_keys").update(state="forbidden", synced_at=None, allowed=False, permission="x.read")
    Stream.objects.filter(name="admin_keys").update(enabled=False, synced_at=None, state="pending")
    html = read(client_of("viewer"), "/keys/")
    assert "may not read “API keys”: it lacks x.read" in html
    assert "“Admin keys” is switched off" in html
    assert "Keys are not known" in html
    assert "No keys<" not in html
    Stream.objects.filter(name="service_accounts").update(state="pending", synced_at=None)
    assert "Service accounts are not known" in read(client_of("viewer"), "/service-accounts/")


def test_empty_lists_say_why(client_of: As, connection_of: Any) -> None:
    client = client_of("viewer")
    for path in ("/keys/", "/service-accounts/"):
        assert "Nothing is connected yet" in read(client, path)


def test_a_complete_list_without_a_key_says_so(client_of: As, acme: Connection) -> None:
    client = client_of("viewer")
    assert "list no keys" in read(client, "/keys/")
    assert "No key fits" in read(client, "/keys/?search=zzz")
    assert "have none" in read(client, "/service-accounts/")
    assert "fits this search" in read(client, "/service-accounts/?search=zzz")


def test_the_files_hold_what_is_filtered(client_of: As, orphan: Key, key_of: Any, account_of: Any) -> None:
    key_of(orphan.connection, name="=cmd()")
    account_of(orphan.connection, name="+Batch")
    client = client_of("viewer")

    def lines(path: str) -> list[dict[str, str]]:
        text = b"".join(client.get(path).streaming_content).decode()  # type: ignore[arg-type]
        return list(csv.DictReader(io.StringIO(text)))

    (row,) = lines("/keys/export.csv?issue=orphaned")
    assert (row["id"], row["project"]) == (orphan.vendor_id, "Search")
    assert "left on 2026-10-02" in row["issues"]
    assert {each["name"] for each in lines("/keys/export.csv")} == {"CI", "'=cmd()"}
    assert [each["name"] for each in lines("/service-accounts/export.csv")] == ["'+Batch"]
    assert AuditEntry.objects.filter(operation="export_keys").count() == 2


def test_hostile_names_break_nothing(client_of: As, acme: Connection, key_of: Any, account_of: Any) -> None:
    hostile = "<script>alert(1)</script>\u202e{{ 7|add:42000 }}" + "W" * 400
    account = account_of(acme, name=hostile, role='"><img src=x>')
    key = key_of(acme, name=hostile, redacted_value="<img src=x>", owner_kind="service_account", owner_name=hostile,
                 owner_email=None, owner_id=account.vendor_id, owner_standing="left")  # fmt: skip
    client = client_of("viewer")
    paths = ("/keys/", "/keys/?issue=orphaned", f"/keys/{key.pk}/", "/service-accounts/")
    for path in (*paths, f"/service-accounts/{account.pk}/"):
        html = read(client, path)
        for broken in ("<script>alert", "<img src=x", "42007"):
            assert broken not in html, path


def test_an_address_that_makes_no_sense_still_lists(client_of: As, orphan: Key) -> None:
    client = client_of("viewer")
    assert "CI" in read(client, "/keys/?issue=stolen&sort=value&kind=x")
    assert "1 service account" not in read(client, "/service-accounts/?sort=value&project=nothing")
    for path in ("/keys/?cursor=nonsense", "/service-accounts/?cursor=nonsense"):
        assert "did not work" in read(client, path, status=400)


def test_a_list_is_cheap_however_long(
    client_of: As, orphan: Key, key_of: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        key_of(orphan.connection, name=f"key {number}")
    client = client_of("viewer")
    client.get("/keys/")
    with django_assert_max_num_queries(40):
        client.get("/keys/?issue=no_expiry&sort=-last_use_at")


def test_a_connection_that_was_never_read_is_not_said_to_have_no_such_key(
    client_of: As, acme: Connection, connection_of: Any, key_of: Any
) -> None:
    key_of(acme, name="CI")
    labs = connection_of("Labs")
    for name in (*STREAMS, "projects", "groups", "roles"):
        Stream.objects.get_or_create(connection=labs, name=name)
    Stream.objects.filter(connection=labs).update(state="pending", synced_at=None)
    html = read(client_of("viewer"), "/keys/?connection=Labs&issue=orphaned")
    assert "No such key" not in html
    assert "tab-count" not in html
    for thing in ("service-accounts", "projects", "groups", "groups/roles"):
        html = read(client_of("viewer"), f"/{thing}/?connection=Labs")
        assert "are not known" in html, thing
        assert not any(said in html for said in ("No such", "No project", "No group", "No role")), thing
    assert "No such key" in read(client_of("viewer"), "/keys/?search=poem")
