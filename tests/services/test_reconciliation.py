"""Spend reconciles: on every dimension the lines sum to the rows that are stored, and these to the vendor's own answer,
whatever the vendor tells and refuses, and after it has changed its mind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import usage_ties
from seatwise.connectors.openai.sandbox import Organization, Sandbox, drift
from seatwise.services import spend
from seatwise.services.rights import SYSTEM
from seatwise.store.models import Connection, Cost, Key, SpendDay, SpendMonth, Unsettled, Usage
from seatwise.store.models.spend import amount, model_of
from seatwise.sync import lease, rollups, usage_sums

DAY = 86_400
HISTORY = 40
REFUSED = ((), ("user_id",), ("user_id", "api_key_id"), ("api_key_id",))
"""Groupings of costs an organization may not have: each falls back to a coarser one."""
HALF_A_UNIT = Decimal("0.5e-10")
"""What rounding to the unit that is stored may move a row by."""
COLUMNS = {"project": "project_id", "api_key": "api_key_id", "line_item": "line_item", "model": "model"}
FEW = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


@pytest.fixture
def serve(settings: Any, db: None) -> Callable[[Organization], Any]:
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

    return serve


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
    assert usage_ties(connection)


def assert_reconciled(organization: Organization, connection: Connection) -> list[tuple[str, Decimal, Decimal]]:
    """The whole history, and a range that begins and ends inside months; each dimension and each month's end."""
    last = day_of(organization)
    assert not Unsettled.objects.filter(connection=connection).exists()
    assert_sums_are_rows(connection)
    table = []
    for first, end in ((last - timedelta(days=HISTORY), last), (last - timedelta(days=17), last - timedelta(days=3))):
        truth = told(organization, first, end)
        rows = Cost.objects.filter(connection=connection, day__gte=first, day__lte=end)
        stored = rows.aggregate(Sum("amount"))
        assert abs(amount(stored["amount__sum"]) - truth) <= HALF_A_UNIT * rows.count(), (first, end)
        for by in spend.figures.DIMENSIONS:
            shown = lines(by, first, end)
            assert shown == amount(stored["amount__sum"]), (by, first, end)
            table.append((f"{by}, {first} to {end}", truth, shown))
    return table


def assert_as_fine_as_accepted(connection: Connection, refused: tuple[str, ...]) -> None:
    """Of two fields that are refused together alone, the user stays."""
    rows = Cost.objects.filter(connection=connection)
    assert rows.exclude(user_id=None).exists() is (refused != ("user_id",))
    assert rows.exclude(api_key_id=None).exists() is ("api_key_id" not in refused)


@settings(FEW, max_examples=6)
@given(
    seed=st.integers(1, 10_000),
    refused=st.sampled_from(REFUSED),
    accepted=st.booleans(),
    text=st.booleans(),
    changes=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(("0", "0.25", "0.5", "1.7", "3"))), min_size=1, max_size=3
    ),
)
@pytest.mark.django_db(transaction=True)
def test_every_dimension_sums_to_the_vendors_own_answer_and_still_does_when_it_changes(
    seed: int, refused: tuple[str, ...], accepted: bool, text: bool, changes: list[tuple[int, str]],
    serve: Callable[[Organization], Any], sync: Callable[..., Any], capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    organization = organization_of(seed, refused, text=text)
    with serve(organization) as connection:
        try:
            assert sync(connection).state in ("complete", "partial")
            assert_reconciled(organization, connection)
            assert_as_fine_as_accepted(connection, refused)
            if accepted:
                organization.refused_groupings.clear()
            for ago, factor in changes:
                if ago < 7:  # what is restated later than the vendor says it may be is read with its month's end
                    organization.restate_day(organization.now - ago * DAY, factor)
            drift(organization, seed, access=True)
            sync(connection)
            table = assert_reconciled(organization, connection)
            assert_as_fine_as_accepted(connection, () if accepted else refused)
            with capsys.disabled():
                show(f"seed {seed}, refused {', '.join(refused) or 'nothing'}", table)
        finally:
            connection.delete()


ROW = st.tuples(
    st.integers(0, 40), st.integers(-(10**13), 10**13), st.sampled_from((None, "p1", "p2")),
    st.sampled_from((None, "user-1", "user-2")), st.sampled_from((None, "key_1", "key_2")),
    st.sampled_from((None, "m, in", "m, out", "n")), st.sampled_from(("usd", "eur")),
)  # fmt: skip
USED = st.tuples(
    st.integers(0, 40), st.sampled_from((None, "p1", "p2")), st.sampled_from((None, "user-1", "user-3")),
    st.sampled_from(("m", "n")), st.integers(0, 1000),
)  # fmt: skip


@settings(FEW, max_examples=25)
@given(writes=st.lists(st.tuples(st.lists(ROW, max_size=12), st.lists(USED, max_size=8)), min_size=1, max_size=4))
@pytest.mark.django_db
def test_sums_are_the_rows_after_any_writes_and_persons_sum_to_the_total(
    writes: list[tuple[list[Any], list[Any]]], connection_of: Callable[..., Any]
) -> None:
    connection, newest = connection_of(), date(2026, 11, 23)
    Key.objects.create(
        connection=connection, vendor_id="key_1", hash=0, first_seen_at=datetime(2026, 1, 1, tzinfo=UTC),
        kind="project", owner_kind="user", owner_id="user-2",
    )  # fmt: skip
    days: set[date] = set()
    for costs, used in writes:
        touched = {newest - timedelta(days=row[0]) for row in costs}
        days |= touched
        Cost.objects.filter(connection=connection, day__in=touched).delete()
        for slot, (ago, value, project, user, key, line, currency) in enumerate(costs):
            Cost.objects.create(
                connection=connection, stream="costs", day=newest - timedelta(days=ago), slot=slot, hash=0,
                amount=value, project_id=project, user_id=user, api_key_id=key, line_item=line, model=model_of(line),
                currency=currency,
            )  # fmt: skip
        for slot, (ago, project, user, model, tokens) in enumerate(used):
            at = {"connection": connection, "stream": "usage_completions", "day": newest - timedelta(days=ago)}
            row = {"hash": 0, "project_id": project, "user_id": user, "model": model, "input_tokens": tokens}
            Usage.objects.update_or_create(**at, slot=slot, defaults=row)
            usage_sums.rebuild(connection.pk, at["stream"], [at["day"]])
        if touched:
            rollups.rebuild(connection.pk, sorted(touched))
        assert_sums_are_rows(connection)  # before the persons are worked out, too
        run = lease.claim(connection, "test", {})
        assert run
        rollups.place(run, set().union(*rollups.settle(run)))
        lease.release(run, "complete", "", "")
        assert_sums_are_rows(connection)
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        for first in (newest - timedelta(days=45), newest - timedelta(days=22)):
            rows = Cost.objects.filter(connection=connection, day__gte=first)
            wanted = {name: n for name, n in rows.order_by().values_list("currency").annotate(Sum("amount")) if n}
            for by in spend.figures.DIMENSIONS:
                found: dict[str, int] = defaultdict(int)
                for line in spend.export_spend(SYSTEM, by=by, start=first, connection=connection.name):
                    found[line.currency] += int(Decimal(line.amount) * 10**10)
                assert {name: n for name, n in found.items() if n} == wanted, by
            words = {key or "unattributed" for key in rows.values_list("model", flat=True)}
            within: Counter[Any] = Counter()
            for word in words:
                within.update(persons(connection, first, model=word))
            assert {at: n for at, n in within.items() if n} == persons(connection, first)
    connection.delete()


def persons(connection: Connection, first: date, **within: str) -> Counter[tuple[str | None, str]]:
    """What each person costs in each currency, where that is not nothing."""
    found: Counter[tuple[str | None, str]] = Counter()
    for line in spend.export_spend(SYSTEM, by="person", start=first, connection=connection.name, **within):
        found[line.id, line.currency] += int(Decimal(line.amount) * 10**10)
    return found


def show(title: str, table: list[tuple[str, Decimal, Decimal]]) -> None:
    print(f"\n{title:60} {'vendor':>16} {'shown':>16}")
    for what, truth, shown in table[:6]:
        print(f"  {what:58} {truth:16.4f} {shown:16.4f}")
