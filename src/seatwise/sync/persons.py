"""Who a day's costs belong to, by the best method for each row: what the vendor reports per user, else the owner of the
key, else by the share of tokens within project, model and day. What is left is nobody's: persons sum to the bill.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import CharField, F, Func, Sum

from seatwise.store.models import Cost, Key, Usage

Sums = dict[tuple[str, str, str], int]
"""(person, method, currency) → amount; nobody's under ''."""
Place = tuple[str, str, str]
"""Day, project, model."""


class _AsText(Func):
    """A day as 2026-05-31, whatever style of dates the server is set to."""

    template = "to_char(%(expressions)s, 'YYYY-MM-DD')"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS text)", **context)


AS_TEXT = _AsText("day")
"""A million dates take longer to make than to add up what is of them."""


class Part(NamedTuple):
    """One part of a day's cost: `person` and `method` are '' for nobody's; `amount` as the column holds it."""

    project: str
    model: str
    person: str
    method: str
    currency: str
    amount: int


def owners_of(connection_id: int) -> dict[str, str]:
    """Key → the user who owns it. Keys that are gone count too: what they cost is still their owner's."""
    keys = Key.objects.filter(connection_id=connection_id, owner_kind="user").exclude(owner_id=None)
    return {key: owner for key, owner in keys.values_list("vendor_id", "owner_id") if owner}


def persons(connection_id: int, days: Sequence[date], owners: Mapping[str, str]) -> dict[date, Sums]:
    """Each day's cost by person and method. It sums to the day's total, exactly."""
    found: dict[str, Sums] = {str(day): defaultdict(int) for day in days}
    for day, part in _parts(connection_id, owners, day__in=days):
        found[day][part.person, part.method, part.currency] += part.amount
    return {day: found[str(day)] for day in days}


def parts(
    connection_id: int, days: Sequence[date], owners: Mapping[str, str], **narrowed: Any
) -> Iterator[tuple[date, Part]]:
    """The days' costs, or those `narrowed` by conditions on their columns, each part with whom it belongs to."""
    for day, part in _parts(connection_id, owners, day__in=days, **narrowed):
        yield date.fromisoformat(day), part


def _parts(
    connection_id: int, owners: Mapping[str, str], *, day__in: Sequence[date], **narrowed: Any
) -> Iterator[tuple[str, Part]]:
    shares: dict[Place, dict[str, int]] | None = None
    costs = Cost.objects.filter(connection_id=connection_id, day__in=day__in, **narrowed).order_by()
    grouped = costs.values_list(AS_TEXT, "user_id", "api_key_id", "project_id", "model", "currency")
    for day, user, key, project, model, currency, amount in grouped.annotate(Sum("amount")):
        place = (project or "", model or "")
        if user:
            yield day, Part(*place, user, "reported", currency, amount)
        elif owner := owners.get(key or ""):
            yield day, Part(*place, owner, "key_owner", currency, amount)
        elif key is None:
            if shares is None:
                shares = _shares(connection_id, day__in, _placed(narrowed))
            for person, part in split(amount, shares.get((day, *place), {})).items():
                yield day, Part(*place, person, "token_share" if person else "", currency, part)
        else:  # a service account's key: what a machine costs is nobody's
            yield day, Part(*place, "", "", currency, amount)


def _placed(narrowed: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions that hold for usage, too. A model that is not told may be empty there."""
    return {name: value for name, value in narrowed.items() if name == "project_id" or (name == "model" and value)}


def split(amount: int, shares: dict[str, int]) -> dict[str, int]:
    """An amount by shares, to the last unit: what does not divide goes to the largest. Nobody's where there is none."""
    whole = sum(shares.values())
    if not whole:
        return {"": amount}
    split = {person: amount * share // whole for person, share in shares.items()}
    split[max(shares, key=lambda person: (shares[person], person))] += amount - sum(split.values())
    return split


def _shares(connection_id: int, days: Sequence[date], narrowed: Mapping[str, Any]) -> dict[Place, dict[str, int]]:
    """Tokens by (day, project, model) and person; '' is the part that names no person."""
    used = Usage.objects.filter(connection_id=connection_id, day__in=days, **narrowed).order_by()
    tokens = Sum(F("input_tokens") + F("output_tokens"))
    shares: dict[Place, dict[str, int]] = defaultdict(dict)
    grouped = used.values_list(AS_TEXT, "project_id", "model", "user_id").annotate(tokens=tokens)
    for day, project, model, user, count in grouped:
        if count:
            place = shares[day, project or "", model or ""]
            place[user or ""] = place.get(user or "", 0) + count
    return shares
