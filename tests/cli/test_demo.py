"""`seatwise demo` and `seatwise sandbox`: a first minute without a vendor."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from databases import environment
from fixtures.program import SECONDS, Running, processes, until
from seatwise.connectors.openai.sandbox import Organization, Sandbox

Start = Callable[..., Running]
DEMO = ("demo", "--exit", "--users", "30")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A first minute, begun with nothing and nowhere; what it said, and where its data lies."""
    folder = tmp_path_factory.mktemp("first")
    env = environment(folder, "") | {"SEATWISE_DATA_DIR": "", "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "seatwise", *DEMO]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    [data] = [path for path in folder.iterdir() if "demo" in path.name]
    return done, data


@pytest.fixture
def program_env(tmp_path: Path, first: tuple[Any, Path]) -> dict[str, str]:
    """The data of the first minute, as often as somebody goes on with it."""
    return environment(shutil.copytree(first[1], tmp_path / "data"), "")


def test_without_a_data_directory_it_makes_one_of_its_own(first: tuple[Any, Path]) -> None:
    assert first[1].name.startswith("seatwise-demo-")
    assert (first[1] / "seatwise.sqlite3").exists()


def test_it_prints_all_that_a_first_minute_needs_and_can_be_repeated(first: Any, run: Callable[..., Any]) -> None:
    for done in (first[0], run(*DEMO)):
        assert done.returncode == 0, done.stderr
        for said in (
            r"Acme Corp: complete",
            r"Users by role: .*owner",
            r"Users by status: .*active",
            r"License OpenAI",
        ):
            assert re.search(said, done.stdout)
        assert re.search(r"Sign in as admin@example\.com with the password \S{8,}", done.stdout)
        assert re.search(r"Organization ID: org-\S+\n\s+Admin Key: sk-admin-\S+", done.stdout)
    connections = json.loads(run("connections", "--json").stdout)
    assert [each["state"] for each in connections] == ["connected", "connected"]


def test_its_owner_can_sign_in_and_sees_what_was_synced(start: Start) -> None:
    demo = start("demo", "--port", "0", "--users", "30")
    address = demo.wait_for(r"Seatwise: (\S+)")[1]
    password = demo.wait_for(r"with the password (\S+)")[1]
    demo.wait_for("Ctrl-C")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}/accounts/login/", timeout=60).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"login": "admin@example.com", "password": password, "csrfmiddlewaretoken": token[1]}
    sent = urllib.request.Request(f"{address}/accounts/login/", urllib.parse.urlencode(form).encode())
    sent.add_header("Referer", address)
    browser.open(sent, timeout=60)
    shown = json.loads(browser.open(f"{address}/api/v1/connections", timeout=60).read())
    assert {each["name"] for each in shown["items"]} == {"Acme Corp", "Acme Labs"}


def test_its_sandbox_ends_with_it_even_when_it_is_killed(start: Start) -> None:
    demo = start("demo", "--port", "0", "--users", "30")
    demo.wait_for("Ctrl-C")
    until(lambda: len(demo.children()) == 3, "the sandbox, the web process and the worker")
    children = set(demo.children())
    demo.end(signal.SIGKILL)
    until(lambda: not children & set(processes()), "the end of the children")


def test_it_leaves_somebodys_own_data_alone(
    run: Callable[..., Any], tmp_path: Path, migrated: tuple[Path, str],
    vendor: Sandbox, acme: Organization, settings: Any,
) -> None:  # fmt: skip
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    shutil.copy(migrated[0], own / "seatwise.sqlite3")
    env = {"SEATWISE_DATA_DIR": str(own), "SEATWISE_OPENAI_BASE_URL": settings.VENDOR_BASE_URLS["openai"]}
    given = ("--name", "Mine", "--organization-id", acme.id, "--admin-key-file", "-")
    assert run("connect", "openai", *given, env=env, input=acme.key.value).returncode == 0
    done = run(*DEMO, env={"SEATWISE_DATA_DIR": str(own)})
    assert done.returncode == 1
    assert "SEATWISE_DATA_DIR" in done.stderr
    assert [each["name"] for each in json.loads(run("connections", "--json", env=env).stdout)] == ["Mine"]


def test_the_sandbox_alone_prints_what_to_connect(start: Start) -> None:
    sandbox = start("sandbox", "--users", "5")
    address = sandbox.wait_for(r"Base URL: (\S+)")[1]
    key = sandbox.wait_for(r"Organization ID: org-\S+\n\s+Admin Key: (\S+)")[1]
    asked = urllib.request.Request(f"{address}/organization/users", headers={"Authorization": f"Bearer {key}"})
    assert json.loads(urllib.request.urlopen(asked, timeout=60).read())["data"]
    assert sandbox.end() == 0


def test_started_again_its_companies_go_on_as_they_were(run: Callable[..., Any]) -> None:
    assert run(*DEMO).returncode == 0
    changes = json.loads(run("changes", "--json").stdout)
    assert {each["kind"] for each in changes} == {"baseline"}


def test_in_a_drifting_sandbox_something_happens(start: Start) -> None:
    began = f"--now={int(time.time()) - 3600}"
    sandbox = start("sandbox", "--users", "30", "--drift", "60", began, "--json")
    told = json.loads(sandbox.wait_for(r"\{.*\}")[0])
    still = start("sandbox", "--users", "30", began, "--json")
    before = json.loads(still.wait_for(r"\{.*\}")[0])

    def users(of: Any) -> list[Any]:
        header = {"Authorization": f"Bearer {of['organizations'][0]['keys'][0]}"}
        asked = urllib.request.Request(f"{of['base_url']}/organization/users?limit=100", headers=header)
        found = json.loads(urllib.request.urlopen(asked, timeout=60).read())
        assert isinstance(found, dict)
        return list(found["data"])

    assert users(told) != users(before)
