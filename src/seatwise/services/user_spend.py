"""What users spent this month, for their lists: read from the sums, so that no other month's figure is taken for it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from seatwise.store.models import SpendMonth
from seatwise.store.sums import ONE, Span

from .coverage import covered, unsettled
from .money import decimal, today

Spent = tuple[str | None, str | None]


def month_spend(rows: Sequence[Any]) -> dict[int, Spent]:
    """Our key of each user: the amount and its currency; of several currencies the largest amount. Zero where nothing
    is attributed to the user; left out where the days of the month up to yesterday (on its first day: that day) are not
    all read, or their persons not all worked out."""
    month = today().replace(day=1)
    users = [row for row in rows if row.kind != "invite"]
    ids, connections = {row.vendor_id for row in users}, {row.connection_id for row in users}
    days = Span(month, max(month, today() - ONE))
    known = covered(connections, days)
    usual = dict.fromkeys(known - unsettled(known, days), "")
    totals = SpendMonth.objects.filter(connection__in=list(usual), dimension="total", month=month, key="")
    usual |= dict(totals.order_by("amount").values_list("connection_id", "currency"))
    sums = SpendMonth.objects.filter(connection__in=list(usual), dimension="person", month=month, key__in=ids)
    spent: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for connection, key, currency, amount in sums.values_list("connection_id", "key", "currency", "amount"):
        spent[connection, key][currency] += amount
    found: dict[int, Spent] = {}
    for row in users:
        amounts = spent.get((row.connection_id, row.vendor_id)) or {usual.get(row.connection_id, ""): 0}
        if row.connection_id in usual:
            currency = max(amounts, key=lambda name: amounts[name])
            found[row.pk] = decimal(amounts[currency]), currency or None
    return found
