"""What the month will come to, in a way that can be checked with a pencil: what its complete days cost, and for each
day that is left the median of the same weekday, from the last weeks. No figure where too few days are known."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from statistics import median

import msgspec

from seatwise.store import sums
from seatwise.store.sums import ONE, Span, next_month

from .coverage import coverage_of
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


def forecast(operator: Actor, *, connection: str = "") -> list[Forecast]:
    """The current month, for each currency that anything was spent in lately."""
    require(operator, Permission.SEE_SPEND)
    connections, now = connections_of(connection), today()
    months = now.replace(day=1)
    span = Span(min(months, now - timedelta(days=LOOKED_BACK)), now - ONE)
    read = coverage_of(connections, Span(now, now))
    unread = [each for each in read if gap(each.covered_from, each.covered_to, now)]
    days: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for each in sums.of_days("total", connections, span) if connections else []:
        if each.day:
            days[each.currency][each.day] += each.amount
    first = max((each.covered_from or now for each in read), default=now)
    said = f"The costs of {unread[0].connection} are not read up to yesterday." if unread else ""
    return [_forecast(currency, some, max(first, span.first), now, said) for currency, some in sorted(days.items())]


def gap(first: date | None, last: date | None, now: date) -> bool:
    """Whether the month's complete days are not all read."""
    if first is None or last is None:
        return True
    return first > now.replace(day=1) or last < now - ONE


def _forecast(currency: str, days: Mapping[date, int], first: date, now: date, unread: str) -> Forecast:
    month = now.replace(day=1)
    after = next_month(now)
    to_date = sum(amount for day, amount in days.items() if day >= month)
    left = [now + n * ONE for n in range((after - now).days)]
    known = [first + n * ONE for n in range((now - first).days)]
    if unread or len(known) < FEWEST:
        why = unread or f"Only {len(known)} complete days are known; it takes {FEWEST}."
        return Forecast(currency, month, decimal(to_date), len(left), None, None, None, why)
    low, middle, high = (to_date + more for more in to_come(days, first, now))
    why = (
        f"The complete days of this month, and for each of the {len(left)} days left the median of the same weekday in "
        f"the last {len(known)} days."
    )
    return Forecast(currency, month, decimal(to_date), len(left), decimal(middle), decimal(low), decimal(high), why)


def to_come(days: Mapping[date, int], first: date, now: date) -> tuple[int, int, int]:
    """What the days left of the month cost at this pace, today included: by the lower quarter, the median and the upper
    quarter of the same weekday in the days from `first` to yesterday. There is at least one of those."""
    after = next_month(now)
    known = [first + n * ONE for n in range((now - first).days)]
    left = [now + n * ONE for n in range((after - now).days)]
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
