"""Unusual spend: a day against the days before it, by median and median deviation, which wild days do not move.

Only days that are over and had time to settle are looked at, since vendors add to a day for a while.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Sum

from seatwise.store.models import Connection, SpendDay
from seatwise.store.models.spend import TEN_BILLIONTHS
from seatwise.store.sums import ONE, Span

from .alerts import Facts
from .budget_figures import daily_spend
from .conditions import Said
from .coverage import complete, coverage_of
from .money import cents
from .settings import value_of
from .spend_names import names_of

BEHIND = 28
FEWEST = 14
"""Days before it that a day is compared with, and how few of them still tell."""
AGAIN = 7
"""Days that are looked at anew, since a vendor may add to them after all."""


class Unusual(NamedTuple):
    """A day that cost more than `limit`; amounts are 10⁻¹⁰ of the currency."""

    day: date
    currency: str
    amount: int
    usual: int
    limit: int


def unusual(daily: Mapping[date, int], day: date, since: date, *, factor: int, minimum: int) -> tuple[int, int] | None:
    """The usual amount and the limit, where the day passed it: median + factor times MAD of the days before, and by at
    least `minimum` more than usual. None otherwise, and where fewer than 14 days before it are known."""
    begin = max(since, day - BEHIND * ONE)
    before = [daily.get(begin + n * ONE, 0) for n in range((day - begin).days)]
    if len(before) < FEWEST:
        return None
    usual = median(before)
    limit = usual + factor * median(abs(amount - usual) for amount in before)
    amount = daily.get(day, 0)
    return (round(usual), round(limit)) if amount > limit and amount - usual >= minimum else None


def unusual_days(connection: Connection, today: date) -> Iterator[Unusual]:
    """Of the last days that had time to settle."""
    (read,) = complete(coverage_of([connection.pk], Span(today, today))) or (None,)
    if read is None or read.first is None or read.last is None:
        return
    wait, factor = int(value_of("anomaly_wait")), int(value_of("anomaly_factor"))
    minimum = int(value_of("anomaly_minimum")) * int(TEN_BILLIONTHS)
    last = min(today - (1 + wait) * ONE, read.last)
    first = last - (AGAIN - 1) * ONE
    totals = SpendDay.objects.filter(connection=connection, dimension="total", day__gte=first, day__lte=last)
    for currency in sorted(set(totals.values_list("currency", flat=True))):
        daily = daily_spend([connection.pk], "total", None, currency, Span(first - BEHIND * ONE, last))
        for day in (first + n * ONE for n in range(AGAIN)):
            if found := unusual(daily, day, read.first, factor=factor, minimum=minimum):
                yield Unusual(day, currency, daily.get(day, 0), *found)


def say(connection: Connection, found: Unusual) -> Said:
    """With what rose most that day."""
    unit = found.currency.upper()
    facts: Facts = [
        ("Day", f"{found.day} (UTC)"),
        ("Spent", f"{cents(found.amount)} {unit}"),
        (f"Usual (median of {BEHIND} days)", f"{cents(found.usual)} {unit}"),
        ("Limit", f"{cents(found.limit)} {unit}"),
        *_risen(connection, found),
    ]
    times = f"{found.amount / found.usual:.1f} times the usual" if found.usual > 0 else "far more than usual"
    title = f"{connection.name} spent {cents(found.amount)} {unit} on {found.day}: {times}"
    query = {"range": "custom", "account": connection.pk, "from": found.day, "to": found.day}
    link = f"/spend/?{urlencode(query)}"
    return Said(title, "Look at what rose, and whether somebody meant it.", facts, link)


def _risen(connection: Connection, found: Unusual) -> Iterator[tuple[str, str]]:
    """The project, the model and the key that cost most more than on an average day before."""
    for dimension, label in (("project", "Project"), ("model", "Model"), ("api_key", "Key")):
        rows = SpendDay.objects.filter(connection=connection, dimension=dimension, currency=found.currency).order_by()
        now = dict(rows.filter(day=found.day).values_list("key", "amount"))
        earlier = rows.filter(day__gte=found.day - BEHIND * ONE, day__lt=found.day, key__in=list(now))
        before = dict(earlier.values_list("key").annotate(amount=Sum("amount")))
        rises = {key: amount - before.get(key, 0) // BEHIND for key, amount in now.items()}
        if not rises or max(rises.values()) <= 0:
            continue
        key = max(rises, key=lambda key: (rises[key], key))
        named = names_of(dimension, {connection.pk: [key]}).get((connection.pk, key))
        name = (named.name if named else None) or key or "Unattributed"
        yield f"{label} that rose most", f"{name}: +{cents(rises[key])} {found.currency.upper()}"
