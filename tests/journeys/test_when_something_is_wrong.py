"""What an operator sees when something is wrong, in a real browser: it must be as easy to read as when all is well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest
from django.http import HttpRequest
from django.urls import path
from playwright.sync_api import Browser, Page, expect

from journeys.looks import assert_good
from seatwise.store.models import Connection
from seatwise.urls import urlpatterns as every_page

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "<b>Ünïcødé</b> " + "verylongnamewithoutaspace" * 4
REFUSED = "OpenAI does not accept this Admin Key any more. An owner makes a new one. " + "w" * 90


def broken(request: HttpRequest) -> NoReturn:
    raise RuntimeError("the page broke")


broken.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("broken/", broken), *every_page]


@pytest.fixture
def page_with_an_error(browser: Browser) -> Iterator[Page]:
    """A page whose console may say that it was answered with an error."""
    with browser.new_context() as context:
        yield context.new_page()


def test_a_connection_that_needs_somebody_and_one_that_is_late(
    browse: Callable[..., Page], connection_of: Callable[..., Connection]
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=3)
    refused = connection_of(LONG, attention=REFUSED, last_complete_sync_at=long_ago)
    late = connection_of("Late " + LONG, last_complete_sync_at=long_ago)

    page = browse(f"/connections/{refused.pk}/")
    expect(page.locator("#status")).to_contain_text("Nothing can be read until somebody acts")
    assert_good(page)
    page = browse(f"/connections/{late.pk}/")
    expect(page.locator("#status")).to_contain_text("older than 3 intervals")
    assert_good(page)
    page = browse("/integrations/")
    expect(page.get_by_role("link", name="See what to do")).to_be_visible()
    assert_good(page)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "says"), [("nowhere/", "Not found"), ("broken/", "Something went wrong")])
def test_a_page_that_cannot_be_shown(
    page_with_an_error: Page, live_server: Any, client_of: Callable[[str], Any], address: str, says: str
) -> None:
    page = page_with_an_error
    session = client_of("viewer").cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(f"{live_server.url}/{address}")
    expect(page.get_by_role("heading", level=1)).to_have_text(says)
    assert_good(page)
