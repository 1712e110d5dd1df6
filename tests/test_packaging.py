"""What is delivered: the wheel carries the whole package, and every compressed twin says what its file says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import brotli
import pytest

from databases import environment
from seatwise import __version__

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "src/seatwise/web/static"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_carries_every_file_of_the_package(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    package = [
        path for path in (ROOT / "src/seatwise").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    missing = {path.relative_to(ROOT / "src").as_posix() for path in package} - carried
    assert not missing
    assert {".html", ".css", ".br", ".svg", ".md", ".woff2"} <= {Path(name).suffix for name in carried}
    assert any(name.endswith("licenses/LICENSE") for name in carried)


def test_an_installed_wheel_has_the_command(wheel: Path, tmp_path: Path) -> None:
    """By itself in a folder; the packages it needs are those of this environment."""
    place, data = tmp_path / "installed", tmp_path / "data"
    with_pip = [sys.executable, "-m", "pip", "install", "--no-index"]
    uv = next(
        (str(path) for path in (ROOT / ".venv-uv/bin/uv", shutil.which("uv")) if path and Path(path).exists()), ""
    )
    install = [uv, "pip", "install", "--offline", "--python", sys.executable] if uv else with_pip
    subprocess.run([*install, "-q", "--no-deps", "--target", place, wheel], check=True, capture_output=True)
    env = environment(data, "") | {"PYTHONPATH": str(place)}

    def run(*command: object) -> str:
        return subprocess.run(command, env=env, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    command = place / "bin/seatwise"
    assert run(command, "--version") == f"seatwise, version {__version__}\n"
    assert "Commands:" in run(command, "--help")
    assert run(command, "connections", "--json").split() == ["[]"]
    assert run(sys.executable, "-c", "import seatwise; print(seatwise.__file__)").startswith(str(place))


def test_every_static_text_has_a_twin_that_says_the_same() -> None:
    texts = [path for path in STATIC.rglob("*") if path.suffix in {".css", ".js", ".svg"}]
    twins = {path: path.with_name(path.name + ".br") for path in texts}
    assert texts
    stale = [
        path
        for path, twin in twins.items()
        if not twin.exists() or brotli.decompress(twin.read_bytes()) != path.read_bytes()
    ]
    assert not stale, "run ./dev css"


def test_every_requirement_is_pinned_by_hash() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        entries = re.findall(r"^[^#\s][^\\]*(?:\\\n[^\\]*)*", path.read_text(), re.MULTILINE)
        assert entries
        assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry], path.name


def test_the_groups_agree_on_every_version() -> None:
    pins = {
        path.stem: dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.M))
        for path in (ROOT / "requirements").glob("*.txt")
    }
    base = pins["base"].items()
    assert base <= pins["dev"].items()
    assert base <= pins["bench"].items()
