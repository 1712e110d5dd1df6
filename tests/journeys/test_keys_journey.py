"""Keys nobody answers for, in a real browser: from the tab to the evidence, to the owner and back."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.looks import assert_good
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import Connection, Key, ServiceAccount, Stream

pytestmark = pytest.mark.django_db(transaction=True)
Browse = Callable[..., Page]


@pytest.fixture
def synced(connect: Any, sync: Any, labs: Organization) -> Connection:
    made: Connection = connect(labs)
    sync(made)
    return made


def test_who_leaves_leaves_keys_behind_and_they_are_found(
    browse: Browse, synced: Connection, labs: Organization, sync: Any, tmp_path: Any
) -> None:
    owner = next(
        row["owner"]["user"]
        for row in labs.truth().api_keys.values()
        if "user" in row["owner"]
        and row["owner"]["user"]["id"] in labs.users
        and row["owner_project_access"] == "active"
    )
    labs.remove_user(owner["id"])
    sync(synced)
    left = Key.objects.filter(owner_id=owner["id"], departed_at=None)
    page = browse("/keys/", "viewer")
    expect(page.locator("#keys tbody tr").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^Owner left")).click()
    expect(page).to_have_url(re.compile(r"issue=owner_left"))
    expect(page.locator("#keys tbody tr")).to_have_count(left.count())
    expect(page.locator("#keys tbody")).to_contain_text(" left on ")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "keys.csv")
    rows = list(csv.DictReader((tmp_path / "keys.csv").read_text().splitlines()))
    assert {row["id"] for row in rows} == set(left.values_list("vendor_id", flat=True))
    page.locator("#keys tbody th a").first.click()
    expect(page.locator("#issues")).to_contain_text("left on")
    assert_good(page)
    page.locator("#facts").get_by_role("link", name=re.compile(re.escape(owner["email"] or owner["name"]))).click()
    expect(page.locator("#keys")).to_contain_text("left on")


def test_filters_keep_the_issue_and_a_search_keeps_the_focus(browse: Browse, synced: Connection) -> None:
    Key.objects.filter(kind="project").update(created_at=datetime.now(UTC) - timedelta(days=9))
    page = browse("/keys/?issue=never_used&sort=-created_at", "viewer")
    page.get_by_label("Kind").select_option("project")
    expect(page).to_have_url(re.compile(r"kind=project&issue=never_used&sort=-created_at$"))
    search = page.get_by_label("Search keys")
    search.press_sequentially("zzzz", delay=15)
    expect(page.locator("#keys")).to_contain_text("No key fits")
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"search=zzzz&kind=project&issue=never_used"))
    page.get_by_role("link", name=re.compile(r"^All\s*\d")).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?search=zzzz&kind=project&sort=-created_at$"))


def test_every_page_looks_right_whatever_the_names(browse: Browse, synced: Connection) -> None:
    key = Key.objects.filter(owner_kind="service_account", departed_at=None).first()
    assert key
    account = ServiceAccount.objects.get(vendor_id=key.owner_id or "")
    ServiceAccount.objects.filter(pk=account.pk).update(name="<b>" + "M" * 300, role="r" * 90)
    Key.objects.filter(pk=key.pk).update(
        name="<b>" + "W" * 300, owner_name="O" * 200, redacted_value="sk-" + "x" * 90, owner_standing="left"
    )
    paths = ("/keys/", "/keys/?issue=orphaned", f"/keys/{key.pk}/", "/service-accounts/")
    for path in (*paths, f"/service-accounts/{account.pk}/"):
        assert_good(browse(path, "viewer"))


def test_what_is_not_known_looks_right(browse: Browse, synced: Connection) -> None:
    Stream.objects.filter(name__in=("api_keys", "admin_keys", "service_accounts")).update(
        state="forbidden", allowed=False, synced_at=None, permission="api.management.read"
    )
    Key.objects.all().delete()
    ServiceAccount.objects.all().delete()
    for path, said in (("/keys/", "Keys are not known"), ("/service-accounts/", "Service accounts are not known")):
        page = browse(path, "viewer")
        expect(page.get_by_text(said)).to_be_visible()
        assert_good(page)


def test_an_install_with_nothing_connected_looks_right(browse: Browse, db: None) -> None:
    for path in ("/keys/", "/service-accounts/"):
        page = browse(path, "viewer")
        expect(page.get_by_text("Nothing is connected yet")).to_be_visible()
        assert_good(page)
