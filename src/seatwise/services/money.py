"""Money and ranges of days as services give them: decimal strings with a currency beside them, UTC days both included.

Two currencies are never added.
"""

from datetime import UTC, date, datetime, timedelta

import msgspec

from seatwise.store.models.spend import TEN_BILLIONTHS
from seatwise.store.sums import ONE, Span

from .errors import Refusal

RANGES = {
    "this_month": "This month",
    "last_month": "Last month",
    "last_7_days": "Last 7 days",
    "last_30_days": "Last 30 days",
    "last_90_days": "Last 90 days",
    "this_year": "This year",
}
LONGEST = 1100
"""Days a range has at most."""
AMOUNTS = ("amount", "before", "BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
"""Columns that are amounts, in whatever file."""


class Money(msgspec.Struct, frozen=True):
    """`amount` is a decimal string, exact; `currency` lower case, as the vendor writes it."""

    amount: str
    currency: str


def decimal(value: int) -> str:
    """An amount as the columns hold it, as a decimal string: two decimals at least, and all that are not zero."""
    whole, part = divmod(abs(value), int(TEN_BILLIONTHS))
    return f"{'-' if value < 0 else ''}{whole}.{f'{part:010}'.rstrip('0').ljust(2, '0')}"


def cents(value: int) -> str:
    """An amount for sentences: with thousands and two decimals."""
    return f"{value / int(TEN_BILLIONTHS):,.2f}"


def today() -> date:
    """In UTC, as vendors count days."""
    return datetime.now(UTC).date()


def span_of(name: str = "", start: date | None = None, end: date | None = None) -> Span:
    """A range by its name in RANGES, or from `start` to `end`, which count more. Without any: this month. Days to come
    are left out. Raises Refusal."""
    now = today()
    if start is None and end is None:
        return _named(name or "this_month", now)
    last = min(end or now, now)
    first = start or last - 29 * ONE
    if first > now:
        raise Refusal("This range lies in the future: nothing was spent in it yet.", fields={"from": "Today at most."})
    if first > last:
        raise Refusal("The first day of this range is behind its last.", fields={"from": "Not behind the last day."})
    if (last - first).days >= LONGEST:
        raise Refusal(f"A range has {LONGEST} days at most.", fields={"from": "A later day."})
    return Span(first, last)


def _named(name: str, now: date) -> Span:
    month = now.replace(day=1)
    if name == "last_month":
        return Span((month - ONE).replace(day=1), month - ONE)
    days = {"last_7_days": 7, "last_30_days": 30, "last_90_days": 90}.get(name)
    begin = {"this_month": month, "this_year": now.replace(month=1, day=1)}.get(name)
    if days:
        begin = now - timedelta(days=days - 1)
    if begin is None:
        raise Refusal(f"There is no range called {name}.", fields={"range": f"One of {', '.join(RANGES)}."})
    return Span(begin, now)


def before(span: Span) -> Span:
    """As many days right before."""
    return Span(span.first - span.days * ONE, span.first - ONE)
