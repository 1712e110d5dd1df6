"""What the vendor's ledger says and what is stored of it, in the same words."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

from seatwise.connectors.openai.sandbox import Organization, Sandbox
from seatwise.store.models import Cost, SpendDay, SpendMonth, Unsettled, Usage, UsageDay
from seatwise.store.models.spend import amount
from seatwise.store.sums import COUNTED, USED

DAY = 86_400
BY = ("project_id", "line_item", "user_id", "api_key_id")


def midnight(organization: Organization, ago: int = 0) -> int:
    return organization.now // DAY * DAY - ago * DAY


def date_of(epoch: int) -> date:
    return datetime.fromtimestamp(epoch, UTC).date()


def copied(connection) -> dict[tuple[str | None, ...], Decimal]:
    """The costs that are stored, summed by everything the vendor groups by."""
    sums: dict[tuple[str | None, ...], int] = Counter()
    for *by, value in Cost.objects.filter(connection=connection).values_list(*BY, "amount"):
        sums[tuple(by)] += value
    return {by: amount(value) for by, value in sums.items() if value}


def told(organization: Organization, days: int) -> dict[tuple[str | None, ...], Decimal]:
    """The vendor's own ledger of these days, today included."""
    spent = organization.spent(midnight(organization, days), midnight(organization) + DAY, by=BY)
    return {by: cut(value) for by, value in spent.items() if cut(value)}


def cut(value: Decimal) -> Decimal:
    """To the unit that is stored."""
    return value.quantize(Decimal("1e-10"))


def near(one: dict[tuple[str | None, ...], Decimal], other: dict[tuple[str | None, ...], Decimal]) -> bool:
    """Equal but for each row's rounding to the unit that is stored: thirty days of half a unit."""
    keys = one.keys() | other.keys()
    return all(abs(one.get(key, Decimal(0)) - other.get(key, Decimal(0))) <= Decimal("2e-9") for key in keys)


def sums_tie(connection) -> bool:
    """On every dimension, by day and by month, the sums are those of the rows."""
    rows: dict[date, int] = Counter()
    for day, value in Cost.objects.filter(connection=connection).values_list("day", "amount"):
        rows[day] += value
    wanted = {day: value for day, value in rows.items() if value}
    for dimension in ("total", "project", "api_key", "line_item", "model", "person", "method"):
        days: dict[date, int] = Counter()
        months: dict[date, int] = Counter()
        for day, value in SpendDay.objects.filter(connection=connection, dimension=dimension).values_list(
            "day", "amount"
        ):
            days[day] += value
        for month, value in SpendMonth.objects.filter(connection=connection, dimension=dimension).values_list(
            "month", "amount"
        ):
            months[month] += value
        if {day: value for day, value in days.items() if value} != wanted or sum(months.values()) != sum(rows.values()):
            return False
    return usage_ties(connection) and not Unsettled.objects.filter(connection=connection).exists()


def usage_ties(connection) -> bool:
    """On every dimension that is kept, the sums of usage are those of the rows."""
    for dimension, column in USED.items():
        rows: dict[tuple[str | date, ...], Counter[str]] = defaultdict(Counter)
        for day, stream, key, *counts in Usage.objects.filter(connection=connection).values_list(
            "day", "stream", column, *COUNTED
        ):
            rows[day, stream, key or ""].update(dict(zip(COUNTED, counts, strict=True)))
        kept = UsageDay.objects.filter(connection=connection, dimension=dimension)
        sums = {tuple(row[:3]): row[3:] for row in kept.values_list("day", "stream", "key", *COUNTED)}
        if sums != {at: tuple(counts[name] for name in COUNTED) for at, counts in rows.items()}:
            return False
    return True


def asked(vendor: Sandbox, path: str = "/organization/costs") -> list[tuple[int, int]]:
    """The windows that were asked for, in days before today."""
    today = datetime.now(UTC).date()
    found = []
    for request in vendor.requests_to(path):
        begin, end = (date_of(int(request.query[name])) for name in ("start_time", "end_time"))
        found.append(((today - begin).days, (today - end).days + 1))
    return found
