"""How listings look: for people, for scripts, for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import click
from click.testing import CliRunner, Result

from seatwise.cli.show import Form, field, listing, show

ROWS = [
    {"name": "Ada", "at": datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC), "tags": ["a", "b"], "of": {"x": 1}},
    {"name": None, "at": None, "tags": [], "of": None},
]


def printed(rows: list[dict[str, Any]], *options: str) -> Result:
    @click.command()
    @listing
    def command(form: Form) -> None:
        columns = list(ROWS[0])
        show(form, rows, columns, {"Name": field("name"), "At": field("at"), "Tags": field("tags")})

    return CliRunner().invoke(command, options)


def test_json_is_one_array_and_nothing_else() -> None:
    result = printed(ROWS, "--json")
    assert json.loads(result.stdout) == [
        {"name": "Ada", "at": "2026-03-01T12:00:00.000250Z", "tags": ["a", "b"], "of": {"x": 1}},
        {"name": None, "at": None, "tags": [], "of": None},
    ]
    assert not result.stderr


def test_an_empty_listing_is_an_empty_array() -> None:
    assert json.loads(printed([], "--json").stdout) == []


def test_csv_has_the_same_names_and_empty_cells_for_what_is_absent() -> None:
    lines = list(csv.reader(io.StringIO(printed(ROWS, "--csv").stdout, newline="")))
    assert lines == [["name", "at", "tags", "of"], ["Ada", "2026-03-01T12:00:00.000250Z", "a; b", '{"x":1}'], [""] * 4]


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    names = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "fine=1"]
    text = printed([{**ROWS[0], "name": name} for name in names], "--csv").stdout
    cells = [line[0] for line in csv.reader(io.StringIO(text, newline=""))][1:]
    assert cells == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "fine=1"]


def test_a_pipe_gets_aligned_text() -> None:
    assert printed([*ROWS, {**ROWS[0], "name": "Grace Hopper"}]).stdout.splitlines() == [
        "Name          At                    Tags",
        "Ada           2026-03-01T12:00:00Z  a, b",
        "",
        "Grace Hopper  2026-03-01T12:00:00Z  a, b",
    ]


def test_times_are_utc_whatever_their_zone() -> None:
    late = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert "2026-02-28T23:00:00Z" in printed([{**ROWS[0], "at": late}]).stdout


def test_no_name_steers_the_terminal() -> None:
    hostile = "\x1b[2J\nAda\u202e\x07"
    line = printed([{**ROWS[0], "name": hostile}]).stdout.splitlines()[1]
    assert line.startswith(r"\x1b[2J\nAda\u202e\x07")


def test_limit_asks_for_no_row_more() -> None:
    asked = []

    def endless() -> Iterator[dict[str, Any]]:
        while True:
            asked.append(1)
            yield ROWS[0]

    result = printed(endless(), "--json", "--limit", "3")  # type: ignore[arg-type]
    assert len(json.loads(result.stdout)) == len(asked) == 3
