"""Parquet files hold exactly what the listings hold, with the names of the CSV file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import Result

from seatwise.cli.objects import MONTH, USAGE_ROW, flat
from seatwise.store.models import Stream

pytestmark = pytest.mark.usefixtures("kept")
Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("command", "moments", "parts"),
    [("users", "first_seen_at", "projects"), ("keys", "first_seen_at", "issues"), ("audit-events", "at", "payload")],
)
def test_a_file_holds_the_listing(
    seatwise: Run, synced: Any, tmp_path: Path, command: str, moments: str, parts: str
) -> None:
    file = tmp_path / "rows.parquet"
    said = seatwise(command, "--parquet", str(file))
    assert (said.exit_code, said.stdout) == (0, ""), said.stderr
    table = pyarrow.parquet.read_table(file)
    rows = json.loads(seatwise(command, "--json").stdout)
    assert table.column_names == list(rows[0])
    assert table["id"].to_pylist() == [row["id"] for row in rows]
    assert str(table.schema.field(moments).type) == "timestamp[us, tz=UTC]"
    told: list[Any] = [None if cell is None else json.loads(cell) for cell in table[parts].to_pylist()]
    if command == "keys":
        told = [[{"name": each["name"], "evidence": each["evidence"]} for each in cell] for cell in told]
    assert told == [row[parts] for row in rows]
    if command == "users":
        assert table["licenses"].to_pylist() == [row["licenses"] for row in rows]
        spent = {row["id"]: row["month_spend"] and Decimal(row["month_spend"]) for row in rows}
        assert dict(zip(table["id"].to_pylist(), table["month_spend"].to_pylist(), strict=True)) == spent


def test_rows_of_usage_in_every_form(seatwise: Run, synced: Any, tmp_path: Path) -> None:
    asked = ("usage", "--rows", "--range", "last_7_days", "--family", "completions")
    rows = json.loads(seatwise(*asked, "--json").stdout)
    assert rows
    assert all(list(row) == flat(USAGE_ROW) for row in rows)
    lines = list(csv.DictReader(io.StringIO(seatwise(*asked, "--csv").stdout, newline="")))
    assert [line["requests"] for line in lines] == [str(row["requests"]) for row in rows]
    seatwise(*asked, "--parquet", str(tmp_path / "usage.parquet"))
    table = pyarrow.parquet.read_table(tmp_path / "usage.parquet")
    assert table["input_tokens"].to_pylist() == [row["input_tokens"] for row in rows]
    (sums,) = json.loads(seatwise(*(each for each in asked if each != "--rows"), "--by", "total", "--json").stdout)
    assert sums["requests"] == sum(row["requests"] for row in rows)
    assert seatwise(*asked, "--limit", "3").stdout.splitlines()[0].split()[:3] == ["Day", "Family", "Project"]


def test_a_running_day_is_marked_in_rows_and_said_beside_sums(seatwise: Run, synced: Any) -> None:
    rows = json.loads(seatwise("spend", "--rows", "--range", "last_30_days", "--json").stdout)
    last = date.fromisoformat(max(row["day"] for row in rows))
    read = datetime(last.year, last.month, last.day, 0, 5, tzinfo=UTC)
    Stream.objects.exclude(covered_to=None).update(covered_to=last + timedelta(days=1), synced_at=read)
    days = ("--from", str(last - timedelta(days=2)), "--to", str(last))
    for command in ("spend", "usage"):
        said = f"{last} had not ended when it was read: its figures will grow."
        assert said in seatwise(command, *days).stderr, command
        assert said not in seatwise(command, *days[:3], str(last - timedelta(days=1))).stderr, command
    rows = json.loads(seatwise("spend", "--rows", *days, "--json").stdout)
    assert {row["day"] for row in rows if row["partial"]} == {str(last)}
    assert {row["day"] for row in rows if not row["partial"]} == {str(last - timedelta(days=n)) for n in (1, 2)}
    assert "running" in seatwise("spend", "--rows", *days).stdout
    focus = json.loads(seatwise("spend", "--focus", *days, "--json").stdout)
    assert {row["ChargePeriodStart"][:10] for row in focus if row["x_Partial"]} == {str(last)}


def test_months_of_one_project(seatwise: Run, synced: Any) -> None:
    line = json.loads(seatwise("spend", "--by", "project", "--range", "last_30_days", "--json").stdout)[0]
    asked = ("spend-months", "--connection", line["connection"], "--id", line["id"] or "", "--months", "3")
    months = json.loads(seatwise(*asked, "--json").stdout)
    assert all(list(month) == flat(MONTH) for month in months)
    assert [month["running"] for month in months] == [False] * (len(months) - 1) + [True]
    within = ("--by", "total", "--from", months[0]["month"], "--project", line["id"] or "unattributed")
    (total,) = json.loads(seatwise("spend", *within, "--json").stdout)
    assert sum(Decimal(month["amount"]) for month in months) == Decimal(total["amount"])
    assert "so far" in seatwise(*asked).stdout
    same = [json.loads(seatwise("spend", name, "key_none", "--json").stdout) for name in ("--key", "--api-key")]
    assert same == [[], []]
