"""Spend by day as bars: one figure each, drawn without a style, with the same figures as a table."""

from decimal import Decimal
from typing import NamedTuple

from seatwise.services.key_spend import CurrencySpend, KeySpend
from seatwise.web.words import money

HEIGHT, STEP = 60, 10
"""Of the drawing, in its own units."""


class Bar(NamedTuple):
    """`amount` is the exact decimal string, `said` what people read."""

    x: int
    y: int
    height: int
    day: str
    amount: str
    said: str


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
        said = money(day.amount, spend.currency)
        bars.append(Bar(number * STEP, HEIGHT - height, height, str(day.day), day.amount, said))
    return Chart(spend.currency, spend.amount, bars, len(days) * STEP)
