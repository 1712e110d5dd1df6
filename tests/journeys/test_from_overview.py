"""From the overview to what was done and by whom, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.looks import assert_good
from seatwise.connectors.openai.sandbox import Organization, audit_actor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.directory]
On = Callable[..., Page]


@pytest.fixture
def synced(labs: Organization, connect: Any, sync: Any) -> Any:
    """Labs with its audit log, from which somebody was removed by somebody since the first sync."""
    from datetime import UTC, datetime, timedelta

    from seatwise.store.models import LicenseDay, Stream

    connection = connect(labs)
    Stream.objects.filter(connection=connection, name="audit_events").update(enabled=True)
    sync(connection)
    people = [row for row in labs.users if row.get("email") and not row.get("is_service_account")]
    labs.actor = audit_actor("key_admin", user=people[0])
    labs.remove_user(people[1]["id"])
    labs.add_user(email="boss@labs.example", name="New Boss", role="owner")
    sync(connection)
    for back in (1, 2, 3):
        LicenseDay.objects.create(
            connection=connection, license="openai", day=datetime.now(UTC).date() - timedelta(days=back),
            assigned=20 + back, idle=back, invited=1, unknown=2, idle_days=90,
        )  # fmt: skip
    return people


def test_a_departure_leads_from_the_overview_to_who_did_it(synced: Any, browse: On) -> None:
    remover, gone = synced[0]["email"], synced[1]["email"]
    page = browse("/", "viewer")
    expect(page).to_have_title("Overview · Seatwise")
    expect(page.get_by_role("region", name="People")).to_contain_text("Active in the last 30 days")
    week = page.get_by_role("region", name="Changed this week")
    expect(week.get_by_role("region", name="New owners")).to_contain_text("boss@labs.example")
    expect(week.get_by_role("region", name="Departures")).to_contain_text(f"removed by {remover}")
    assert_good(page)
    week.get_by_role("region", name="Departures").locator("li a").first.click()
    expect(page.get_by_role("region", name="Activity")).to_contain_text(f"Removed by {remover}")
    assert_good(page)
    page.get_by_role("link", name="user.deleted").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("User deleted")
    expect(page.get_by_role("region", name="Event")).to_contain_text(gone)
    expect(page.get_by_role("region", name="Who did it")).to_contain_text("key_admin")
    assert_good(page)


def test_the_log_is_searched_by_who_and_what(synced: Any, browse: On) -> None:
    page = browse("/activity/", "viewer")
    assert_good(page)
    page.get_by_label("Type").select_option("user.deleted")
    expect(page.locator("#events tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("type=user.deleted"))
    page.get_by_label("Who did it").fill("nobody@nowhere.example")
    expect(page.get_by_role("heading", name="No such event")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#events tbody tr")).not_to_have_count(0)


def test_the_licenses_page_draws_and_tells_how_the_numbers_went(synced: Any, browse: On) -> None:
    page = browse("/licenses/", "viewer")
    expect(page.get_by_role("img", name="assigned from 23")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("group", name="Numbers of the license by day").locator("tbody tr")).to_have_count(4)
    assert_good(page)
