"""Spend by day as bars: one figure each, drawn without a style, with the same figures as a table."""

from decimal import Decimal
from typing import NamedTuple

from seatwise.services.key_spend import CurrencySpend, KeySpend

HEIGHT, STEP, WIDTH = 60, 10, 8
"""Of the drawing, in its own units."""


class Bar(NamedTuple):
    """`amount` is rounded for people; the exact one stands in `exact`."""

    x: int
    y: int
    height: int
    day: str
    amount: str
    exact: str


class Chart(NamedTuple):
    currency: str
    amount: str
    bars: list[Bar]
    width: int


class SpendCard(NamedTuple):
    spend: KeySpend
    charts: list[Chart]


def card(spend: KeySpend) -> SpendCard:
    return SpendCard(spend, [_chart(each) for each in spend.currencies])


def _chart(spend: CurrencySpend) -> Chart:
    """Days from the left; the tallest bar is the dearest day. A day of credits has no bar."""
    days = list(reversed(spend.days))
    most = max((Decimal(day.amount) for day in days), default=Decimal(0))
    bars = []
    for number, day in enumerate(days):
        amount = Decimal(day.amount)
        height = max(1, round(amount / most * HEIGHT)) if amount > 0 else 0
        bars.append(Bar(number * STEP, HEIGHT - height, height, str(day.day), people(day.amount), day.amount))
    return Chart(spend.currency.upper(), people(spend.amount), bars, len(days) * STEP)


def people(amount: str) -> str:
    """Two decimals, or more for less than a cent, so that what was spent is never shown as nothing."""
    value = Decimal(amount)
    if value and abs(value) < Decimal("0.01"):
        return f"{value:.6f}".rstrip("0") if abs(value) >= Decimal("0.000001") else "< 0.000001"
    return f"{value:,.2f}"
