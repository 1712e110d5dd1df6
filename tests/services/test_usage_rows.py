"""Usage row by row: every row once, in both directions, narrowed, in files, with the running day marked."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import pyarrow.parquet
import pytest
import time_machine

from seatwise.services import costs, parquet
from seatwise.services.errors import NotAllowed, Refusal
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.usage import export_usage
from seatwise.services.usage_rows import UsageRow, export_usage_rows, list_usage_rows
from seatwise.store.models import AuditEntry, Cost, Stream, Usage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
STREAMS = ("usage_completions", "usage_embeddings")


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def two(connection_of: Callable[..., Any]) -> list[Any]:
    """Two accounts with usage of two families on three days, and one row on the day that is running."""
    rows = [connection_of("Acme", organization_id="org-a"), connection_of("Labs", organization_id="org-b")]
    for row in rows:
        for number in range(24):
            Usage.objects.create(
                connection=row, stream=STREAMS[number % 2], day=date(2026, 11, 20 + number % 3),
                slot=(number * 7 % 31 - 15), hash=0, project_id=f"p{number % 4}" if number % 5 else None,
                user_id="user-1" if number % 3 else None, api_key_id="key_1" if number % 2 else None, model="gpt-x",
                requests=number + 1, input_tokens=10 * number,
            )  # fmt: skip
    Usage.objects.create(connection=rows[0], stream=STREAMS[0], day=NOW.date(), slot=1, hash=0, requests=5)
    return rows


def told(row: UsageRow) -> tuple[Any, ...]:
    return row.connection, row.day, row.family, row.project_id, row.requests


def test_every_row_is_told_once_in_both_directions(two: list[Any]) -> None:
    pages, cursor = [], ""
    while True:
        page = list_usage_rows(SYSTEM, cursor=cursor, limit=7)
        pages.append([told(row) for row in page.items])
        if not page.next:
            break
        cursor = page.next
    assert [len(some) for some in pages] == [7] * 7
    assert list(chain(*pages)) == [told(row) for row in export_usage_rows(SYSTEM)]
    assert len(set(chain(*pages))) == Usage.objects.count()
    days = [(row.connection, row.day) for row in export_usage_rows(SYSTEM)]
    assert days == sorted(days)
    back = list_usage_rows(SYSTEM, cursor=page.previous or "", limit=7)
    assert [told(row) for row in back.items] == pages[-2]


def test_rows_sum_to_the_lines(two: list[Any]) -> None:
    lines = sum(line.requests for line in export_usage(SYSTEM, by="person"))
    assert lines == sum(row.requests for row in export_usage_rows(SYSTEM)) > 0


def test_rows_are_narrowed(two: list[Any]) -> None:
    assert {row.project_id for row in export_usage_rows(SYSTEM, project="p1")} == {"p1"}
    assert {row.project_id for row in export_usage_rows(SYSTEM, project="unattributed")} == {None}
    assert {row.family for row in export_usage_rows(SYSTEM, family="embeddings")} == {"embeddings"}
    assert {row.user_id for row in export_usage_rows(SYSTEM, person="user-1", connection="labs")} == {"user-1"}
    assert not list(export_usage_rows(SYSTEM, range="last_month"))
    for wrong in ({"cursor": "nonsense"}, {"colour": "red"}, {"line_item": "x"}, {"family": "poems"}):
        with pytest.raises(Refusal):
            list_usage_rows(SYSTEM, **wrong)  # type: ignore[arg-type]


def test_a_file_of_them_is_written_down_and_keeps_types(two: list[Any]) -> None:
    file = io.BytesIO()
    assert parquet.write(UsageRow, export_usage_rows(SYSTEM, family="completions"), file) == 25
    table = pyarrow.parquet.read_table(file)
    assert (str(table.schema.field("day").type), str(table.schema.field("partial").type)) == ("date32[day]", "bool")
    assert sum(table["requests"].to_pylist()) == sum(
        row.requests for row in export_usage_rows(SYSTEM, family="completions")
    )
    assert AuditEntry.objects.filter(operation="export_usage_rows").first().detail == {"family": "completions"}  # type: ignore[union-attr]
    with pytest.raises(NotAllowed):
        export_usage_rows(Actor("nobody@example.com", ""))


def test_a_day_that_had_not_ended_when_it_was_read_is_partial(two: list[Any]) -> None:
    assert {row.day for row in export_usage_rows(SYSTEM) if row.partial} == {NOW.date()}
    stream, read = STREAMS[1], {"covered_from": date(2026, 11, 1), "covered_to": date(2026, 11, 23)}
    Stream.objects.create(connection=two[0], name=stream, synced_at=datetime(2026, 11, 22, 9, tzinfo=UTC), **read)
    partial = {(row.connection, row.family, row.day) for row in export_usage_rows(SYSTEM) if row.partial}
    assert partial == {("Acme", "embeddings", date(2026, 11, 22)), ("Acme", "completions", NOW.date())}
    Stream.objects.update(synced_at=datetime(2026, 11, 23, 0, 1, tzinfo=UTC))  # the day had ended by then
    assert {row.day for row in export_usage_rows(SYSTEM) if row.partial} == {NOW.date()}


def test_costs_and_focus_mark_it_too(two: list[Any]) -> None:
    for day in (22, 23):
        Cost.objects.create(
            connection=two[0], stream="costs", day=date(2026, 11, day), slot=day, hash=0, amount=1, currency="usd"
        )
    assert [row.partial for row in costs.export_costs(SYSTEM)] == [False, True]
    assert [row.x_Partial for row in costs.export_focus(SYSTEM)] == [False, True]
    assert [row.x_Partial for row in costs.list_focus(SYSTEM, limit=1).items] == [False]
