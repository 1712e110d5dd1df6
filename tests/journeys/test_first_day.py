"""An owner's first day, in a real browser, with the real worker and the pretend vendor over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.looks import assert_good
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.services.links import create_setup_link
from seatwise.store.models import Connection

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 30_000
"""Milliseconds a whole sync may take on a busy machine."""
Browse = Callable[..., Page]


def fill_in(page: Page, organization: Organization, name: str, key: str = "") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Organization ID").fill(organization.id)
    page.get_by_label("Admin Key", exact=True).fill(key or organization.key.value)
    page.get_by_role("button", name="Connect", exact=True).click()


def test_from_the_set_up_link_to_the_green_check(
    watched: Page, live_server: Any, vendor: Sandbox, worker: None, connect: Any, acme: Organization,
    labs: Organization,
) -> None:  # fmt: skip
    page = watched
    page.goto(f"{live_server.url}/welcome/{create_setup_link()}")
    assert_good(page)
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password again", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Set up").click()

    expect(page.get_by_role("heading", name="Integrations")).to_be_visible()
    expect(page.locator("#tile-openai")).to_contain_text("Not connected")
    assert_good(page)

    page.get_by_role("link", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="Connect OpenAI")).to_be_visible()
    assert_good(page)
    vendor.latency = 1.5  # slow enough that the sync is seen under way
    fill_in(page, acme, "Acme")
    expect(page.get_by_text("Trying the key at OpenAI")).to_be_visible()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_disabled()
    expect(page).to_have_url(re.compile(r"/connections/\d+/\?new"), timeout=SOON)
    expect(page.locator("#status")).to_contain_text("Syncing")
    expect(page.locator("#status")).to_contain_text(re.compile(r"\d+ records"))
    vendor.latency = 0.0
    expect(page.locator("#status .page-title")).to_contain_text("Connected", timeout=SOON)
    expect(page.locator("#status")).not_to_have_attribute("hx-trigger", re.compile("every"))
    expect(page.locator("#runs")).to_contain_text("Complete")
    expect(page.locator("#status")).to_contain_text("What this key may read")
    assert_good(page)

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Integrations").click()
    tile = page.locator("#tile-openai")
    expect(tile.get_by_role("img", name="Connected")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Users").click()
    expect(page.get_by_role("table")).to_be_visible()

    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/overview/$"))


def test_another_account_syncs_live_on_the_tile(
    browse: Browse, vendor: Sandbox, worker: None, connect: Any, acme: Organization, labs: Organization, sync: Any
) -> None:
    sync(connect(acme))
    connect(labs)
    vendor.latency = 1.5
    page = browse("/integrations/")
    Connection.objects.filter(name="Labs").update(next_sync_at=datetime.now(UTC))
    page.reload()
    tile = page.locator("#tile-openai")
    expect(tile).to_contain_text("records")
    vendor.latency = 0.0
    expect(tile.get_by_role("img", name="Connected")).to_have_count(2, timeout=SOON)
    expect(tile).not_to_have_attribute("hx-trigger", re.compile("every"))
    expect(page.locator("#announcer")).to_have_text("OpenAI: Connected")


def test_a_refused_key_is_explained_in_the_dialog_and_never_shown_again(
    browse: Browse, vendor: Sandbox, acme: Organization
) -> None:
    page = browse("/integrations/")
    page.get_by_role("link", name="Connect", exact=True).click()
    fill_in(page, acme, "Acme", "sk-proj-" + "a" * 40)
    expect(page.get_by_role("alert").filter(has_text="key")).to_be_visible()
    expect(page.get_by_label("Admin Key", exact=True)).to_have_value("")
    expect(page.get_by_label("Admin Key", exact=True)).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Acme")
    key = acme.add_key(refused_paths=("/organization/users*",)).value
    fill_in(page, acme, "Acme", key)
    expect(page.get_by_role("alert").filter(has_text="lacks the permission")).to_be_visible()
    assert key not in page.content()
    assert_good(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Connect", exact=True)).to_be_focused()


def test_a_hidden_key_can_be_looked_at_before_it_is_sent(browse: Browse, vendor: Sandbox) -> None:
    page = browse("/integrations/openai/connect")
    field = page.get_by_label("Admin Key", exact=True)
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show Admin Key").click()
    expect(field).to_have_attribute("type", "text")


def test_a_partial_connection_turns_green_when_the_stream_is_switched_off(
    browse: Browse, vendor: Sandbox, worker: None, acme: Organization
) -> None:
    page = browse("/integrations/openai/connect")
    fill_in(page, acme, "Acme", acme.add_key(refused_paths=("/organization/projects*",)).value)
    title = page.locator("#status .page-title")
    expect(title).to_contain_text("Partial", timeout=SOON)
    assert_good(page)
    page.get_by_role("button", name=re.compile("Switch .* off")).click()
    expect(page.get_by_role("switch", name="Read Projects")).to_have_attribute("aria-checked", "false")
    page.get_by_role("button", name="Sync now").click()
    expect(title).to_contain_text("Connected", timeout=SOON)
    expect(title).to_contain_text("Switched off: Projects")


def test_a_sync_can_be_canceled(
    browse: Browse, vendor: Sandbox, worker: None, connect: Any, acme: Organization
) -> None:
    vendor.faults.add(Fault("slow", "/organization/users*", times=None, seconds=3))
    connection = connect(acme)
    page = browse(f"/connections/{connection.pk}/")
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("button", name="Cancel sync").click()
    expect(page.locator("#runs")).to_contain_text("Canceled", timeout=SOON)


def test_held_departures_are_reviewed_and_confirmed(
    browse: Browse, vendor: Sandbox, worker: None, connect: Any, acme: Organization, sync: Any
) -> None:
    connection = connect(acme)
    sync(connection)
    acme.remove_users(100)
    sync(connection)
    page = browse(f"/connections/{connection.pk}/")
    assert_good(page)
    page.get_by_role("link", name="Review departures").click()
    expect(page.get_by_role("heading", name="Review, then confirm departures")).to_be_visible()
    assert_good(page)
    page.get_by_role("button", name="Confirm departures").click()
    expect(page.locator("#status .page-title")).to_contain_text("Connected", timeout=SOON)


def test_disconnecting_asks_for_the_name(
    browse: Browse, vendor: Sandbox, connect: Any, acme: Organization, sync: Any
) -> None:
    connection = connect(acme)
    sync(connection)
    page = browse(f"/connections/{connection.pk}/")
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_label("Type the connection's name").fill("Acme")
    assert_good(page)
    page.get_by_role("button", name="Disconnect").click()
    expect(page.locator("#status .page-title")).to_contain_text("Disconnected")
    assert_good(page)


@pytest.mark.parametrize(
    "path",
    [
        "/integrations/?tab=attention", "/integrations/?search=nonsense", "/integrations/openai/connect",
        "/integrations/capabilities", "/help/connect-openai", "/accounts/password/change/",
        "/connections/{pk}/settings", "/connections/{pk}/reconnect", "/connections/{pk}/disconnect",
        "/integrations/openai/capabilities?connection={pk}",
    ],
)  # fmt: skip
def test_every_page_of_administration_is_good(
    browse: Browse, vendor: Sandbox, connect: Any, acme: Organization, path: str
) -> None:
    connection = connect(acme, name="<b>Ünïcødé</b> " + "verylongnamewithoutaspace" * 4)
    page = browse(path.format(pk=connection.pk))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_good(page)


def test_the_help_page_has_its_pictures_in_light_and_dark_and_nothing_jumps(browse: Browse) -> None:
    page = browse("/help/connect-openai", "viewer")
    for ending in ("#light", "#dark"):
        expect(page.locator("figure img:visible")).to_have_count(4)
        for picture in page.locator("figure img:visible").all():
            before = picture.bounding_box()
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 400
            after = picture.bounding_box()
            assert before
            assert after
            assert (before["width"], before["height"]) == (after["width"], after["height"])
        expect(page.locator("figure img:visible").first).to_have_attribute("src", re.compile(ending))
        page.get_by_role("button", name="Switch between light and dark").click()
    page.get_by_role("link", name="Back to Integrations").click()
    expect(page.get_by_role("heading", name="Integrations", level=1)).to_be_visible()


def test_everything_is_reached_by_keyboard(browse: Browse, vendor: Sandbox) -> None:
    page = browse("/integrations/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.get_by_role("link", name="Integration Capabilities").first.press("Enter")
    expect(page.get_by_role("heading", name="Integration Capabilities")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Integration Capabilities").first).to_be_focused()


def test_on_a_phone_the_sections_wait_behind_a_button(browse: Browse, vendor: Sandbox) -> None:
    page = browse("/integrations/")
    page.set_viewport_size({"width": 390, "height": 844})
    sections = page.get_by_role("navigation", name="Main")
    expect(sections).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(sections).to_be_visible()
    page.keyboard.press("Escape")
    expect(sections).to_be_hidden()


def test_the_theme_is_chosen_once_and_kept(browse: Browse, vendor: Sandbox) -> None:
    page = browse("/integrations/")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_class("dark")
    page.reload()
    expect(page.locator("html")).to_have_class("dark")


def test_a_server_that_is_away_is_said_and_not_hidden(browse: Browse, vendor: Sandbox, watched: Page) -> None:
    page = browse("/integrations/")
    page.evaluate("dispatchEvent(new Event('htmx:sendError'))")
    expect(page.get_by_role("alert").filter(has_text="did not answer")).to_be_visible()
