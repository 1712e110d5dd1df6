"""The list of users, its file, and one user's page, over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, repeat
from typing import Any

import pytest
from django.test import Client

from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.store.models import AuditEntry, Connection, Run, Stream, User
from seatwise.web.download import csv_file

As = Callable[[str], Client]
PART = {"HX-Request": "true", "HX-Target": "users"}

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def acme_connection(connect: Any, acme: Organization, sync: Any) -> Connection:
    made: Connection = connect(acme)
    sync(made)
    return made


def page(client: Client, query: str = "", **headers: str) -> str:
    return client.get(f"/users/{query}", headers=headers or None).content.decode()


def lines(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/users/export.csv{query}")
    assert answer.status_code == 200
    text = answer.getvalue().decode()
    return list(csv.DictReader(io.StringIO(text)))


def shown(html: str) -> list[str]:
    """The keys of the users in a table, in its order."""
    return [part.split('"')[0] for part in html.split('id="user-')[1:] if part[0].isdigit()]


def test_an_empty_install_says_where_to_begin(client_of: As) -> None:
    assert "Nothing is connected yet" in page(client_of("viewer"))
    assert "Departed" in page(client_of("viewer"))


def test_everybody_is_listed_in_pages_with_an_exact_total(client_of: As, acme_connection: Connection) -> None:
    client, seen, query = client_of("viewer"), [], ""
    total = User.objects.filter(listed=True, departed_at=None).count()
    while True:
        html = page(client, query)
        assert f"{total} entries" in html
        seen += shown(html)
        if 'rel="next"' not in html:
            break
        query = html[html.index('rel="next" href="') + 17 :].split('"')[0].replace("&amp;", "&")
    assert len(seen) == total
    assert len(set(seen)) == total


def test_a_search_that_finds_too_many_says_so_and_counts_nothing(
    client_of: As, acme_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("store.listing", "services.users"):
        monkeypatch.setattr(f"seatwise.{place}.COUNTED", 7)
    html = page(client_of("viewer"), "?search=example")
    assert html.count("More than 7 entries") == 2
    assert "pick-count" not in html
    assert "pick-count" in page(client_of("viewer"))


def test_the_way_back_leads_to_the_first_page(client_of: As, acme_connection: Connection) -> None:
    client = client_of("viewer")
    first = page(client)
    onwards = first[first.index('rel="next" href="') + 17 :].split('"')[0].replace("&amp;", "&")
    second = page(client, onwards)
    back = second[second.index('rel="prev" href="') + 17 :].split('"')[0].replace("&amp;", "&")
    assert shown(page(client, back)) == shown(first)


@pytest.mark.parametrize("sort", ["email", "-email", "name", "role", "status", "-joined_at", "last_active_at"])
def test_every_column_sorts_and_says_so(client_of: As, acme_connection: Connection, sort: str) -> None:
    html = page(client_of("viewer"), f"?sort={sort}")
    assert html.count('aria-sort="ascending"') + html.count('aria-sort="descending"') == 1
    assert ('aria-sort="descending"' in html) == sort.startswith("-")
    keys = [row["id"] for row in lines(client_of("viewer"), f"?sort={sort}")][:50]
    ids = dict(User.objects.values_list("pk", "vendor_id"))
    assert [ids[int(key)] for key in shown(html)] == keys


def test_filters_narrow_together_and_are_shown_as_set(client_of: As, acme_connection: Connection) -> None:
    User.objects.filter(kind="user").update(status="active")
    first = User.objects.filter(kind="user").order_by("pk")[:3]
    User.objects.filter(pk__in=[row.pk for row in first[:2]]).update(status="banned")
    html = page(client_of("viewer"), "?status=banned&status=invited&kind=user&connection=Acme")
    assert sorted(shown(html), key=int) == [str(row.pk) for row in first[:2]]
    for mark in ('value="banned" checked', 'value="invited" checked', 'value="Acme" selected', 'value="user" selected'):
        assert mark in html
    assert "Clear filters" in html


def test_an_address_with_words_nobody_knows_still_lists(client_of: As, acme_connection: Connection) -> None:
    answer = client_of("viewer").get("/users/?status=nonsense&kind=x&sort=password&departed=maybe")
    assert answer.status_code == 200
    assert shown(answer.content.decode())


def test_a_search_without_a_hit_offers_a_way_back(client_of: As, acme_connection: Connection) -> None:
    html = page(client_of("viewer"), "?search=nobody-is-called-this")
    assert "Nobody matches" in html
    assert "Clear filters" in html
    assert "0 people" in html


def test_htmx_gets_the_table_alone_and_the_shortest_address(client_of: As, acme_connection: Connection) -> None:
    answer = client_of("viewer").get("/users/?search=&connection=&role=&kind=&sort=email&status=active", headers=PART)
    html = answer.content.decode()
    assert html.strip().startswith('<div id="users"')
    assert "<html" not in html
    assert 'id="user-picks"' in html
    assert 'id="filter-search"' not in html  # what is being typed stays
    assert answer["HX-Push-Url"] == "/users/?status=active"


def test_looking_again_is_no_step_in_the_history(client_of: As, acme_connection: Connection) -> None:
    here = {**PART, "HX-Current-URL": "http://testserver/users/?status=active"}
    assert client_of("viewer").get("/users/?status=active&search=", headers=here)["HX-Push-Url"] == "false"


def test_those_who_left_are_a_listing_of_their_own(
    client_of: As, acme_connection: Connection, acme: Organization, sync: Any
) -> None:
    gone = acme.remove_users(2)
    sync(acme_connection)
    client = client_of("viewer")
    html = page(client, "?departed=yes")
    assert "2 people" in html
    assert "Missing" in html
    assert "Left" in html
    assert len(lines(client, "?departed=yes")) == 2
    assert not {row["id"] for row in lines(client)} & {row["id"] for row in lines(client, "?departed=yes")}
    assert {row["id"] for row in lines(client, "?departed=yes")} == set(gone)


def test_what_the_vendor_did_not_say_is_unknown_and_never_no(client_of: As, acme_connection: Connection) -> None:
    row = User.objects.filter(kind="user", status="active").first()
    assert row
    User.objects.filter(pk=row.pk).update(
        role=None, joined_at=None, last_active_at=None, scim_managed=None, name=None, vendor_status=None
    )
    html = client_of("viewer").get(f"/users/{row.pk}/").content.decode()
    account = html[html.index('id="account"') : html.index('id="timeline"')]
    assert account.count(">Unknown<") >= 5
    assert ">No<" not in account
    assert "sends no word of its own" in html


def test_the_page_of_a_user_tells_the_rule_of_the_status(client_of: As, acme_connection: Connection) -> None:
    row = User.objects.filter(kind="invite", status="invited").first()
    assert row
    html = client_of("viewer").get(f"/users/{row.pk}/").content.decode()
    assert "Invited, not yet accepted" in html
    assert f">{row.vendor_status}</bdi>" in html
    assert "Invitation expires" in html
    assert client_of("viewer").get("/users/999999/").status_code == 404


def test_the_timeline_shows_before_and_after(
    client_of: As, acme_connection: Connection, acme: Organization, sync: Any
) -> None:
    row = User.objects.filter(kind="user", departed_at=None).exclude(role="owner").first()
    assert row
    acme.update_user(row.vendor_id, role="owner")
    sync(acme_connection)
    html = client_of("viewer").get(f"/users/{row.pk}/").content.decode()
    assert "Role changed" in html
    assert f"<bdi>{row.role}</bdi></del>" in html
    assert "<bdi>owner</bdi></ins>" in html


def test_projects_that_were_never_listed_are_unknown_not_none(client_of: As, acme_connection: Connection) -> None:
    row = User.objects.filter(kind="user").first()
    assert row
    Stream.objects.filter(name="project_members").update(enabled=False)
    html = client_of("viewer").get(f"/users/{row.pk}/").content.decode()
    assert "“Project members” is switched off" in html
    assert "listed in no project" not in html


def test_a_list_that_is_not_complete_says_so(
    client_of: As, connect: Any, acme: Organization, sync: Any, vendor: Sandbox
) -> None:
    connection = connect(acme)
    run = Run.objects.create(
        connection=connection, trigger="connect", state="running", started_at=datetime.now(UTC), lease="x",
        lease_until=datetime.now(UTC) + timedelta(minutes=1),
    )  # fmt: skip
    html = page(client_of("viewer"))
    assert "the first sync is under way, 0 of 4 streams complete" in html
    assert 'hx-trigger="every 4s"' in html
    assert "on their way" in html
    run.delete()
    vendor.faults.add(Fault("empty_object", "/organization/invites", times=None))
    sync(connection)
    html = page(client_of("viewer"))
    assert "3 of 4 streams complete" in html
    assert "Invites:" in html
    assert 'hx-trigger="every' not in html


def test_a_list_that_is_old_says_since_when(client_of: As, acme_connection: Connection) -> None:
    assert "notice-warn" not in page(client_of("viewer"))
    Connection.objects.update(last_complete_sync_at=datetime.now(UTC) - timedelta(days=2))
    html = page(client_of("viewer"))
    assert "older than 3 intervals" in html
    assert "2 days ago" in html


def test_what_is_disconnected_or_paused_is_not_shown_as_fresh(
    client_of: As, acme_connection: Connection, connect: Any, labs: Organization
) -> None:
    Connection.objects.update(paused=True)
    assert "paused, so nothing here is brought up to date" in page(client_of("viewer"))
    Connection.objects.update(disconnected_at=datetime.now(UTC))
    assert "disconnected, so nothing here" in page(client_of("viewer"))
    connect(labs)
    assert "disconnected, so nothing here" not in page(client_of("viewer"), "?connection=Labs")


def test_the_file_holds_exactly_what_is_filtered(client_of: As, acme_connection: Connection) -> None:
    client = client_of("viewer")
    rows = lines(client, "?status=invited&sort=-email")
    assert list(rows[0]) == [
        "connection", "id", "kind", "email", "name", "role", "status", "vendor_status", "licenses", "projects",
        "joined_at", "invited_at", "expires_at", "last_active_at", "last_active_source", "first_seen_at", "departed_at",
        "month_spend", "month_spend_currency",
    ]  # fmt: skip
    assert {row["status"] for row in rows} == {"invited"}
    assert len(rows) == User.objects.filter(status="invited", listed=True).count()
    assert len(lines(client)) == User.objects.filter(listed=True, departed_at=None).count()
    entry = AuditEntry.objects.filter(operation="export_users").earliest("pk")
    assert entry.operator == "viewer@example.com"
    assert entry.detail["status"] == ["invited"]


def test_a_name_that_looks_like_a_formula_stays_text(client_of: As, acme_connection: Connection) -> None:
    keys = list(User.objects.filter(kind="user").values_list("pk", flat=True)[:6])
    for key, name in zip(keys, ["=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx"], strict=True):
        User.objects.filter(pk=key).update(name=name)
    names = {row["name"] for row in lines(client_of("viewer"))}
    assert {"'=1+1", "'+1", "'-1+1", "'@SUM(A1)", "'\tx"} <= names
    assert not [name for name in names if name[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_a_file_is_sent_while_it_is_made() -> None:
    endless = csv_file("users", ["n"], repeat([1]))
    assert len(list(islice(endless.streaming_content, 1000))) == 1000  # type: ignore[arg-type]


def test_hostile_names_break_nothing(client_of: As, acme_connection: Connection) -> None:
    row = User.objects.filter(kind="user").order_by("email_key").first()
    assert row
    hostile = "<script>alert(1)</script>\u202e" + "W" * 400
    User.objects.filter(pk=row.pk).update(
        name=hostile, role='"><img src=x>', vendor_status="{{ 7|add:42000 }}", email="\u202e@x"
    )
    for path in ("/users/", f"/users/{row.pk}/"):
        html = client_of("viewer").get(path).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "42007" not in html


def test_a_cursor_nobody_gave_is_a_message(client_of: As, acme_connection: Connection) -> None:
    answer = client_of("viewer").get("/users/?cursor=nonsense")
    assert answer.status_code == 400
    assert b"This did not work" in answer.content


def test_a_page_costs_the_same_however_many_users_there_are(
    client_of: As, acme_connection: Connection, django_assert_max_num_queries: Any
) -> None:
    client = client_of("viewer")
    client.get("/users/")
    with django_assert_max_num_queries(25):
        client.get("/users/")
