"""What a budget comes to: spent so far and forecast, from the sums that sync keeps. Amounts as in the columns."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Q, Sum

from seatwise.store.models import Budget, Connection, SpendDay, SpendMonth
from seatwise.store.sums import Span

from .coverage import Coverage
from .forecast import basis_of, looked_back, to_come

DIMENSIONS = {
    "all": "total", "connection": "total", "project": "project", "person": "person", "key": "api_key",
    "model": "model",
}  # fmt: skip
"""Scope: which sums it is about."""


def connections_of(budget: Budget) -> list[int]:
    """The connections it is about: its own, or all there are, the disconnected ones too, which have spent as well."""
    if budget.connection_id:
        return [budget.connection_id]
    return list(Connection.objects.order_by("pk").values_list("pk", flat=True))


def spent(budget: Budget, connections: Sequence[int], month: date) -> int:
    dimension, key = _what(budget)
    rows = SpendMonth.objects.filter(_of(connections, dimension, key, budget.currency), month=month)
    return rows.aggregate(amount=Sum("amount"))["amount"] or 0


def forecast(budget: Budget, coverage: Sequence[Coverage], today: date) -> int | None:
    """Of today's month, by the same rule as the forecast of all spend, from how far its connections are read. None
    where too little is known. A connection that is disconnected spends unseen: what it had spent counts, and no more is
    expected of it."""
    basis = basis_of(coverage, today)
    if basis.why:
        return None
    dimension, key = _what(budget)
    span = Span(looked_back(today).first, today)
    days = daily_spend([each.connection_id for each in coverage], dimension, key, budget.currency, span)
    lately = daily_spend(basis.live, dimension, key, budget.currency, span)
    to_date = sum(amount for day, amount in days.items() if today.replace(day=1) <= day < today)
    return to_date + max(to_come(lately, basis.first, today)[1], days.get(today, 0))


def daily_spend(
    connections: Sequence[int], dimension: str, key: str | None, currency: str, span: Span
) -> dict[date, int]:
    """Amounts by day, of one dimension's key (None: of all)."""
    rows = SpendDay.objects.filter(_of(connections, dimension, key, currency), day__gte=span.first, day__lte=span.last)
    return dict(rows.order_by().values_list("day").annotate(total=Sum("amount")))


def other_currencies(budget: Budget, connections: Sequence[int], month: date) -> list[str]:
    """Currencies that the same things cost as well: what is spent in them is not counted."""
    dimension, key = _what(budget)
    rows = SpendMonth.objects.filter(connection__in=connections, dimension=dimension, month=month)
    rows = rows if key is None else rows.filter(key=key)
    return sorted(set(rows.exclude(currency=budget.currency).exclude(amount=0).values_list("currency", flat=True)))


def percent(part: int, budget: Budget) -> int:
    """Rounded down, so that 100 is said when it is all, and not before."""
    return part * 100 // budget.amount


def month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _what(budget: Budget) -> tuple[str, str | None]:
    """Dimension, and key: None where all of its keys count."""
    return DIMENSIONS[budget.scope], budget.subject if budget.scope in ("project", "person", "key", "model") else None


def _of(connections: Sequence[int], dimension: str, key: str | None, currency: str) -> Q:
    found = Q(connection__in=connections, dimension=dimension, currency=currency)
    return found if key is None else found & Q(key=key)
