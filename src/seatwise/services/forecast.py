"""What a month will cost: what its complete days did cost, and a usual day for each that is left.

The usual day is the median of the last complete days, which one wild day does not move.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median

from django.db.models import Max, Q, Sum

from seatwise.store.models import SpendDay, Stream

BEHIND = 28
"""Complete days a usual day is made of."""
FEWEST = 7
"""With fewer there is no telling."""
ONE = timedelta(days=1)


def forecast(daily: Mapping[date, int], *, today: date, since: date) -> int | None:
    """The month of `today` as it will have cost, in the unit of `daily` (amounts by UTC day; a day without one cost
    nothing). Days are known from `since` on. None with fewer than 7 complete ones."""
    begin = max(since, today - BEHIND * ONE)
    complete = [daily.get(begin + n * ONE, 0) for n in range((today - begin).days)]
    if len(complete) < FEWEST:
        return None
    usual = round(median(complete))
    first = today.replace(day=1)
    spent = sum(amount for day, amount in daily.items() if first <= day < today)
    left = monthrange(today.year, today.month)[1] - today.day
    return spent + max(daily.get(today, 0), usual) + usual * left


def daily_spend(
    connections: Sequence[int], dimension: str, key: str | None, currency: str, begin: date, end: date
) -> dict[date, int]:
    """Amounts (10⁻¹⁰ of the currency) by day from `begin` to before `end`, of one dimension's key (None: of all)."""
    rows = SpendDay.objects.filter(of(connections, dimension, key, currency), day__gte=begin, day__lt=end)
    return {day: amount for day, amount in rows.values_list("day").annotate(amount=Sum("amount")).order_by()}


def of(connections: Sequence[int], dimension: str, key: str | None, currency: str) -> Q:
    """The sums of one dimension's key, in one currency."""
    found = Q(connection__in=connections, dimension=dimension, currency=currency)
    return found if key is None else found & Q(key=key)


def month_forecast(
    connections: Sequence[int], dimension: str, key: str | None, currency: str, today: date
) -> int | None:
    """The forecast of these connections' month, from what is stored. None where too little is known."""
    since = known_since(connections)
    if since is None:
        return None
    begin = min(today.replace(day=1), today - BEHIND * ONE)
    daily = daily_spend(connections, dimension, key, currency, begin, today + ONE)
    return forecast(daily, today=today, since=since)


def known_since(connections: Sequence[int]) -> date | None:
    """The first day whose costs are read for all of these; None where one has none yet."""
    streams = Stream.objects.filter(connection__in=connections, name="costs", enabled=True)
    if streams.filter(covered_from=None).exists():
        return None
    found: date | None = streams.aggregate(at=Max("covered_from"))["at"]
    return found
