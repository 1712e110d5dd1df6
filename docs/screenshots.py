"""Takes the pictures in docs/images: `./dev docs --pictures`. The demo's three organizations, a real browser.

The sandbox runs in here rather than in `seatwise demo`, so that the company can change between two syncs, answer
slowly while the progress is shown, and have a key that may not read everything.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright
from png import small

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
HELP = ROOT / "src/seatwise/web/static/seatwise/help"
"""Pictures of the help page, which the how-to shows as well."""
DESK, LOW, PHONE = {"width": 1280, "height": 800}, {"width": 1280, "height": 540}, {"width": 390, "height": 844}
DARK = {"integrations", "users", "capabilities", "overview", "spend"}
"""Pictures that are there in dark, too."""
DAY = 86_400
PASSWORD = "correct horse battery staple"  # noqa: S105 (of an install that lives for a minute)
SOON = 60_000
"""Milliseconds a sync may take on a busy machine."""

sys.path.insert(0, str(ROOT / "tests"))
import browser as browsers  # noqa: E402
from seatwise.connectors.openai.sandbox import Organization, Sandbox, demo_organizations, drift  # noqa: E402


def main() -> None:
    organizations = demo_organizations(now=int(time.time()) - 3 * DAY)
    sandbox = Sandbox(organizations)
    with tempfile.TemporaryDirectory() as data, sandbox.running() as base_url, sync_playwright() as playwright:
        env = {name: value for name, value in os.environ.items() if not name.startswith("SEATWISE_")}
        env |= {"SEATWISE_DATA_DIR": data, "SEATWISE_OPENAI_BASE_URL": base_url}
        for organization in organizations[:2]:
            connect(env, organization)
        seatwise(env, "sync")
        for day in range(1, 4):
            for number, organization in enumerate(organizations):
                organization.now += DAY
                drift(organization, 3 * day + number)
            seatwise(env, "sync")
        chromium = playwright.chromium.launch(executable_path=browsers.find())
        with serving(env) as link:
            Pictures(chromium, sandbox, organizations[2]).take(link)
        chromium.close()


def seatwise(env: dict[str, str], *arguments: str, said: str = "") -> None:
    command = [sys.executable, "-m", "seatwise", *arguments]
    subprocess.run(command, cwd=ROOT, env=env, input=said, text=True, check=True, stdout=subprocess.DEVNULL)


def connect(env: dict[str, str], organization: Organization) -> None:
    given = ("--name", organization.name, "--organization-id", organization.id, "--admin-key-file", "-")
    seatwise(env, "connect", "openai", *given, said=organization.key.value)


@contextmanager
def serving(env: dict[str, str]) -> Iterator[str]:
    """`seatwise serve`, from its set-up link on."""
    command = [sys.executable, "-m", "seatwise", "serve", "--port", "0"]
    serve = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert serve.stdout
        yield next(found[0] for line in serve.stdout if (found := re.search(r"http\S+/welcome/\S+", line)))
    finally:
        serve.terminate()
        serve.wait(60)


class Pictures:
    """One walk through the product, with a stop for each picture."""

    def __init__(self, chromium: Browser, sandbox: Sandbox, third: Organization) -> None:
        self.sandbox, self.third = sandbox, third
        self.page: Page = chromium.new_page(color_scheme="light", reduced_motion="reduce")

    def take(self, link: str) -> None:
        self.home = re.sub(r"/welcome/.*", "", link)
        self.set_up(link)
        self.connect()
        self.read()
        self.administer()

    def shot(self, name: str, size: Any = DESK) -> None:
        """The picture as it stands now, in light, and in dark for some."""
        page = self.page
        page.set_viewport_size(size)
        page.mouse.move(0, 0)
        for scheme in ("light", "dark") if name in DARK else ("light",):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function("document.fonts.status === 'loaded'")
            file = IMAGES / (f"{name}.png" if scheme == "light" else f"{name}-dark.png")
            file.write_bytes(small(page.screenshot()))
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def part(self, name: str, selector: str) -> None:
        """One part of the page for the help page: no wider than a phone, twice as fine as the page, light and dark."""
        page, part = self.page, self.page.locator(selector)
        part.evaluate("part => part.style.setProperty('max-width', '416px', 'important')")
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function("document.fonts.status === 'loaded'")
            box = part.bounding_box()
            assert box
            x, y, width, height = (box[side] for side in ("x", "y", "width", "height"))  # the page draws the frame
            clip = {"x": x + 1, "y": y + 1, "width": width - 2, "height": height - 2, "scale": 2}
            taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"clip": clip})
            file = HELP / f"{name}{ending}.png"
            file.write_bytes(small(b64decode(taken["data"])))
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        part.evaluate("part => part.style.removeProperty('max-width')")

    def go(self, path: str) -> None:
        self.page.goto(self.home + path)

    def set_up(self, link: str) -> None:
        page = self.page
        page.goto(link)
        page.get_by_label("E-mail").fill("ada@acme.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Set up").click()
        page.wait_for_url(re.compile("/(overview|users)/"))

    def fill_in(self, key: str) -> None:
        page = self.page
        page.get_by_label("Name").fill(self.third.name)
        page.get_by_label("Organization ID").fill(self.third.id)
        page.get_by_label("Admin Key", exact=True).fill(key)

    def connect(self) -> None:
        page, press = self.page, self.page.get_by_role("button", name="Connect", exact=True)
        self.go("/integrations/")
        page.get_by_role("link", name="Connect another account").click()
        self.fill_in(self.third.key.value)
        self.shot("connect-dialog")
        self.part("connect", ".sheet")
        # A key that may read projects and nothing else.
        blind = ("/organization/users*", "/organization/invites*")
        self.fill_in(self.third.add_key("Blind", refused_paths=blind).value)
        press.click()
        expect(page.get_by_role("alert").filter(has_text="Nothing was saved")).to_be_visible()
        self.shot("connect-refused")
        self.sandbox.latency = 4.0
        self.fill_in(self.third.key.value)
        press.click()
        page.wait_for_url("**/connections/*/?new")
        expect(page.locator("#status")).to_contain_text(re.compile(r"[1-9]\d* records"), timeout=SOON)
        self.shot("syncing")
        self.sandbox.latency = 0.0
        title = page.locator("#status .page-title")
        expect(title).to_contain_text("Connected", timeout=SOON)
        self.go(re.sub(r"\?.*", "", page.url).removeprefix(self.home))
        page.get_by_role("link", name="Integration Capabilities").click()
        expect(page.get_by_role("heading", name="Integration Capabilities")).to_be_visible()
        self.shot("capabilities")
        self.go("/integrations/")
        self.shot("integrations", LOW)
        self.part("connected", "#tile-openai")

    def read(self) -> None:
        page = self.page
        self.go("/overview/")
        self.shot("overview")
        self.go("/spend/")
        self.shot("spend")
        self.go("/spend/?by=person")
        self.shot("spend-persons")
        for name in ("projects", "groups", "activity"):
            self.go(f"/{name}/")
            self.shot(name, LOW)
        self.go("/projects/")
        page.locator("#main tbody a").first.click()
        expect(page.get_by_role("link", name="Who can do what")).to_be_visible()
        self.shot("project")
        self.go("/service-accounts/")
        self.shot("service-accounts", LOW)
        self.go("/keys/?issue=orphaned")
        self.shot("keys")
        page.locator("#main tbody a").first.click()
        expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
        self.shot("key")
        self.go("/users/")
        self.shot("users")
        self.shot("phone", PHONE)
        self.go("/licenses/")
        self.shot("licenses")
        self.go("/changes/?stream=users")
        self.shot("changes")
        self.go("/changes/?stream=users&kind=changed")
        page.locator("#main tbody a, #main li a").first.click()
        expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
        self.shot("user")

    def administer(self) -> None:
        page = self.page
        self.go("/budgets/")
        page.get_by_role("link", name="New budget").first.click()
        page.get_by_label("Name").fill("All of OpenAI")
        page.get_by_label("Amount").fill("1500")
        page.get_by_role("button", name=re.compile("^(Save|Create|Set)")).click()
        expect(page.get_by_text("All of OpenAI").first).to_be_visible()
        self.shot("budgets", LOW)
        self.go("/alerts/")
        self.shot("alerts", LOW)
        for email, role in (("grace@acme.example", "Admin"), ("edsger@acme.example", "Viewer")):
            self.go("/settings/operators/")
            page.get_by_role("link", name="Invite").click()
            page.get_by_label("E-mail").fill(email)
            page.get_by_role("radio", name=re.compile(f"^{role}")).check()
            page.get_by_role("button", name="Make the link").click()
            expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
        self.shot("invitation")
        self.go("/settings/operators/")
        self.shot("operators", LOW)
        self.go("/settings/general/")
        self.shot("settings")
        self.go("/audit/")
        self.shot("audit")


if __name__ == "__main__":
    main()
