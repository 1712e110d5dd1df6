"""Finding people, in a real browser: search, filters, order, pages, the file, and one person."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.looks import assert_good
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import Connection, Stream, User

pytestmark = pytest.mark.django_db(transaction=True)
Browse = Callable[..., Page]


@pytest.fixture
def synced(connect: Any, sync: Any, acme: Organization, labs: Organization) -> list[Connection]:
    made = [connect(acme), connect(labs)]
    for connection in made:
        sync(connection)
    return made


def test_search_narrows_while_typing_and_keeps_the_focus(browse: Browse, synced: list[Connection]) -> None:
    row = User.objects.filter(kind="user", connection=synced[1], status="active").exclude(email=None).first()
    assert row
    assert row.email
    page = browse("/users/", "viewer")
    search = page.get_by_label("Search users")
    search.press_sequentially(row.email, delay=15)
    expect(page.locator("#users")).to_contain_text("1 entry")
    expect(page.locator("#users tbody tr")).to_have_count(1)
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"/users/\?search=[^&]+$"))
    page.reload()
    expect(search).to_have_value(row.email)
    expect(page.locator("#users tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    expect(search).to_have_value("")


def test_filters_add_up_stay_in_the_address_and_come_back(browse: Browse, synced: list[Connection]) -> None:
    page = browse("/users/", "viewer")
    page.get_by_label("Connection").select_option("Labs")
    expect(page).to_have_url(re.compile(r"\?connection=Labs$"))
    invited = page.get_by_role("checkbox", name="Invited", exact=False).first
    invited.focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"connection=Labs&status=invited$"))
    expect(page.locator("#status-invited")).to_be_focused()
    page.locator("label.pick", has_text="Invite expired").click()
    expect(page).to_have_url(re.compile(r"status=invited&status=invite_expired$"))
    wanted = User.objects.filter(connection=synced[1], kind="invite", listed=True, departed_at=None).count()
    expect(page.locator("#users tbody tr")).to_have_count(wanted)
    page.go_back()
    expect(page.locator("#status-invite_expired")).not_to_be_checked()
    expect(page.locator("#status-invited")).to_be_checked()


def test_order_and_pages(browse: Browse, synced: list[Connection]) -> None:
    page = browse("/users/", "viewer")
    page.locator("#sort-email").click()
    expect(page).to_have_url(re.compile("sort=-email"))
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    expect(page.locator("#sort-email")).to_be_focused()
    first = page.locator("#users tbody tr").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("cursor="))
    expect(page.locator("#users tbody tr").first).not_to_have_text(first)
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#users tbody tr").first).to_contain_text(first.split("\n")[0])
    page.locator("label.pick", has_text="Active").click()
    expect(page).to_have_url(re.compile(r"\?status=active&sort=-email$"))  # a filter keeps the order, and begins anew


def test_the_file_is_what_the_list_shows(browse: Browse, synced: list[Connection], tmp_path: Any) -> None:
    page = browse("/users/", "viewer")
    page.locator("label.pick", has_text="Invited").click()
    expect(page).to_have_url(re.compile("status=invited"))
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "users.csv")
    rows = list(csv.DictReader((tmp_path / "users.csv").read_text().splitlines()))
    assert download.value.suggested_filename.startswith("users-")
    assert {row["status"] for row in rows} == {"invited"}
    assert len(rows) == User.objects.filter(status="invited", listed=True).count()


def test_one_person_and_back(browse: Browse, synced: list[Connection], acme: Organization, sync: Any) -> None:
    row = User.objects.filter(kind="user", connection=synced[0], role="reader", status="active").first()
    assert row
    acme.update_user(row.vendor_id, role="owner")
    sync(synced[0])
    page = browse("/changes/?kind=changed", "viewer")
    assert_good(page)
    page.locator(f'a[href="/users/{row.pk}/"]').click()
    expect(page.locator("#timeline")).to_contain_text("Role changed")
    expect(page.locator("#status")).to_contain_text("In the last complete listing of users")
    assert_good(page)


def test_the_first_users_appear_while_they_arrive(browse: Browse, connect: Any, sync: Any, labs: Organization) -> None:
    connection = connect(labs)
    page = browse("/users/", "viewer")
    expect(page.locator("#users")).to_contain_text("the first sync is under way")
    assert_good(page)
    sync(connection)
    expect(page.locator("#users tbody tr").first).to_be_visible(timeout=15_000)
    expect(page.locator("#users")).not_to_have_attribute("hx-trigger", re.compile("every"))


def test_every_listing_looks_right(browse: Browse, synced: list[Connection], acme: Organization, sync: Any) -> None:
    acme.remove_users(3)
    sync(synced[0])
    first = User.objects.filter(kind="user", departed_at=None).order_by("email_key").first()
    assert first
    User.objects.filter(pk=first.pk).update(name="<b>" + "W" * 300, email="a" * 150 + "@example.com", role="R" * 90)
    Connection.objects.filter(pk=synced[0].pk).update(name="N" * 120, attention="The key was revoked. " + "w" * 90)
    Stream.objects.filter(connection=synced[1], name="invites").update(state="failed", message="The list broke off.")
    expect(browse("/users/", "viewer").locator("#users .notice")).to_have_count(2)
    for path in (
        "/users/", "/users/?search=zzzz", "/users/?departed=yes&sort=-last_active_at", "/changes/", "/licenses/",
        "/licenses/openai/assigned/", "/licenses/openai/invited/?connection=Labs",
    ):  # fmt: skip
        assert_good(browse(path, "viewer"))


def test_an_empty_install_looks_right(browse: Browse, db: None) -> None:
    for path in ("/users/", "/changes/", "/licenses/"):
        page = browse(path, "viewer")
        expect(page.get_by_text("Nothing is connected yet")).to_be_visible()
        assert_good(page)


def test_a_list_works_without_scripts(
    live_server: Any, synced: list[Connection], client_of: Any, new_context: Any
) -> None:
    context = new_context(java_script_enabled=False)
    session = client_of("viewer").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + "/users/")
    page.get_by_label("Connection").select_option("Labs")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("connection=Labs"))
    wanted = User.objects.filter(connection=synced[1], listed=True, departed_at=None).count()
    expect(page.locator("#users")).to_contain_text(f"{wanted} entries")
    page.locator("#sort-name").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
