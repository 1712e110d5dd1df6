"""`seatwise spend` and `seatwise usage`: names for scripts, words on standard error, files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import Result

from seatwise.store.models import Stream

pytestmark = pytest.mark.usefixtures("kept")

Command = Callable[..., Result]


def test_sums_and_rows_agree_in_every_form(seatwise: Command, synced: Any) -> None:
    lines = json.loads(seatwise("spend", "--by", "project", "--range", "last_30_days", "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(seatwise("spend", "--rows", "--range", "last_30_days", "--csv").stdout)))
    focus = json.loads(seatwise("spend", "--focus", "--range", "last_30_days", "--json").stdout)
    total = sum(Decimal(line["amount"]) for line in lines)
    assert sum(Decimal(row["amount"]) for row in rows) == total
    assert sum(Decimal(row["BilledCost"]) for row in focus) == total
    assert {line["currency"] for line in lines} == {"usd"}


def test_people_get_a_table_and_are_told_what_is_not_read(seatwise: Command, synced: Any) -> None:
    shown = seatwise("spend", "--by", "person", "--range", "last_7_days", "--limit", "3")
    assert shown.stdout.splitlines()[0].split()[:2] == ["Person", "Spend"]
    assert "USD" in shown.stdout
    Stream.objects.filter(name="costs").update(state="forbidden")
    assert "api.usage.read" in seatwise("spend").stderr
    assert json.loads(seatwise("spend", "--json").stdout)
    for form in ("--rows", "--focus"):
        assert "api.usage.read" in seatwise("spend", form).stderr
        refused = seatwise("spend", form, "--currency", "usd")
        assert (refused.exit_code, refused.stdout) == (2, "")
    assert json.loads(seatwise("spend", "--currency", "USD", "--json").stdout)


def test_days_projects_and_families_narrow_it(seatwise: Command, synced: Any) -> None:
    lines = json.loads(seatwise("spend", "--range", "last_90_days", "--json").stdout)
    (one,) = json.loads(
        seatwise("spend", "--by", "total", "--range", "last_90_days", "--project", lines[0]["id"], "--json").stdout
    )
    assert one["amount"] == lines[0]["amount"]
    usage = json.loads(seatwise("usage", "--by", "project", "--family", "completions", "--json").stdout)
    assert {line["family"] for line in usage} == {"completions"}
    assert (
        seatwise("usage", "--family", "poems").exit_code == 4
        or "no family" in seatwise("usage", "--family", "poems").stderr
    )
    assert seatwise("spend", "--from", "yesterday").exit_code == 2


def test_a_parquet_file_holds_the_same(seatwise: Command, synced: Any, tmp_path: Path) -> None:
    file = tmp_path / "costs.parquet"
    said = seatwise("spend", "--focus", "--range", "last_30_days", "--parquet", str(file))
    assert said.exit_code == 0, said.stderr
    assert said.stdout == ""
    table = pyarrow.parquet.read_table(file)
    lines = json.loads(seatwise("spend", "--by", "total", "--range", "last_30_days", "--json").stdout)
    assert sum(table["BilledCost"].to_pylist()) == sum(Decimal(line["amount"]) for line in lines)


@pytest.mark.parametrize("command", ["spend", "usage"])
def test_an_unknown_connection_is_no_empty_listing(seatwise: Command, synced: Any, command: str) -> None:
    assert seatwise(command, "--connection", "Nowhere").exit_code != 0
