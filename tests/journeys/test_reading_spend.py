"""An operator reads what OpenAI costs: the month, a person, one project's models, a file; each state looks good."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from journeys.looks import assert_good
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import Connection, Cost, Stream, User

pytestmark = pytest.mark.django_db(transaction=True)
Browse = Callable[..., Page]


@pytest.fixture
def synced(acme: Organization, connect: Callable[..., Connection], sync: Callable[..., Any]) -> Connection:
    connection = connect(acme)
    sync(connection)
    return connection


def shown(page: Page) -> list[Decimal]:
    """The amounts of the lines, as they are on the page."""
    cells = page.locator(".spend-lines tbody td.num:nth-of-type(1) [title]").all()
    return [Decimal((cell.get_attribute("title") or "").split()[0]) for cell in cells]


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="By", exact=True).get_by_role("link", name=name)


def test_the_month_its_people_one_projects_models_and_the_file(
    browse: Browse, synced: Connection, tmp_path: Any
) -> None:
    page = browse("/spend/", "viewer")
    expect(page.get_by_role("heading", name="Spend", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("days of spend"))).to_be_visible()
    headline = page.locator("#overview-title + div [title]").first.get_attribute("title") or ""
    assert sum(shown(page)) == Decimal(headline.split()[0])
    assert_good(page)

    tab(page, "People").click()
    expect(page.get_by_text("How it is known:")).to_be_visible()
    assert page.url.endswith("?by=person")
    assert_good(page)

    tab(page, "Projects").click()
    expect(tab(page, "Projects")).to_have_attribute("aria-current", "page")
    first = page.locator(".spend-lines tbody th a").first
    name = first.inner_text()
    first.click()
    expect(page.get_by_label("Narrowed to")).to_contain_text(name)
    expect(tab(page, "Models")).to_have_attribute("aria-current", "page")
    days = page.get_by_role("figure", name="Spend by day").get_by_role("table")
    expect(days).to_be_hidden()
    page.get_by_text("Days as a table").press("Enter")
    expect(days).to_be_visible()
    assert_good(page)

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    file = tmp_path / "lines.csv"
    download.value.save_as(file)
    with file.open(newline="") as opened:
        assert sum(Decimal(line["amount"]) for line in csv.DictReader(opened)) == sum(shown(page))

    page.get_by_role("link", name=re.compile("Take away")).click()
    expect(page.get_by_label("Narrowed to")).to_have_count(0)


def test_a_range_of_ones_own_is_chosen_and_kept_in_the_address(browse: Browse, synced: Connection) -> None:
    page = browse("/spend/", "viewer")
    page.get_by_label("Range", exact=True).select_option("custom")
    expect(page.get_by_label("From", exact=True)).to_be_visible()
    day = Cost.objects.order_by("-day").values_list("day", flat=True)[5]
    page.get_by_label("From", exact=True).fill(day.isoformat())
    page.wait_for_url(f"**from={day}**")
    shown_days = page.locator("#overview-title + div")
    expect(shown_days).to_contain_text(f"{day:%b} {day.day} \N{EN DASH}")  # what is typed before is drawn over
    page.get_by_label("To", exact=True).fill(day.isoformat())
    expect(shown_days).to_contain_text(f"{day:%b} {day.day} \N{EN DASH} {day:%b} {day.day}, {day.year}")
    page.wait_for_url(f"**to={day}**")
    page.reload()
    expect(page.get_by_label("From", exact=True)).to_have_value(day.isoformat())
    page.get_by_label("Range", exact=True).select_option("last_90_days")
    expect(page.get_by_text("were never read").or_(page.get_by_text("are still to be read")).first).to_be_visible()
    assert_good(page)


def test_users_by_spend_lead_to_one_persons_months(browse: Browse, synced: Connection) -> None:
    page = browse("/users/", "viewer")
    page.get_by_role("columnheader", name="Spend").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Spend")).to_have_attribute("aria-sort", "descending")
    most = User.objects.exclude(spend_rank=None).order_by("-spend_rank", "-pk").first()
    assert most
    expect(page.locator("tbody tr").first).to_contain_text(most.name or most.email or most.vendor_id)
    page.locator("tbody tr a").first.click()
    expect(page.get_by_role("heading", name="Spend", exact=True)).to_be_visible()
    assert_good(page)
    page.get_by_role("link", name="Open under Spend").click()
    expect(page.get_by_label("Narrowed to")).to_be_visible()


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        ({"state": "forbidden"}, "It needs the permission"),
        ({"covered_from": None, "covered_to": None, "state": "pending"}, "were not read yet"),
    ],
)
def test_what_is_not_read_looks_good_too(browse: Browse, synced: Connection, stream: dict[str, Any], says: str) -> None:
    Stream.objects.filter(name="costs").update(**stream)
    page = browse("/spend/", "viewer")
    expect(page.get_by_text(says).first).to_be_visible()
    assert_good(page)
    page.goto(page.url.split("?")[0] + "usage/")
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    assert_good(page)
