"""Letting people and scripts in, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from journeys.looks import assert_good
from seatwise.services.tokens import actor_of_token
from seatwise.store.models import AuditEntry, Operator

pytestmark = pytest.mark.django_db(transaction=True)
Browse = Callable[..., Page]


def test_an_owner_invites_and_the_invited_one_comes_in(browse: Browse, browser: Browser) -> None:
    page = browse("/settings/operators/")
    page.get_by_role("link", name="Invite").click()
    expect(page.get_by_role("heading", name="Invite an operator")).to_be_visible()
    assert_good(page)
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("An operator already.")).to_be_visible()
    page.get_by_label("E-mail").fill("sam@example.com")
    page.get_by_role("radio", name=re.compile("^Admin")).check()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("heading", name="sam@example.com is invited")).to_be_visible()
    assert_good(page)
    link = page.get_by_role("button", name="Copy the link").get_attribute("data-copy")
    assert link
    expect(page.locator("#operator-list")).to_contain_text("sam@example.com")
    page.get_by_role("link", name="Done").click()
    expect(page.locator("#operator-list")).to_contain_text("Invited")
    expect(page.get_by_text(link)).to_have_count(0)

    with browser.new_context() as other:
        theirs = other.new_page()
        theirs.goto(link)
        theirs.get_by_label("Password", exact=True).fill("correct horse battery")
        theirs.get_by_label("Password again", exact=True).fill("correct horse battery")
        theirs.get_by_role("button").last.click()
        expect(theirs.get_by_role("navigation", name="Main")).to_be_visible()
        expect(theirs.get_by_role("link", name="Audit log")).to_be_visible()
    page.reload()
    expect(page.locator("#operator-list")).not_to_contain_text("Invited")


def test_the_last_owner_is_told_why_not(browse: Browse) -> None:
    page = browse("/settings/operators/")
    page.get_by_role("link", name="Role of owner@example.com").click()
    page.get_by_role("radio", name=re.compile("^Viewer")).check()
    page.get_by_role("button", name="Change role").click()
    expect(page.get_by_role("dialog")).to_contain_text("Make somebody else an owner first")
    assert_good(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Role of owner@example.com")).to_be_focused()


def test_an_operator_is_disabled_and_enabled(browse: Browse, operator_of: Any) -> None:
    operator_of("admin")
    page = browse("/settings/operators/")
    page.get_by_role("link", name="Disable admin@example.com").click()
    expect(page.get_by_role("heading", name="Disable this operator?")).to_be_visible()
    page.get_by_role("button", name="Disable", exact=True).click()
    expect(page.get_by_text("admin@example.com can no longer sign in.")).to_be_visible()
    assert not Operator.objects.get(email="admin@example.com").is_active
    page.get_by_role("button", name="Enable admin@example.com").click()
    expect(page.get_by_text("admin@example.com can sign in again.")).to_be_visible()


def test_a_token_is_made_copied_and_revoked(browse: Browse) -> None:
    page = browse("/settings/tokens/", "viewer")
    expect(page.get_by_text("No tokens")).to_be_visible()
    page.get_by_role("link", name="New token").click()
    page.get_by_label("Name").fill("nightly report")
    page.get_by_role("radio", name=re.compile("^Viewer")).check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    assert_good(page)
    text = page.get_by_role("button", name="Copy the token").get_attribute("data-copy")
    assert text
    assert actor_of_token(text)
    page.get_by_role("link", name="Done").click()
    assert text not in page.content()
    page.get_by_role("link", name="Revoke nightly report").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("The token “nightly report” is revoked.")).to_be_visible()
    assert actor_of_token(text) is None


def test_settings_are_saved(browse: Browse) -> None:
    page = browse("/settings/general/", "admin")
    page.get_by_label("Idle after (days)").fill("45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    expect(page.get_by_label("Idle after (days)")).to_have_value("45")
    assert_good(page)


def test_the_audit_log_tells_what_happened(browse: Browse) -> None:
    long = {"operator": "cli:" + "x" * 150, "target": "T" * 290, "detail": {"why": "w" * 300}}
    AuditEntry.objects.create(operation="connect", **long)
    page = browse("/audit/", "admin")
    page.get_by_text("Details").first.click()
    assert_good(page)
    page.get_by_label("Operation").select_option("change_settings")
    expect(page.locator("#entries")).to_contain_text("No such entry")
    expect(page).to_have_url(re.compile(r"/audit/\?name=change_settings$"))


@pytest.mark.parametrize("path", ["account", "general", "operators", "tokens", "operators/invite", "tokens/new"])
def test_every_page_of_settings_looks_right(browse: Browse, path: str) -> None:
    Operator.objects.create(email="b" * 180 + "@example.com", name="N" * 120, role="viewer")
    assert_good(browse(f"/settings/{path}/"))
