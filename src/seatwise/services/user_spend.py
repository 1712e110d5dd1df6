"""What users spent this month, for their lists: read from the sums, so that no other month's figure is taken for it."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import F

from seatwise.store.models import SpendMonth, Stream, User

from .coverage import COSTS
from .money import decimal, today

Spent = tuple[str | None, str | None]


def month_spend(rows: Sequence[User]) -> dict[int, Spent]:
    """Our key of each user: the amount and its currency; of several currencies the largest amount. Zero where the
    month's costs are read and nothing is attributed to the user; left out where they are not."""
    month = today().replace(day=1)
    users = [row for row in rows if row.kind != "invite"]
    ids, connections = {row.vendor_id for row in users}, {row.connection_id for row in users}
    read = Stream.objects.filter(connection__in=connections, name=COSTS, covered_to__gt=month)
    read = read.filter(covered_from__lt=F("covered_to"))
    usual = dict.fromkeys(read.values_list("connection_id", flat=True), "")
    totals = SpendMonth.objects.filter(connection__in=list(usual), dimension="total", month=month, key="")
    usual |= dict(totals.order_by("amount").values_list("connection_id", "currency"))
    sums = SpendMonth.objects.filter(connection__in=connections, dimension="person", month=month, key__in=ids)
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
