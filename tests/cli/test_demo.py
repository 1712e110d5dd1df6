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
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from databases import environment, new_database
from fixtures.program import SECONDS, Running, processes, until
from seatwise.cli.processes import BARE
from seatwise.connectors.openai.sandbox import Organization, Sandbox

Start = Callable[..., Running]
DEMO = ("demo", "--exit", "--users", "30", "--port", "0")


class First(NamedTuple):
    """A first minute: what it said, where its data lies, and the name of its database where that is no file there."""

    done: subprocess.CompletedProcess[str]
    data: Path
    database: str


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    """Begun with nothing and nowhere."""
    folder = tmp_path_factory.mktemp("first")
    with new_database() as url:
        env = environment(folder, url) | {"SEATWISE_DATA_DIR": "", "TMPDIR": str(folder)}
        command = [sys.executable, "-m", "seatwise", *DEMO]
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        [data] = [path for path in folder.iterdir() if "demo" in path.name]
        yield First(done, data, url.rpartition("/")[2])


@pytest.fixture
def program_env(tmp_path: Path, first: First) -> Iterator[dict[str, str]]:
    """The data of the first minute, as often as somebody goes on with it."""
    with new_database(first.database or "template1") as url:
        yield environment(shutil.copytree(first.data, tmp_path / "data"), url)


def test_without_a_data_directory_it_makes_one_of_its_own(first: First) -> None:
    assert first.data.name.startswith("seatwise-demo-")
    assert (first.data / "secret_keys").exists()
    assert (first.data / "seatwise.sqlite3").exists() is not bool(first.database)


def test_it_prints_all_that_a_first_minute_needs_and_can_be_repeated(first: First, run: Callable[..., Any]) -> None:
    for done in (first.done, run(*DEMO)):
        assert done.returncode == 0, done.stderr
        for said in (
            r"Acme Corp: complete",
            r"Users by role: .*owner",
            r"Users by status: .*active",
            r"License OpenAI",
        ):
            assert re.search(said, done.stdout)
        assert "127.0.0.1:0" not in done.stdout
        assert re.search(r"Sign in as admin@example\.com with the password \S{8,}", done.stdout)
        assert re.search(r"Organization ID: org-\S+\n\s+Admin Key: sk-admin-\S+", done.stdout)
    connections = json.loads(run("connections", "--json").stdout)
    assert [each["state"] for each in connections] == ["connected", "connected"]


def variables(pid: int) -> dict[str, str]:
    """The environment that a process was started with."""
    raw = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    return dict(each.split("=", 1) for each in raw.split("\0") if "=" in each)


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


def test_its_sandbox_knows_no_secret_and_ends_with_it_even_when_it_is_killed(
    start: Start, program_env: dict[str, str]
) -> None:
    keys = (Path(program_env["SEATWISE_DATA_DIR"]) / "secret_keys").read_text().strip()
    secrets = {"SEATWISE_SECRET_KEYS": keys, "SEATWISE_SMTP_URL": "smtp://u:p@127.0.0.1:9", "HOME_API_TOKEN": "t"}
    demo = start("demo", "--port", "0", "--users", "30", **secrets)
    demo.wait_for("Ctrl-C")
    until(lambda: len(demo.children()) == 3, "the sandbox, the web process and the worker")
    children = set(demo.children())
    if Path("/proc/self/environ").exists():
        (sandbox,), (worker,) = demo.children(" sandbox "), demo.children("_worker")
        assert {name for name in variables(sandbox) if not BARE.fullmatch(name)} == set()
        assert variables(worker).items() >= secrets.items()
    demo.end(signal.SIGKILL)
    until(lambda: not children & set(processes()), "the end of the children")


def test_it_leaves_somebodys_own_data_alone(
    run: Callable[..., Any], tmp_path: Path, migrated: tuple[Path, str],
    vendor: Sandbox, acme: Organization, settings: Any,
) -> None:  # fmt: skip
    with new_database(migrated[1] or "template1") as url:
        env = environment(tmp_path / "own", url)
        if not url:
            (tmp_path / "own").mkdir(mode=0o700)
            shutil.copy(migrated[0], tmp_path / "own/seatwise.sqlite3")
        reached = {**env, "SEATWISE_OPENAI_BASE_URL": settings.VENDOR_BASE_URLS["openai"]}
        given = ("--name", "Mine", "--organization-id", acme.id, "--admin-key-file", "-")
        assert run("connect", "openai", *given, env=reached, input=acme.key.value).returncode == 0
        done = run(*DEMO, env=env)
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
    streams = [(each["connection"], each["stream"]) for each in changes if each["kind"] == "baseline"]
    assert len(streams) == len(set(streams))
    # Something small happens every minute; companies made anew would be others, in all of their rows.
    assert len([each for each in changes if each["kind"] in ("arrived", "departed")]) < 20


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
