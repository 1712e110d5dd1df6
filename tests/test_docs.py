"""The documents say what is: every path they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", PAGES, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_path_and_link_leads_somewhere(document):
    text = document.read_text()
    paths = re.findall(r"`((?:src|tests|docs|benchmarks)/[\w./-]+)`", text)
    pictures = re.findall(r'<(?:source|img) [^>]*?src(?:set)?="([^"]+)"', text)
    links = [
        link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link and not link.startswith("mailto:")
    ] + pictures
    lost = [path for path in paths if not (ROOT / path).exists()]
    lost += [link for link in links if not (document.parent / link).exists()]
    assert not lost


def test_the_house_tour_goes_through_every_floor():
    tour = (ROOT / "docs/explanation/house.md").read_text()
    for floor in ("sdk", "connectors", "store", "sync", "services", "web", "api", "cli"):
        assert f"`src/seatwise/{floor}" in tour
