"""What was used and what it cost, by UTC day: written by `sync` alone. Amounts are integers of 10⁻¹⁰ of the currency,
because SQLite has no decimals and floats lose cents over sums.
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from django.db import models

TEN_BILLIONTHS = Decimal(10) ** 10


def ten_billionths(amount: Decimal) -> int:
    """An amount as the column holds it. Raises ValueError for one that is no number."""
    if not amount.is_finite():
        raise ValueError(f"{amount} is no amount")
    return int((amount * TEN_BILLIONTHS).to_integral_value(ROUND_HALF_EVEN))


def amount(value: int | None) -> Decimal:
    """The other way."""
    return Decimal(value or 0) / TEN_BILLIONTHS


def rank(month: date, value: int) -> int:
    """A month and what was spent in it as one number that sorts: a later month above all of an earlier one, then by
    amount, to the millionth. The order of long lists of users is made of it; what they show is read from the sums."""
    months = (month.year - 2020) * 12 + month.month
    return months * 10**16 + 5 * 10**15 + max(-(10**15), min(value // 10**4, 10**15))


def model_of(line_item: str | None) -> str | None:
    """The model a line item begins with: 'gpt-4o-2024-08-06, input'. Free text that changes: no sum relies on it."""
    return (line_item or "").split(",")[0].strip() or None


class DayRow(models.Model):
    """A row of a series: one day, one `slot` (a hash of what the vendor groups by)."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    stream = models.CharField(max_length=40)
    day = models.DateField()
    slot = models.BigIntegerField()
    hash = models.BigIntegerField()
    project_id = models.CharField(max_length=200, null=True)
    user_id = models.CharField(max_length=200, null=True)
    api_key_id = models.CharField(max_length=200, null=True)

    class Meta:
        abstract = True


class Usage(DayRow):
    model = models.CharField(max_length=200, null=True)
    requests = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    quantity = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=20, null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "day", "stream", "slot", name="usage_once")]
        indexes = [models.Index(fields=("connection", "user_id", "day"), name="usage_of_user")]


class UsageDay(models.Model):
    """A day's usage of one stream summed along one `dimension` (project, api_key or model), kept in the transaction
    that replaces the day's usage. `key` is empty for what names none; `unit` for what has none."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    dimension = models.CharField(max_length=12)
    day = models.DateField()
    stream = models.CharField(max_length=40)
    key = models.CharField(max_length=200, blank=True, default="")
    unit = models.CharField(max_length=20, null=True)
    requests = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    quantity = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "dimension", "day", "stream", "key", name="usage_day_once")
        ]


class Cost(DayRow):
    """`model` is what the line item begins with."""

    line_item = models.TextField(null=True)
    model = models.TextField(null=True)
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=8)
    quantity = models.TextField(null=True)
    quantity_unit = models.TextField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "day", "stream", "slot", name="cost_once")]
        indexes = [
            models.Index(fields=("connection", "project_id", "day"), name="cost_of_project"),
            models.Index(fields=("connection", "api_key_id", "day"), name="cost_of_key"),
        ]


class Spend(models.Model):
    """What screens read: costs summed along one `dimension` (total, project, api_key, line_item, model, person or
    method). Kept in the transaction that replaces a day's costs. `key` is the vendor's id or word, empty for what is
    attributed to nobody and nothing; `method` is how a person came by it: reported, key_owner or token_share. Persons
    always sum to the total: what is not worked out yet (`Unsettled`) is nobody's. The dimension `method` sums the
    persons by method alone."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    dimension = models.CharField(max_length=12)
    key = models.TextField(blank=True, default="")
    method = models.CharField(max_length=12, blank=True, default="")
    currency = models.CharField(max_length=8)
    amount = models.BigIntegerField()

    class Meta:
        abstract = True


class SpendDay(Spend):
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "connection", "dimension", "day", "key", "method", "currency", name="spend_day_once"
            )
        ]
        indexes = [models.Index(fields=("connection", "dimension", "key", "day"), name="spend_day_of_key")]


class SpendMonth(Spend):
    """By calendar month (`month` is its first day): for long ranges, which are added up by key from the index alone."""

    month = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "connection", "dimension", "month", "key", "method", "currency", name="spend_month_once"
            )
        ]
        indexes = [
            models.Index(
                fields=("connection", "dimension", "key", "month", "currency", "amount"), name="spend_month_of_key"
            )
        ]


class Unsettled(models.Model):
    """A day whose persons are still to be worked out: written with its costs or usage, taken away with the result."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "day", name="unsettled_once")]


class Edition(models.Model):
    """Which edition a connection's `kind` of rows (usage or costs) and their sums are of: another `number` after every
    transaction that changed them. What was worked out from them stays true until then."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=10)
    number = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", name="edition_once")]
