"""Costs row by row: each once, in both directions, in FOCUS columns and as Parquet; to ten decimals of a dollar."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet
import pytest
import time_machine
from django.db.models import Sum

from seatwise.connectors.openai.sandbox import Organization
from seatwise.services import costs, parquet
from seatwise.services.errors import NotAllowed, Refusal
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.spend import export_spend
from seatwise.services.spend_lines import SpendLine
from seatwise.store.models import AuditEntry, Connection, Cost
from seatwise.store.models.spend import amount

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def two(connection_of: Callable[..., Any]) -> list[Connection]:
    """Two accounts with costs on three days."""
    rows = [connection_of("Acme", organization_id="org-a"), connection_of("Labs", organization_id="org-b")]
    for row in rows:
        for number in range(30):
            Cost.objects.create(
                connection=row, stream="costs", day=datetime(2026, 11, 1 + number % 3).date(), slot=number * 7 % 31,
                hash=0, project_id=f"p{number % 4}" if number % 5 else None, line_item="gpt-x, input", model="gpt-x",
                amount=(number - 2) * 12_345, currency="usd", quantity="12", quantity_unit="tokens",
                api_key_id="key_1" if number % 2 else None, user_id="user-1" if number % 3 else None,
            )  # fmt: skip
    return rows


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_every_row_is_told_once_in_both_directions(two: list[Connection]) -> None:
    pages, cursor = [], ""
    while True:
        page = costs.list_costs(SYSTEM, cursor=cursor, limit=7)
        pages.append([(row.connection, row.day, row.amount, row.project_id) for row in page.items])
        if not page.next:
            break
        cursor = page.next
    assert [len(some) for some in pages] == [7] * 8 + [4]
    assert len({tuple(some) for some in pages}) == 9
    days = [(row.connection, row.day) for row in costs.export_costs(SYSTEM)]
    assert days == sorted(days)
    assert sum(Decimal(row.amount) for row in costs.export_costs(SYSTEM)) == amount(
        Cost.objects.aggregate(Sum("amount"))["amount__sum"]
    )
    back = costs.list_costs(SYSTEM, cursor=page.previous or "", limit=7)
    assert [(row.connection, row.day, row.amount, row.project_id) for row in back.items] == pages[-2]


def test_rows_are_narrowed_by_what_the_vendor_told(two: list[Connection]) -> None:
    assert {row.project_id for row in costs.export_costs(SYSTEM, project="p1")} == {"p1"}
    assert {row.project_id for row in costs.export_costs(SYSTEM, project="unattributed")} == {None}
    assert {row.user_id for row in costs.export_costs(SYSTEM, person="user-1", connection="labs")} == {"user-1"}
    assert not list(costs.export_costs(SYSTEM, range="last_month"))
    for wrong in ({"cursor": "nonsense"}, {"colour": "red"}):
        with pytest.raises(Refusal):
            costs.list_costs(SYSTEM, **wrong)  # type: ignore[arg-type]


def test_focus_says_the_same_in_its_own_names(two: list[Connection]) -> None:
    rows = list(costs.export_focus(SYSTEM, connection="Acme"))
    assert sum(Decimal(row.BilledCost) for row in rows) == sum(
        Decimal(row.amount) for row in costs.export_costs(SYSTEM, connection="Acme")
    )
    charge = next(row for row in rows if row.ResourceId and row.SubAccountId and not row.BilledCost.startswith("-"))
    assert (charge.BillingAccountId, charge.BillingAccountName, charge.BillingCurrency) == ("org-a", "Acme", "USD")
    assert (charge.BillingPeriodStart, charge.BillingPeriodEnd) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert charge.ChargePeriodStart < charge.ChargePeriodEnd
    assert (charge.ServiceName, charge.ServiceCategory) == ("OpenAI API", "AI and Machine Learning")
    assert (charge.ResourceType, charge.SubAccountType, charge.ChargeDescription) == (
        "API key",
        "Project",
        "gpt-x, input",
    )
    assert json.loads(charge.Tags)["seatwise/model"] == "gpt-x"
    assert {row.ChargeCategory for row in rows if row.BilledCost.startswith("-")} == {"Credit"}
    assert {(row.ListCost, row.ContractedCost) for row in rows} == {(None, None)}


@pytest.mark.parametrize("kind", [costs.CostRow, costs.FocusRow, SpendLine])
def test_parquet_keeps_every_digit_and_day(two: list[Connection], kind: Any) -> None:
    read = {
        costs.CostRow: lambda: costs.export_costs(SYSTEM), costs.FocusRow: lambda: costs.export_focus(SYSTEM),
        SpendLine: lambda: export_spend(SYSTEM, by="total"),
    }[kind]  # fmt: skip
    file = io.BytesIO()
    count = parquet.write(kind, read(), file)
    table = pyarrow.parquet.read_table(file)
    assert table.column_names == list(kind.__struct_fields__)
    assert table.num_rows == count
    if kind is SpendLine:
        return
    name = "BilledCost" if kind is costs.FocusRow else "amount"
    assert table[name].to_pylist() == [Decimal(getattr(row, name)) for row in read()]
    if kind is costs.CostRow:
        assert table["day"].to_pylist() == [row.day for row in read()]


def test_without_pyarrow_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "find_spec", lambda name: None)
    with pytest.raises(Refusal, match=r"seatwise\[parquet\]"):
        parquet.write(costs.CostRow, [], io.BytesIO())


def test_an_export_is_written_down_and_refused_before_its_first_row(two: list[Connection]) -> None:
    list(costs.export_costs(SYSTEM, project="p1"))
    assert AuditEntry.objects.get(operation="export_costs").detail == {"project": "p1"}
    with pytest.raises(NotAllowed):
        costs.export_focus(Actor("nobody@example.com", ""))


@pytest.mark.django_db(transaction=True)
def test_a_synced_bill_is_exported_to_ten_decimals_of_each_row(
    acme: Organization, connect: Callable[..., Any], sync: Callable[..., Any]
) -> None:
    sync(connect(acme))
    begin, end = (int(datetime(2026, 11, day, tzinfo=UTC).timestamp()) for day in (2, 16))
    truth = sum(acme.spent(begin, end).values())
    asked = {"start": datetime(2026, 11, 2).date(), "end": datetime(2026, 11, 15).date()}
    shown = [Decimal(row.BilledCost) for row in costs.export_focus(SYSTEM, **asked)]
    assert abs(sum(shown) - truth) <= Decimal("0.5e-10") * len(shown)
