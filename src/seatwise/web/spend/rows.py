"""Lines of spend and usage as tables and files show them."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from seatwise.services.coverage import Coverage, in_short
from seatwise.services.money import AMOUNTS
from seatwise.services.spend import METHODS, CurrencyTotal, Spend
from seatwise.services.spend_lines import SpendLine
from seatwise.services.usage import UsageLine
from seatwise.web import words

from .filters import INTO, Filters

COLUMNS = (
    "connection", "by", "id", "name", "about", "amount", "currency", "share", "before", "reported", "key_owner",
    "token_share",
)  # fmt: skip
USAGE = (
    "connection", "family", "by", "id", "name", "about", "requests", "input_tokens", "cached_tokens", "output_tokens",
    "quantity", "unit",
)  # fmt: skip
COSTS = (
    "connection", "day", "project_id", "project", "user_id", "user", "api_key_id", "api_key", "model", "line_item",
    "amount", "currency", "quantity", "quantity_unit", "partial",
)  # fmt: skip


class Row(NamedTuple):
    """`opens` is the address a line opens into, `methods` how a person came by it."""

    line: SpendLine
    opens: str
    methods: list[tuple[str, str, str]]
    width: str
    percent: str
    change: str


def rows(spend: Spend, filters: Filters) -> list[Row]:
    several = len(spend.coverage) > 1
    return [
        Row(
            line,
            _opens(line, filters),
            [(name, METHODS[name], amount) for name, amount in line.methods.items()],
            f"{max(0.0, min((line.share or 0) * 100, 100)):.2f}%",
            _percent(line.share),
            change(line.amount, line.before),
        )
        for line in spend.lines.items
        if several or line.amount
    ]


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}".replace("-", words.MINUS)


def _opens(line: SpendLine, filters: Filters) -> str:
    """Further in: only where the answer says more than the line itself."""
    into = INTO.get(filters.by)
    if filters.by == "total":
        return filters.address(by=into, connection=line.connection, cursor=None)
    if filters.by in filters.within or (filters.within and "person" in (*filters.within, filters.by)):
        return ""
    if into in filters.within:
        into = next((other for other in ("model", "project", "line_item") if other not in filters.within), None)
    into = into or ("project" if "project" not in filters.within else "model")
    return filters.address(**{"by": into, filters.by: line.id or "unattributed"})


def change(amount: str, before: str | None) -> str:
    """How much more or less than before; nothing where that cannot be said."""
    if before is None:
        return ""
    now, then = Decimal(amount), Decimal(before)
    if then == 0:
        return "New" if now else ""
    if then < 0:
        return ""
    ratio = (now - then) / then
    if abs(ratio) < Decimal("0.005"):
        return "±0%"
    percent = f"{abs(ratio):,.0%}" if abs(ratio) < 10 else "over 1,000%"
    return f"{'+' if ratio > 0 else words.MINUS}{percent}"


def headline(spend: Spend) -> list[tuple[CurrencyTotal, str]]:
    """Each currency's total with its change."""
    return [(total, change(total.amount, total.before)) for total in spend.totals]


def notices(coverage: Sequence[Coverage]) -> list[tuple[str, Coverage]]:
    """What must be said, each thing once, the worst first."""
    tones = {
        "forbidden": "bad",
        "failed": "warn",
        "off": "warn",
        "unread": "warn",
        "behind": "warn",
        "lacking": "warn",
        "backfill": "info",
    }
    order = ("bad", "warn", "info")
    found = [(tones.get(each.problem, "info"), each) for each in in_short(coverage)]
    return sorted(found, key=lambda item: order.index(item[0]))


def cells(by: str, lines: Iterable[SpendLine]) -> Iterator[list[Any]]:
    for line in lines:
        methods = [number(line.methods.get(name)) for name in ("reported", "key_owner", "token_share")]
        known = [line.connection, by, line.id or "unattributed", line.name, line.about]
        yield [*known, number(line.amount), line.currency, line.share, number(line.before), *methods]


def number(amount: str | None) -> Decimal | None:
    """An amount as the number it is in a file."""
    return None if amount is None else Decimal(amount)


def row_cells(columns: Sequence[str], rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Costs, row by row."""
    for row in rows:
        yield [number(getattr(row, name)) if name in AMOUNTS else getattr(row, name) for name in columns]


def usage_cells(by: str, lines: Iterable[UsageLine]) -> Iterator[list[Any]]:
    for line in lines:
        yield [by if name == "by" else getattr(line, name) for name in USAGE]
