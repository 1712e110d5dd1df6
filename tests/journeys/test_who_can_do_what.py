"""Who can do what, in a real browser: from a project to a person, to the group that lets them in, to its role."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.looks import assert_good
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import Project

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "The team that looks after everything that nobody else in this company has ever wanted to look after " * 2


@pytest.fixture
def place(connect: Any, sync: Any, acme: Organization) -> str:
    """A project where somebody works through a group with a long name."""
    project = next(row["id"] for row in acme.projects if row["status"] == "active")
    person = acme.add_user(email="zoe@acme.example", name="Zoe Zimmer")
    group = acme.add_group(LONG, [person["id"]])
    acme.add_group_to_project(project, group["id"], "viewer")
    acme.assign_role(next(r["id"] for r in acme.roles if r["name"] == "Auditor"), group_id=group["id"])
    sync(connect(acme))
    return project


def test_from_a_project_to_the_reason_somebody_is_in_it(browse: Callable[..., Page], place: str) -> None:
    page = browse("/projects/", "admin")
    assert_good(page)
    page.get_by_label("Search projects").press_sequentially(place, delay=5)
    expect(page.locator("#projects tbody tr")).to_have_count(1)
    page.locator("#projects tbody a").press("Enter")
    expect(page).to_have_url(re.compile(r"/projects/\d+/$"))
    assert_good(page)
    page.get_by_label("Search people").press_sequentially("zoe@", delay=15)
    expect(page.locator("#project-access tbody tr")).to_have_count(1)
    expect(page.locator("#project-access")).to_contain_text("Through the group The team that looks after")
    page.get_by_role("link", name="Zoe Zimmer").click()
    access = page.locator("#access")
    expect(access).to_contain_text("Through the group")
    expect(access).to_contain_text("never read")
    assert_good(page)
    page.get_by_role("button", name="Read own roles now").click()
    expect(page.locator("#messages")).to_contain_text("The roles of this user were read.")
    expect(page.locator("#access")).not_to_contain_text("never read")
    page.locator("#access").get_by_role("link", name=re.compile("The team")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The team that looks after")
    expect(page.locator("#group-members")).to_contain_text("Zoe Zimmer")
    assert_good(page)
    page.locator("#group-roles").get_by_role("link", name="Auditor").click()
    expect(page.locator("#role-permissions")).to_contain_text("api.usage.read")
    expect(page.locator("#role-groups")).to_contain_text("The team that looks after")
    assert_good(page)


def test_limits_are_read_when_somebody_asks(browse: Callable[..., Page], place: str) -> None:
    page = browse(f"/projects/{Project.objects.get(vendor_id=place).pk}/", "admin")
    page.get_by_role("link", name="Limits").click()
    expect(page.get_by_text("These limits were not read yet")).to_be_visible()
    assert_good(page)
    page.get_by_role("button", name="Read limits now").click()
    expect(page.locator("#messages")).to_contain_text("Limits and roles were read.")
    expect(page.locator("#project-limits")).to_contain_text("120 models")
    page.get_by_label("Search models").press_sequentially("nano", delay=15)
    expect(page.locator("#project-limits")).not_to_contain_text("120 models")
    assert_good(page)
    page.goto(page.url.split("/projects/")[0] + "/groups/roles/?kind=project")
    expect(page.locator("#roles tbody tr").first).to_be_visible()
    assert_good(page)
