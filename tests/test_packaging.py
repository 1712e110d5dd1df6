"""What is delivered: the wheel carries the whole package, and every compressed twin says what its file says."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import brotli

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "src/seatwise/web/static"


def test_the_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())
    package = [
        path for path in (ROOT / "src/seatwise").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    missing = {path.relative_to(ROOT / "src").as_posix() for path in package} - carried
    assert not missing
    assert {".html", ".css", ".br", ".svg", ".md", ".woff2"} <= {Path(name).suffix for name in carried}
    assert any(name.endswith("licenses/LICENSE") for name in carried)


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
