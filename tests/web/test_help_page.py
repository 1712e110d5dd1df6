"""The help page: with pictures, and with the words of the how-to, which is there to be read before anything runs."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "src/seatwise/web/static/seatwise/help"
HOW_TO = (ROOT / "docs/how-to/connect-openai.md").read_text()
ELSEWHERE = "Where do I get support?"
"""The one answer that depends on who reads it where."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client_of: Callable[[str], Client]) -> str:
    return client_of("viewer").get("/help/connect-openai").content.decode()


def plain(html: str) -> str:
    """What a reader sees, without the spaces around inline pieces."""
    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html))).strip()
    return re.sub(r" (?=[,.])", "", words)


def parts_of_page(page: str) -> dict[str, tuple[list[str], list[str]]]:
    """Heading: steps and paragraphs."""
    article = page[page.index("<article") : page.index("</article>")]
    parts = {}
    for part in article.split("<h2 ")[1:]:
        heading, _, rest = part.partition("</h2>")
        found = (re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", rest, re.DOTALL) for tag in ("li", "p"))
        steps, paragraphs = ([plain(each) for each in some] for some in found)
        parts[plain(heading.partition(">")[2])] = steps, paragraphs
    return parts


def parts_of_how_to() -> dict[str, tuple[list[str], list[str]]]:
    parts = {}
    for part in HOW_TO.split("\n## ")[1:]:
        heading, _, rest = part.partition("\n")
        blocks = [re.sub(r"\s+", " ", re.sub(r"\*\*|`", "", block)) for block in re.split(r"\n\n|\n(?=\d\. )", rest)]
        steps = [block.strip()[3:] for block in blocks if re.match(r"\s*\d\. ", block)]
        parts[heading] = steps, [block.strip() for block in blocks]
    return parts


def test_the_steps_and_answers_are_those_of_the_how_to(page: str) -> None:
    shown, written = parts_of_page(page), parts_of_how_to()
    assert list(shown) == list(written)
    assert {heading: steps for heading, (steps, _) in shown.items()} == {
        heading: steps for heading, (steps, _) in written.items()
    }
    said = {text: heading for heading, (_, paragraphs) in shown.items() if heading != ELSEWHERE for text in paragraphs}
    assert len(said) > 3
    assert [text for text, heading in said.items() if text not in written[heading][1]] == []


def test_every_picture_is_in_the_how_to_in_light_and_dark_and_keeps_its_place(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    in_how_to = re.findall(r"!\[([^\]]+)\]\(\.\./\.\./src/seatwise/web/static/seatwise/help/([^)]+)\)", HOW_TO)
    assert len(figures) == len(in_how_to) == 4
    for figure, (alt, name) in zip(figures, in_how_to, strict=True):
        light, dark = (dict(re.findall(r'([\w-]+)="([^"]*)"', image)) for image in re.findall(r"<img [^>]+>", figure))
        assert light["alt"] == dark["alt"] == alt
        assert Path(light["src"].partition("#")[0]).name == name
        assert light["src"] != dark["src"]
        for image in (light, dark):
            file = PICTURES / Path(image["src"].partition("#")[0]).name
            assert finders.find(f"seatwise/help/{file.name}")
            width, height = size(file)
            assert int(image["width"]) * height == int(image["height"]) * width
            assert image["loading"] == "lazy"


def test_the_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert max(sizes.values()) < 60_000
    assert sum(sizes.values()) < 200_000


@pytest.mark.parametrize("name", ["organization-id.svg", "admin-key.svg"])
def test_a_drawing_is_light_or_dark_as_its_address_says_and_else_as_the_system_is(name: str) -> None:
    drawing = (PICTURES / name).read_text()
    colors = [dict(re.findall(r"(--\w+): (#\w+)", rule)) for rule in re.findall(r"\{([^{}]*--page:[^{}]*)\}", drawing)]
    first, system_dark, light, dark = colors
    assert first | light == first
    assert system_dark == dark
    assert set(light) == set(dark)


def test_there_is_a_way_back(page: str) -> None:
    assert re.search(r'<a class="btn"[^>]* href="/integrations/">.*?Back to Integrations</a>', page, re.DOTALL)


def size(file: Path) -> tuple[int, int]:
    if file.suffix == ".png":
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        return width, height
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', file.read_text())
    assert found
    return int(found[1]), int(found[2])
