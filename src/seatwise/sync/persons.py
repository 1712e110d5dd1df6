"""Who a day's costs belong to, by the best method for each row: what the vendor reports per user, else the owner of the
key, else by the share of tokens: of that key on that day where any are known, or else within project, model and day.
What is left is nobody's: persons sum to the bill.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import CharField, F, Func, Sum

from seatwise.store.models import Cost, Key, Usage

Sums = dict[tuple[str, str, str], int]
"""(person, method, currency) → amount; nobody's under ''."""
Place = tuple[str, ...]
"""Day, project, model; or day, key."""
Shares = Mapping[Place, dict[str, int]]
"""Tokens of a place by person; '' is the part that names no person."""
NAMED = 500
"""Keys up to which a question names them; of more, all are read."""


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
    """Key → the user who owns it, '' where that is a machine. Keys that are gone count too: what they cost is still
    their owner's. One that is missing here was deleted before it was ever listed, or names no owner."""
    keys = Key.objects.filter(connection_id=connection_id, owner_kind__in=("user", "service_account"))
    told = keys.exclude(owner_id=None).values_list("vendor_id", "owner_kind", "owner_id")
    return {key: owner if kind == "user" else "" for key, kind, owner in told if owner}


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
    costs = Cost.objects.filter(connection_id=connection_id, day__in=day__in, **narrowed).order_by()
    grouped = costs.values_list(AS_TEXT, "user_id", "api_key_id", "project_id", "model", "currency")
    open_rows = []
    for row in grouped.annotate(Sum("amount")):
        day, user, key, project, model, currency, amount = row
        place = (project or "", model or "")
        if user:
            yield day, Part(*place, user, "reported", currency, amount)
        elif owner := owners.get(key or ""):
            yield day, Part(*place, owner, "key_owner", currency, amount)
        elif key in owners:  # what a machine costs is nobody's
            yield day, Part(*place, "", "", currency, amount)
        else:
            open_rows.append((day, key or "", place, currency, amount))
    if not open_rows:
        return
    of_keys = _of_keys(connection_id, day__in, {key for _, key, *_ in open_rows if key})
    of_places: Shares | None = None
    for day, key, place, currency, amount in open_rows:
        shares = of_keys.get((day, key))
        if shares is None:
            if of_places is None:
                of_places = _shares(connection_id, day__in, ("project_id", "model"), _placed(narrowed))
            shares = of_places.get((day, *place), {})
        for person, part in split(amount, shares).items():
            yield day, Part(*place, person, "token_share" if person else "", currency, part)


def _of_keys(connection_id: int, days: Sequence[date], keys: Collection[str]) -> Shares:
    """Tokens of these keys, whatever they were of: who used a key is told of its images, too, by its tokens."""
    if not keys:
        return {}
    few = {"api_key_id__in": keys} if len(keys) <= NAMED else {"api_key_id__isnull": False}
    return _shares(connection_id, days, ("api_key_id",), few)


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


def _shares(connection_id: int, days: Sequence[date], columns: Sequence[str], narrowed: Mapping[str, Any]) -> Shares:
    """Tokens by day, these columns and person."""
    used = Usage.objects.filter(connection_id=connection_id, day__in=days, **narrowed).order_by()
    tokens = Sum(F("input_tokens") + F("output_tokens"))
    shares: dict[Place, dict[str, int]] = defaultdict(dict)
    for day, *place, user, count in used.values_list(AS_TEXT, *columns, "user_id").annotate(tokens=tokens):
        if count:
            of_place = shares[day, *(each or "" for each in place)]
            of_place[user or ""] = of_place.get(user or "", 0) + count
    return shares
