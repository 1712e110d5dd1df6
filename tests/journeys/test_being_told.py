"""Being told, in a real browser: a budget that is passed, a channel to hear of it, and the alert."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fixtures.alerts import today
from fixtures.receivers import Receiver
from journeys.looks import assert_good
from seatwise.services import deliveries

pytestmark = pytest.mark.django_db(transaction=True)
Browse = Callable[..., Page]


@pytest.fixture
def acme(connection_of: Callable[..., Any], spend_of: Callable[..., None]) -> Any:
    connection = connection_of("Acme")
    spend_of(connection, {today() - timedelta(days=n): 10 for n in range(60)}, "project", "proj_1")
    return connection


def test_a_channel_is_set_a_budget_passed_and_the_message_arrives(
    browse: Browse, acme: Any, receiver: Receiver
) -> None:
    page = browse("/settings/channels/")
    assert_good(page)
    page.get_by_role("link", name="Allow a host").click()
    page.get_by_role("textbox", name="Host").fill("127.0.0.1")
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_text("Alerts may be sent to 127.0.0.1.")).to_be_visible()

    page.get_by_role("link", name="New channel: Slack").click()
    expect(page.get_by_role("heading", name="New channel: Slack")).to_be_visible()
    assert_good(page)
    page.get_by_role("textbox", name="Name").fill("#ai-costs")
    page.get_by_label("Webhook URL", exact=True).fill(receiver.url)
    page.get_by_role("button", name="Add channel").click()
    expect(page.get_by_text("is set. Send a test")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test was taken by")).to_be_visible()
    assert_good(page)
    assert len(receiver.came) == 1

    page.get_by_role("link", name="Budgets").click()
    expect(page.get_by_text("No budgets yet")).to_be_visible()
    page.get_by_role("link", name="New budget").click()
    expect(page.get_by_role("heading", name="New budget")).to_be_visible()
    assert_good(page)
    page.get_by_role("textbox", name="Name").fill("Everything")
    page.get_by_label("Amount a month").fill("5")
    page.get_by_role("button", name="Set budget").click()
    expect(page.get_by_text("The budget “Everything” is set.")).to_be_visible()
    expect(page.get_by_text("Over", exact=True)).to_be_visible()
    assert_good(page)
    page.get_by_role("link", name="Everything").click()
    expect(page.get_by_role("heading", name="Thresholds")).to_be_visible()
    assert_good(page)

    page.get_by_role("link", name="Alerts").first.click()
    page.get_by_role("link", name="100% of the budget").click()
    expect(page.get_by_text("#ai-costs")).to_be_visible()
    assert_good(page)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Acknowledged.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Alerts").first.click()
    page.get_by_label("State").select_option("open")
    expect(page.get_by_text("No alert fits these filters.")).to_be_visible()
    assert_good(page)


def test_a_dialog_is_left_by_the_keyboard(browse: Browse, acme: Any) -> None:
    page = browse("/budgets/", "admin")
    page.get_by_role("link", name="New budget").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New budget")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="New budget")).to_be_focused()


@pytest.mark.parametrize("path", ["budgets/", "alerts/", "settings/channels/", "budgets/new/",
                                  "settings/channels/new/email/", "settings/channels/new/webhook/"])  # fmt: skip
def test_every_page_looks_right_with_long_words(
    browse: Browse, acme: Any, budget_of: Any, channel_of: Any, receiver: Receiver, path: str
) -> None:
    budget_of("B" * 120, amount="5", scope="project", connection="Acme", subject="proj_1")
    channel = channel_of("webhook", receiver.url, name="C" * 120)
    budget_of("Another " + "word " * 20, amount="7")
    receiver.answers.append((500, {}, b"E" * 500))
    with ThreadPoolExecutor(1) as thread:  # the browser keeps the event loop of this one
        thread.submit(deliveries._apart, channel.pk).result()
    assert receiver.came
    assert_good(browse(f"/{path}"))
