"""What every page must pass in a real browser, whatever it shows."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from databases import on_postgres


def assert_good(page: Page) -> None:
    """No accessibility violation, in light and in dark, and nothing wider than a phone. How a page looks is looked at
    on one database."""
    if on_postgres():
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        results = Axe().run(page)
        assert not results.violations_count, f"{page.url}, {scheme}:\n{results.generate_report()}"
    usual = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{page.url} is wider than a phone"
    if usual:
        page.set_viewport_size(usual)
    page.emulate_media(color_scheme="light")
