"""Who a day's costs belong to, by the best method for each row: what the vendor reports per user, else the owner of the
key, else by the share of tokens within project, model and day. What is left is nobody's: persons sum to the bill.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db.models import F, Sum

from seatwise.store.models import Cost, Key, Usage

Sums = dict[tuple[str, str, str], int]
"""(person, method, currency) → amount; nobody's under ''."""


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


def persons(connection_id: int, day: date, owners: Mapping[str, str]) -> Sums:
    """The day's cost by person and method. It sums to the day's total, exactly."""
    sums: Sums = defaultdict(int)
    for part in parts(connection_id, day, owners):
        sums[part.person, part.method, part.currency] += part.amount
    return sums


def parts(connection_id: int, day: date, owners: Mapping[str, str], **narrowed: Any) -> Iterator[Part]:
    """The day's costs, or those `narrowed` by conditions on their columns, each part with whom it belongs to."""
    shares: dict[tuple[str, str], dict[str, int]] | None = None
    costs = Cost.objects.filter(connection_id=connection_id, day=day, **narrowed).order_by()
    grouped = costs.values_list("user_id", "api_key_id", "project_id", "model", "currency").annotate(Sum("amount"))
    for user, key, project, model, currency, amount in grouped:
        place = (project or "", model or "")
        if user:
            yield Part(*place, user, "reported", currency, amount)
        elif owner := owners.get(key or ""):
            yield Part(*place, owner, "key_owner", currency, amount)
        elif key is None:
            shares = _shares(connection_id, day) if shares is None else shares
            for person, part in split(amount, shares.get(place, {})).items():
                yield Part(*place, person, "token_share" if person else "", currency, part)
        else:  # a service account's key: what a machine costs is nobody's
            yield Part(*place, "", "", currency, amount)


def split(amount: int, shares: dict[str, int]) -> dict[str, int]:
    """An amount by shares, to the last unit: what does not divide goes to the largest. Nobody's where there is none."""
    whole = sum(shares.values())
    if not whole:
        return {"": amount}
    split = {person: amount * share // whole for person, share in shares.items()}
    split[max(shares, key=lambda person: (shares[person], person))] += amount - sum(split.values())
    return split


def _shares(connection_id: int, day: date) -> dict[tuple[str, str], dict[str, int]]:
    """Tokens by (project, model) and person; '' is the part that names no person."""
    used = Usage.objects.filter(connection_id=connection_id, day=day).order_by()
    tokens = Sum(F("input_tokens") + F("output_tokens"))
    shares: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for project, model, user, count in used.values_list("project_id", "model", "user_id").annotate(tokens=tokens):
        if count:
            place = shares[project or "", model or ""]
            place[user or ""] = place.get(user or "", 0) + count
    return shares
