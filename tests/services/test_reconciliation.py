"""Spend reconciles: on every dimension the lines sum to the rows that are stored, and these to the vendor's own answer,
whatever the vendor tells and refuses, and after it has changed its mind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatwise.connectors.openai.sandbox import Organization, Sandbox, drift
from seatwise.services import spend
from seatwise.services.rights import SYSTEM
from seatwise.store.models import Connection, Cost, SpendDay, SpendMonth, Unsettled
from seatwise.store.models.spend import amount

DAY = 86_400
HISTORY = 40
REFUSED = ((), ("user_id",), ("user_id", "api_key_id"), ("api_key_id",))
"""Groupings of costs an organization may not have: each falls back to a coarser one."""
COLUMNS = {"project": "project_id", "api_key": "api_key_id", "line_item": "line_item", "model": "model"}


@pytest.fixture
def serve(settings: Any, db: None) -> Iterator[Callable[[Organization], Any]]:
    """Serves an organization, connects it, and gives the connection."""
    from seatwise.store.models import Setting
    from seatwise.store.secrets import seal

    Setting.objects.update_or_create(name="history_days", defaults={"value": HISTORY})

    @contextmanager
    def serve(organization: Organization) -> Iterator[Connection]:
        with ExitStack() as running:
            url = running.enter_context(Sandbox([organization]).running())
            settings.VENDOR_BASE_URLS = {"openai": url}
            row = Connection.objects.create(
                name=organization.name, integration="openai", organization_id=organization.id
            )
            seal(row, {"organization_id": organization.id, "admin_key": organization.key.value})
            row.save()
            yield row

    yield serve


def organization_of(seed: int, refused: tuple[str, ...], *, text: bool = False) -> Organization:
    organization = Organization.seeded("Acme", users=30, invites=2, projects=4, members_per_project=5, seed=seed)
    organization.text_amounts = text
    if refused:
        organization.refuse_grouping("costs", *refused)
    return organization


def day_of(organization: Organization) -> date:
    return datetime.fromtimestamp(organization.now, UTC).date()


def told(organization: Organization, first: date, last: date) -> Decimal:
    """The vendor's own sum of these days, not grouped by anything."""
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
    return sum(organization.spent(begin, begin + ((last - first).days + 1) * DAY).values(), Decimal(0))


def lines(by: str, first: date, last: date, **within: str) -> Decimal:
    """What the lines on the screen sum to."""
    asked = {"by": by, "start": first, "end": last, **within}
    return sum((Decimal(line.amount) for line in spend.export_spend(SYSTEM, **asked)), Decimal(0))


def assert_sums_are_rows(connection: Connection) -> None:
    """Every kept sum is the sum of the rows under it, day by day and month by month."""
    rows = Cost.objects.filter(connection=connection).order_by()
    for dimension, column in {"total": None, **COLUMNS}.items():
        wanted: dict[Any, int] = defaultdict(int)
        for row in rows.values_list("day", "currency", "amount", *([column] if column else [])):
            wanted[row[0], row[3] or "" if column else "", row[1]] += row[2]
        kept = SpendDay.objects.filter(connection=connection, dimension=dimension)
        found = {row[:3]: row[3] for row in kept.values_list("day", "key", "currency", "amount")}
        assert found == wanted, dimension
    for dimension in ("total", *COLUMNS, "person", "method"):
        days: dict[Any, int] = defaultdict(int)
        for day, *at, n in SpendDay.objects.filter(connection=connection, dimension=dimension).values_list(
            "day", "key", "method", "currency", "amount"
        ):
            days[day.replace(day=1), *at] += n
        months = SpendMonth.objects.filter(connection=connection, dimension=dimension)
        stored = {tuple(row[:4]): row[4] for row in months.values_list("month", "key", "method", "currency", "amount")}
        assert {at: n for at, n in stored.items() if n} == {at: n for at, n in days.items() if n}, dimension
    total = dict(rows.values_list("day").annotate(Sum("amount")))
    for dimension in ("person", "method"):
        persons = SpendDay.objects.filter(connection=connection, dimension=dimension).order_by()
        assert dict(persons.values_list("day").annotate(Sum("amount"))).items() <= total.items(), dimension


def assert_reconciled(organization: Organization, connection: Connection) -> list[tuple[str, Decimal, Decimal]]:
    """The whole history, and a range that begins and ends inside months; each dimension and each month's end."""
    last = day_of(organization)
    assert not Unsettled.objects.filter(connection=connection).exists()
    assert_sums_are_rows(connection)
    table = []
    for first, end in ((last - timedelta(days=HISTORY), last), (last - timedelta(days=17), last - timedelta(days=3))):
        truth = told(organization, first, end)
        stored = Cost.objects.filter(connection=connection, day__gte=first, day__lte=end).aggregate(Sum("amount"))
        assert abs(amount(stored["amount__sum"]) - truth) <= Decimal("0.00001"), (first, end)
        for by in spend.figures.DIMENSIONS:
            shown = lines(by, first, end)
            assert shown == amount(stored["amount__sum"]), (by, first, end)
            table.append((f"{by}, {first} to {end}", truth, shown))
    return table


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(
    seed=st.integers(1, 10_000),
    refused=st.sampled_from(REFUSED),
    text=st.booleans(),
    changes=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(("0", "0.25", "0.5", "1.7", "3"))), min_size=1, max_size=3
    ),
)
@pytest.mark.django_db(transaction=True)
def test_every_dimension_sums_to_the_vendors_own_answer_and_still_does_when_it_changes(
    seed: int, refused: tuple[str, ...], text: bool, changes: list[tuple[int, str]],
    serve: Callable[[Organization], Any], sync: Callable[..., Any], capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    organization = organization_of(seed, refused, text=text)
    with serve(organization) as connection:
        try:
            assert sync(connection).state in ("complete", "partial")
            assert_reconciled(organization, connection)
            for ago, factor in changes:
                if ago < 7:  # what is restated later than the vendor says it may be is read with its month's end
                    organization.restate_day(organization.now - ago * DAY, factor)
            drift(organization, seed, access=True)
            sync(connection)
            table = assert_reconciled(organization, connection)
            with capsys.disabled():
                show(f"seed {seed}, refused {', '.join(refused) or 'nothing'}", table)
        finally:
            connection.delete()


def show(title: str, table: list[tuple[str, Decimal, Decimal]]) -> None:
    print(f"\n{title:60} {'vendor':>16} {'shown':>16}")
    for what, truth, shown in table[:6]:
        print(f"  {what:58} {truth:16.4f} {shown:16.4f}")
