"""The documents say what the code says: generated pages are current, and what must be told in two places agrees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seatwise.cli.program import COMMANDS, seatwise
from seatwise.connectors.catalog import connectors
from seatwise.sdk.capabilities import label
from seatwise.sdk.status import STATUSES
from seatwise.services.rights import ROLES, Permission
from seatwise.services.settings import DECLARED

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs/reference"
VARIABLE = re.compile(r"\bSEATWISE_[A-Z_]+[A-Z]\b")


def headings(page: Path | str, level: int = 2) -> list[str]:
    text = page if isinstance(page, str) else page.read_text()
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(rf"^#{{{level}}} (.+)$", outside, re.MULTILINE)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("reference")
    # A language and a time zone of the machine must not show.
    env = {**os.environ, "TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "7", "COLUMNS": "40"}
    subprocess.run([sys.executable, ROOT / "docs/generate.py", "--into", into], cwd=into, env=env, check=True)
    return into


def test_the_committed_reference_is_what_the_code_says(generated: Path) -> None:
    new = {path.relative_to(generated).as_posix(): path.read_text() for path in generated.rglob("*.md")}
    old = {path.relative_to(REFERENCE).as_posix(): path.read_text() for path in REFERENCE.rglob("*.md")}
    index = old.pop("README.md")
    assert sorted(new) == sorted(old)
    assert [name for name in new if new[name] != old[name]] == [], "run ./dev docs and commit what it wrote"
    assert [name for name in new if f"({name})" not in index] == []


@pytest.mark.parametrize("slug", connectors())
def test_every_field_and_stream_of_a_connector_is_told(slug: str) -> None:
    connector, page = connectors()[slug], REFERENCE / f"integrations/{slug}.md"
    parts = page.read_text().split("\n### ")
    told = headings(page, 3)
    assert told == [field.label for field in connector.manifest.fields] + [each.label for each in connector.streams]
    for stream, part in zip(connector.streams, parts[-len(connector.streams) :], strict=True):
        assert stream.needs in part
        assert [name for name in stream.fields if f"| {label(name)} | `{name}` |" not in part] == []
    asked = [part for lookup in connector.lookups for part in lookup.parts]
    assert [part.name for part in asked if part.summary not in page.read_text()] == []


def test_every_command_with_each_of_its_options_is_told() -> None:
    page = (REFERENCE / "commands.md").read_text()
    shown = [name for name in COMMANDS if not name.startswith("_")]
    told = headings(page)
    assert [name for name in shown if f"seatwise {name}" not in told] == []
    for name in shown:
        part = page.split(f"\n## seatwise {name}\n")[1].split("\n## ")[0]
        command = seatwise.get_command(None, name)  # type: ignore[arg-type]  # the context is not looked at
        assert command
        options = [option for each in command.params if not getattr(each, "hidden", False) for option in each.opts]
        assert [option for option in options if option.startswith("--") and option not in part] == []


def test_every_permission_setting_and_status_is_told() -> None:
    rights = (REFERENCE / "permissions.md").read_text()
    assert len(headings(rights)) == len(Permission)
    assert [one for one in Permission if f"\n{one.value}. Held by: " not in rights] == []
    assert [role for role in ROLES if f"| {role.capitalize()} " not in rights] == []
    assert headings(REFERENCE / "settings.md") == [setting.label for setting in DECLARED]
    assert headings(REFERENCE / "statuses.md") == [status.label for status in STATUSES]


def test_every_variable_in_the_code_is_told_and_no_other() -> None:
    used = {name for path in (ROOT / "src").rglob("*.py") for name in VARIABLE.findall(path.read_text())}
    assert {name for name in headings(REFERENCE / "environment.md") if name.startswith("SEATWISE_")} == used
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert {name for page in pages for name in VARIABLE.findall(page.read_text())} <= used


def test_every_refusal_the_how_to_quotes_is_one_of_ours() -> None:
    how_to = (ROOT / "docs/how-to/connect-openai.md").read_text()
    said = " ".join(path.read_text() for path in (ROOT / "src/seatwise/connectors/openai").glob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", said).replace("{named}", "the permission api.management.read")
    table = how_to.split("| It says |")[1].split("\n\n")[0]
    quoted = re.findall(r"“([^”]+)”", "\n".join(line.split(" | ")[0] for line in table.splitlines()))
    assert len(quoted) > 8
    assert [words for words in quoted if words not in said] == []


def test_every_picture_is_shown_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/([\w-]+\.png)", page.read_text())}
    assert {path.name for path in (ROOT / "docs/images").glob("*.png")} == shown


def test_the_pictures_are_small() -> None:
    pictures = list((ROOT / "docs/images").glob("*.*"))
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > 150_000] == []
