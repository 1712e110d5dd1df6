"""The days of a range as stacked bars: places in percent of the drawing, so that it fits every screen without a script.

Long ranges are drawn by month. What is negative hangs below the line.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from seatwise.services.spend import Spend
from seatwise.web import words

MOST_DAYS = 100
"""Bars beyond which a bar is a month."""
LOOKS = {"other": "other", "unattributed": "none"}


class Bar(NamedTuple):
    """One part of one column; places in percent."""

    look: str
    x: str
    y: str
    width: str
    height: str


class Column(NamedTuple):
    """One day or month. `title` is what a pointer reads, `unread` whether a part of it is not read, `running` whether
    it has not ended."""

    first: date
    last: date
    label: str
    title: str
    total: str
    cells: list[str]
    bars: list[Bar]
    x: str
    width: str
    unread: bool
    running: bool


class Tick(NamedTuple):
    at: str
    text: str
    anchor: str = "start"


class Chart(NamedTuple):
    columns: list[Column]
    lines: list[tuple[str, str, str]]
    """look, name, sum of each line"""
    ticks: list[Tick]
    marks: list[Tick]
    zero: str
    by_month: bool
    unread: bool
    summary: str


def chart(spend: Spend) -> Chart | None:
    """None where there is nothing to draw."""
    if not spend.days:
        return None
    looks = [LOOKS.get(line.kind, str(number)) for number, line in enumerate(spend.days, 1)]
    amounts = [[Decimal(amount) for amount in line.amounts] for line in spend.days]
    spans = _spans(spend.range.first, spend.range.last, spend.range.days)
    sums = [[sum(line[begin:end], Decimal(0)) for line in amounts] for begin, end in spans]
    high = max((sum((n for n in column if n > 0), Decimal(0)) for column in sums), default=Decimal(0))
    low = min((sum((n for n in column if n < 0), Decimal(0)) for column in sums), default=Decimal(0))
    steps = _steps(low, high)
    scale = _Scale(min(low, steps[0]), max(high, steps[-1]))
    columns = [_column(spend, spans, number, column, looks, scale) for number, column in enumerate(sums)]
    totals = [sum(line, Decimal(0)) for line in amounts]
    named = [(look, line.name, str(total)) for look, line, total in zip(looks, spend.days, totals, strict=True)]
    by_month = spend.range.days > MOST_DAYS
    most = max(columns, key=lambda column: Decimal(column.total))
    summary = (
        f"{len(columns)} {'months' if by_month else 'days'} of spend, the most "
        f"{words.money(most.total, spend.currency)} on {most.label}. The same figures are in the table below."
    )
    return Chart(
        columns, named, [Tick(_percent(scale.at(step)), _axis(step, spend.currency)) for step in steps],
        _marks(columns), _percent(scale.at(Decimal(0))), by_month, any(column.unread for column in columns), summary,
    )  # fmt: skip


class _Scale(NamedTuple):
    low: Decimal
    high: Decimal

    def at(self, amount: Decimal) -> float:
        """Percent from the top."""
        return float((self.high - amount) / (self.high - self.low) * 100) if self.high > self.low else 100.0


def _spans(first: date, last: date, days: int) -> list[tuple[int, int]]:
    """The columns, as slices of the days."""
    if days <= MOST_DAYS:
        return [(n, n + 1) for n in range(days)]
    starts = [n for n in range(days) if n == 0 or (first + timedelta(days=n)).day == 1]
    return list(zip(starts, [*starts[1:], days], strict=True))


def _column(
    spend: Spend,
    spans: Sequence[tuple[int, int]],
    number: int,
    amounts: Sequence[Decimal],
    looks: Sequence[str],
    scale: _Scale,
) -> Column:
    begin, end = spans[number]
    first, last = (spend.range.first + timedelta(days=n) for n in (begin, end - 1))
    slot = 100 / len(spans)
    gap = 0.18 if len(spans) > 1 else 0.6
    x, width = number * slot + slot * gap / 2, slot * (1 - gap)
    up = down = Decimal(0)
    bars = []
    for look, amount in zip(looks, amounts, strict=True):
        if not amount:
            continue
        begins = up if amount > 0 else down
        up, down = (up + amount, down) if amount > 0 else (up, down + amount)
        top, bottom = sorted((scale.at(begins), scale.at(begins + amount)))
        bars.append(Bar(look, _percent(x), _percent(top), _percent(width), _percent(max(bottom - top, 0.4))))
    total = sum(amounts, Decimal(0))
    label = f"{first:%b} {first.day}, {first.year}" if first == last else f"{first:%B %Y}"
    running = any(each.running is not None and first <= each.running <= last for each in spend.coverage)
    unread = any(not each.covers(first, last) for each in spend.coverage)
    said = ", still running" if running else ", not all read" if unread else ""
    title = f"{label}: {words.money(str(total), spend.currency)}{said}"
    cells = [str(amount) for amount in amounts]
    return Column(
        first, last, label, title, str(total), cells, bars, _percent(number * slot), _percent(slot), unread, running
    )


def _steps(low: Decimal, high: Decimal) -> list[Decimal]:
    """Three to five round amounts around what is drawn, zero among them."""
    reach = max(high, -low, Decimal("0.0001"))
    size = Decimal(10) ** (reach / 3).adjusted()
    step = next(size * n for n in (1, 2, 5, 10) if size * n * 4 >= reach)
    below, above = ((edge / step).to_integral_value(way) for edge, way in ((low, ROUND_FLOOR), (high, ROUND_CEILING)))
    return [step * n for n in range(min(int(below), 0), max(int(above), 1) + 1)]


def _axis(amount: Decimal, currency: str) -> str:
    sign = words.SIGNS.get(currency, "")
    text = f"{abs(amount):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{words.MINUS if amount < 0 else ''}{sign}{text or '0'}"


def _marks(columns: Sequence[Column]) -> list[Tick]:
    """Days under the first, the last, and a few between."""
    count = len(columns)
    places = sorted({0, count - 1, *(round((count - 1) * n / 4) for n in (1, 2, 3))} if count > 4 else {*range(count)})
    marks = []
    for place in places:
        first = columns[place].first
        text = f"{first:%b %Y}" if columns[place].last != first else f"{first:%b} {first.day}"
        middle = (place + 0.5) * 100 / count
        anchor = "start" if place == 0 and count > 4 else "end" if place == count - 1 and count > 4 else "middle"
        middle = 0 if anchor == "start" else 100 if anchor == "end" else middle
        marks.append(Tick(_percent(middle), text, anchor))
    return marks


def _percent(value: float) -> str:
    return f"{value:.3f}%"
