"""What the month will come to, in a way that can be checked with a pencil: what its complete days cost, and for each
day that is left the median of the same weekday, from the last weeks. No figure where too few days are known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median
from typing import NamedTuple

import msgspec

from seatwise.store import sums
from seatwise.store.sums import ONE, Span, next_month

from .coverage import Coverage, complete, coverage_of
from .money import decimal, today
from .rights import Actor, Permission, require
from .spend import connections_of

LOOKED_BACK = 42
"""Days: six of each weekday."""
FEWEST = 7
"""Complete days below which nothing is said."""


class Forecast(msgspec.Struct, frozen=True):
    """One currency's month. `to_date` is what its complete days cost; `left` how many days are still to come, today
    included; `amount` what the month comes to at this pace, `low` and `high` the same with the lower and the upper
    quarter of the days instead of their median; all three None where fewer than a week is known, and `why` says so."""

    currency: str
    month: date
    to_date: str
    left: int
    amount: str | None
    low: str | None
    high: str | None
    why: str


class Basis(NamedTuple):
    """What a forecast of today's month stands on: the connections that are still connected, and the first of the days
    that are completely read of all of them, up to yesterday. `why` says why there can be none."""

    live: list[int]
    first: date
    why: str


def forecast(operator: Actor, *, connection: str = "") -> list[Forecast]:
    """The current month, for each currency that anything was spent in lately. A connection that is disconnected spends
    unseen: what it had spent counts, and no more is expected of it. Raises NotFound."""
    require(operator, Permission.SEE_SPEND)
    connections, now = connections_of(connection), today()
    spent: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    lately: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    basis = basis_of(coverage_of(connections, Span(now, now)), now)
    for each in sums.of_days("total", connections, looked_back(now)) if connections else []:
        if each.day:
            spent[each.currency][each.day] += each.amount
            lately[each.currency][each.day] += each.amount if each.connection_id in basis.live else 0
    return [_forecast(currency, days, lately[currency], basis, now) for currency, days in sorted(spent.items())]


def looked_back(now: date) -> Span:
    """The days before today that a forecast reads."""
    return Span(now - LOOKED_BACK * ONE, now - ONE)


def basis_of(coverage: Sequence[Coverage], now: date) -> Basis:
    """From how far the costs of connections are read, whatever the range they were asked for."""
    read = complete(coverage)
    live = [each.connection_id for each in read]
    first = max([each.first or now for each in read] + [looked_back(now).first]) if read else now
    if not read:
        return Basis(live, first, "No account is connected that tells what it costs.")
    for each in read:
        if each.first is None or each.last is None:
            return Basis(live, first, f"The costs of {each.connection} were not read yet.")
        if each.first > now.replace(day=1):
            return Basis(live, first, f"The costs of {each.connection} are not read before {each.first}.")
        if each.last < now - ONE:
            return Basis(live, first, f"The costs of {each.connection} are not read completely up to yesterday.")
    few = f"Only {(now - first).days} complete days are known; it takes {FEWEST}."
    return Basis(live, first, few if (now - first).days < FEWEST else "")


def _forecast(
    currency: str, spent: Mapping[date, int], lately: Mapping[date, int], basis: Basis, now: date
) -> Forecast:
    month, left = now.replace(day=1), (next_month(now) - now).days
    to_date = sum(amount for day, amount in spent.items() if day >= month)
    if basis.why:
        return Forecast(currency, month, decimal(to_date), left, None, None, None, basis.why)
    low, middle, high = (to_date + more for more in to_come(lately, basis.first, now))
    why = (
        f"The complete days of this month, and for each of the {left} days left the median of the same weekday in "
        f"the last {(now - basis.first).days} days."
    )
    return Forecast(currency, month, decimal(to_date), left, decimal(middle), decimal(low), decimal(high), why)


def to_come(days: Mapping[date, int], first: date, now: date) -> tuple[int, int, int]:
    """What the days left of the month cost at this pace, today included: by the lower quarter, the median and the upper
    quarter of the same weekday in the days from `first` to yesterday. There is at least one of those."""
    known = [first + n * ONE for n in range((now - first).days)]
    left = [now + n * ONE for n in range((next_month(now) - now).days)]
    paces = {weekday: sorted(days.get(day, 0) for day in known if day.weekday() == weekday) for weekday in range(7)}
    every = sorted(days.get(day, 0) for day in known)
    low, middle, high = (sum(pace(paces[day.weekday()] or every) for day in left) for pace in (_lower, _middle, _upper))
    return low, middle, high


def _lower(amounts: list[int]) -> int:
    return amounts[(len(amounts) - 1) // 4]


def _middle(amounts: list[int]) -> int:
    return int(median(amounts))


def _upper(amounts: list[int]) -> int:
    return amounts[-((len(amounts) - 1) // 4) - 1]
