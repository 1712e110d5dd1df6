"""The months of one project, key or person: what each came to, and how it is known."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import msgspec

from seatwise.store import sums
from seatwise.store.models import Connection
from seatwise.store.sums import ONE, Span, next_month

from .coverage import Coverage, coverage_of
from .errors import NotFound, Refusal
from .money import decimal, today
from .rights import Actor, Permission, require
from .spend_figures import NARROWING

MONTHS = 12


class Month(msgspec.Struct, frozen=True):
    """`month` is its first day. `methods` are the amounts by how a person came by them, None for other dimensions;
    `known` is whether all its days are read, `running` whether it has not ended."""

    month: date
    amount: str
    methods: dict[str, str] | None
    known: bool
    running: bool


class Months(msgspec.Struct, frozen=True):
    """Of one currency, the newest month last. `amount` is what they sum to, `largest` the largest of them."""

    currency: str
    amount: str
    largest: str
    months: list[Month]


class MonthsOf(msgspec.Struct, frozen=True):
    """`currencies` is empty where nothing was spent."""

    dimension: str
    id: str
    connection: str
    currencies: list[Months]
    coverage: Coverage | None


def months_of(operator: Actor, *, dimension: str, key: str, connection: int, months: int = MONTHS) -> MonthsOf:
    """The last months of one key of a dimension (project, person, api_key, model or line_item) in a connection, by its
    number here. Raises NotFound and Refusal."""
    require(operator, Permission.SEE_SPEND)
    row = Connection.objects.filter(pk=connection).first()
    if row is None:
        raise NotFound(f"There is no connection with the number {connection}.")
    if dimension not in NARROWING:
        raise Refusal(f"Spend is not kept by {dimension}.", fields={"dimension": f"One of {', '.join(NARROWING)}."})
    now = today()
    starts = _last_months(now, max(1, min(months, 60)))
    found = sums.of_months(dimension, [connection], starts[0], starts[-1], key)
    coverage = next(iter(coverage_of([connection], Span(starts[0], now), by=[dimension])), None)
    cells: dict[str, dict[date, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for each in found:
        if each.amount and each.day:
            cells[each.currency][each.day][each.method] = each.amount
    currencies = [_months(currency, cells[currency], starts, coverage, dimension) for currency in sorted(cells)]
    return MonthsOf(dimension, key, row.name, currencies, coverage)


def _months(
    currency: str, cells: dict[date, dict[str, int]], starts: Sequence[date], coverage: Coverage | None, dimension: str
) -> Months:
    now, listed, amounts = today(), [], []
    for month in starts:
        methods = cells.get(month, {})
        amounts.append(sum(methods.values()))
        last = min(next_month(month) - ONE, now)
        listed.append(
            Month(
                month=month,
                amount=decimal(amounts[-1]),
                methods={name: decimal(n) for name, n in sorted(methods.items())} if dimension == "person" else None,
                known=coverage is not None and coverage.covers(month, last),
                running=next_month(month) > now,
            )
        )
    while len(listed) > 1 and not cells.get(listed[0].month):  # begins with the first month of any spend
        listed.pop(0)
    return Months(currency, decimal(sum(amounts)), decimal(max(amounts)), listed)


def _last_months(now: date, count: int) -> list[date]:
    months = [now.replace(day=1)]
    while len(months) < count:
        months.append((months[-1] - ONE).replace(day=1))
    return months[::-1]
