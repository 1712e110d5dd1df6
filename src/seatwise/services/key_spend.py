"""What keys cost by day, as far as the vendor names the key a cost belongs to."""

from collections.abc import Sequence
from datetime import date

import msgspec

from seatwise.store.models import Connection, SpendDay
from seatwise.store.sums import ONE, of_keys

from .coverage import coverage_of
from .money import decimal, span_of, today


class DaySpend(msgspec.Struct, frozen=True):
    """`amount` is a decimal string."""

    day: date
    amount: str


class CurrencySpend(msgspec.Struct, frozen=True):
    """`days` are all days of the range, from the latest; a day without a cost is 0.00."""

    currency: str
    amount: str
    days: list[DaySpend]


class KeySpend(msgspec.Struct, frozen=True):
    """From `first` to `last`, UTC days both included. `attributed` is false where the vendor named no key for any cost
    of these days: then what a key cost is unknown. `problems` say why days may be missing."""

    first: date
    last: date
    currencies: list[CurrencySpend]
    attributed: bool
    problems: list[str]


def spend_of_keys(connection: Connection, keys: Sequence[str], days: int) -> KeySpend:
    """The sum of these keys, by the vendor's ids, over the last days; today is not over."""
    span = span_of(start=today() - (days - 1) * ONE, end=today())
    sums: dict[str, dict[date, int]] = {}
    for each in of_keys("api_key", {connection.pk: list(keys)}, span, daily=True):
        if each.day is not None:
            of = sums.setdefault(each.currency, {})
            of[each.day] = of.get(each.day, 0) + each.amount
    every = [span.last - number * ONE for number in range(span.days)]
    of_range = SpendDay.objects.filter(connection=connection, dimension="api_key", day__gte=span.first)
    return KeySpend(
        first=span.first,
        last=span.last,
        currencies=[
            CurrencySpend(
                currency, decimal(sum(of.values())), [DaySpend(day, decimal(of.get(day, 0))) for day in every]
            )
            for currency, of in sorted(sums.items())
        ],
        attributed=of_range.filter(day__lte=span.last).exclude(key="").exists(),
        problems=[each.message for each in coverage_of([connection.pk], span, by=["api_key"]) if each.message],
    )
