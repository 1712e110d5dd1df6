"""The kit that all screens are made of: words, times, templates, downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lucide
import pytest
from django.template import Context, Template
from django.template.loader import get_template

from seatwise.sdk.status import STATUSES
from seatwise.web import words
from seatwise.web.download import csv_file
from seatwise.web.templatetags import shown

WEB = Path(words.__file__).parent
INLINE = re.compile(
    r"\sstyle=|\son(click|change|input|submit|load|key|mouse|focus|blur)\w*="
    r"|hx-on|javascript:|<style|<script(?! src=)"
)
TEMPLATES = sorted(WEB.rglob("*.html"))


def test_every_status_has_a_look_of_its_own() -> None:
    assert set(words.LOOKS["user"]) == {status.name for status in STATUSES}


def test_every_state_has_an_icon_and_a_word_beside_its_color() -> None:
    for kind, states in words.LOOKS.items():
        for state, look in states.items():
            assert look.word, (kind, state)
            assert f"pill-{look.tone}" in shown.pill(kind, state)
            assert "<svg" in shown.pill(kind, state)
            assert f'aria-label="{look.word}"' in shown.mark(kind, state)


def test_a_state_nobody_declared_is_shown_as_it_stands() -> None:
    assert "Half done" in shown.pill("run", "half_done")
    assert "&lt;b&gt;" in shown.pill("run", "<b>")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"), (44, "just now"), (60, "1 minute ago"), (3_500, "58 minutes ago"), (3_599, "1 hour ago"),
        (7_200, "2 hours ago"), (86_400, "1 day ago"), (40 * 86_400, "1 month ago"), (800 * 86_400, "2 years ago"),
        (-10, "in a moment"), (-3_360, "in 56 minutes"),
    ],
)  # fmt: skip
def test_a_time_is_said_in_the_one_unit_that_tells_enough(seconds: float, said: str) -> None:
    assert words.ago(seconds) == said


def test_a_time_shows_the_exact_one_behind_it() -> None:
    moment = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
    assert 'datetime="2026-03-01T12:30:05+00:00"' in shown.when(moment)
    assert 'title="Mar 1, 2026, 12:30:05 UTC"' in shown.when(moment)
    assert ">Mar 1, 2026<" in shown.day(moment)


def test_what_a_vendor_did_not_say_is_unknown_and_never_no() -> None:
    for value in (None, ""):
        assert "Unknown" in shown.shown(value)
    assert shown.shown(False) == "No"
    assert "Unknown" in shown.when(None)


def drawn(text: str) -> Iterator[str]:
    yield from re.findall(r'{% icon "([^"]+)"', text)
    yield from re.findall(r'icon_name="([^"{]+)"', text)


def test_every_icon_asked_for_is_in_the_package() -> None:
    names = {name for path in TEMPLATES for name in drawn(path.read_text())}
    names |= {look.icon for states in words.LOOKS.values() for look in states.values()}
    for name in names:
        assert lucide._load_icon(name) is not None


def test_every_template_is_well_formed() -> None:
    for path in TEMPLATES:
        get_template(str(path.relative_to(WEB)))


def test_no_template_brings_code_or_style_of_its_own() -> None:
    """The policy sent with every page would refuse them, silently for whoever only looks at the markup."""
    for path in TEMPLATES:
        text = path.read_text()
        assert not INLINE.search(text), path.name


def test_a_hostile_name_is_shown_as_text() -> None:
    page = Template("{{ name|shown }}{% count 2 name %}").render(Context({"name": "<script>alert(1)</script>"}))
    assert "<script>" not in page


class Listing:
    """Counts how far a listing was read."""

    def __init__(self) -> None:
        self.read = 0

    def __iter__(self) -> Iterator[list[object]]:
        for number in range(1_000):
            self.read += 1
            yield [number, "a"]


def lines(response: object) -> list[str]:
    return b"".join(response).decode().splitlines()  # type: ignore[call-overload]


def test_a_file_says_what_the_page_does() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=1)
    response = csv_file("users", ["a", "b", "c", "d", "e"], [[None, moment, True, ["x", "y"], 1.5]])
    assert response["Content-Disposition"].startswith('attachment; filename="users-')
    assert lines(response) == ["a,b,c,d,e", ",2026-01-01T00:00:01Z,true,x; y,1.5"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\ttab"])
def test_a_name_that_looks_like_a_formula_stays_text(name: str) -> None:
    assert lines(csv_file("users", ["name"], [[name]]))[1].strip('"').startswith("'")


def test_a_file_is_never_whole_in_memory() -> None:
    listing = Listing()
    parts = iter(csv_file("users", ["n", "a"], listing))
    assert next(parts) == b"n,a\r\n"
    assert next(parts) == b"0,a\r\n"
    assert listing.read == 1


@pytest.mark.parametrize(("seconds", "said"), [(0.84, "0.8 s"), (42.4, "42 s"), (185, "3 min 5 s"), (-1, "0.0 s")])
def test_a_duration_has_no_more_figures_than_it_deserves(seconds: float, said: str) -> None:
    assert words.lasted(seconds) == said


def test_what_made_a_sync_run_is_said_in_words() -> None:
    assert words.trigger("schedule") == "On schedule"
    assert words.trigger("operator:kim@example.com") == "On demand by kim@example.com"
    assert words.trigger("something else") == "something else"


def test_sentences_of_all_doors_have_their_dates_as_pages_write_them_but_names_keep_theirs() -> None:
    assert shown.told("Last used 2025-12-05, 353 days ago.") == "Last used Dec 5, 2025, 353 days ago."
    assert shown.told("Complete at 2026-11-23 16:51 UTC.") == "Complete at Nov 23, 2026, 16:51 UTC."
    assert shown.told("Costs are read up to 2026-11-20.") == "Costs are read up to Nov 20, 2026."
    assert shown.told("Joined 2025-12-05. No source.") == "Joined Dec 5, 2025. No source."


@pytest.mark.parametrize(
    "named",
    [
        "gpt-4o-2024-08-06 since 2026-99-01",
        "Pilot 2026-01-15: The Admin Key may not read it.",
        "Owner backup.2026-01-01.svc left.",
        "No access to gpt-4o:2024-08-06 any more.",
        "up to 2026-01-01.svc, since 2026-01-01:beta, on 2026-01-01@acme.example",
        "carry-on 2026-01-01",
    ],
)
def test_a_name_keeps_the_date_that_is_part_of_it(named: str) -> None:
    assert shown.told(named) == named


def test_a_heading_inside_a_sentence_keeps_what_is_an_abbreviation() -> None:
    assert [words.within(name) for name in ("API keys", "Project members")] == ["API keys", "project members"]


def test_the_audit_log_says_through_which_door_somebody_came() -> None:
    assert shown.who("cli:root") == "root (command line)"
    assert shown.who("token:nightly report") == "nightly report (API token)"
    assert [shown.who(name) for name in ("ada@acme.example", "system")] == ["ada@acme.example", "Seatwise itself"]
