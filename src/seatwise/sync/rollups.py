"""Sums that screens read, kept with the rows they sum: by day and month, by project, key, line item, model and person.

`rebuild` runs in the transaction that replaced a day's costs. Who caused a cost is worked out by `settle`, once usage
and keys of the run are there as well: what the vendor reports per user, else the owner of the key, else by the share of
tokens within project, model and day. What is left belongs to nobody, so persons always sum to the bill.
"""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db.models import Sum

from seatwise.store.models import Cost, Key, Run, SpendDay, SpendMonth, Unsettled, Usage

from .lease import held

By = tuple[str, str, str, str]
"""by, key, method, currency"""


def rebuild(connection_id: int, day: date) -> None:
    """All sums of one day but the persons'. Call in the transaction that changed its costs."""
    sums: dict[By, int] = defaultdict(int)
    costs = Cost.objects.filter(connection_id=connection_id, day=day)
    for project, key, item, currency, amount in costs.values_list(
        "project_id", "api_key_id", "line_item", "currency", "amount"
    ):
        model = model_of(item)
        for by, value in (("total", ""), ("project", project), ("api_key", key), ("line_item", item), ("model", model)):
            sums[by, value or "", "", currency] += amount
    _store(connection_id, day, sums, persons=False)
    unsettle(connection_id, day)


def unsettle(connection_id: int, day: date) -> None:
    """Notes that the persons of a day are to be worked out anew."""
    Unsettled.objects.get_or_create(connection_id=connection_id, day=day)


def settle(run: Run) -> None:
    """Works out the persons of every day that waits for it, one short transaction each."""
    waiting = Unsettled.objects.filter(connection_id=run.connection_id).order_by("-day")
    days = list(waiting.values_list("day", flat=True))
    if not days:
        return
    keys = Key.objects.filter(connection_id=run.connection_id, owner_kind="user").exclude(owner_id=None)
    owners = dict(keys.values_list("vendor_id", "owner_id"))
    for day in days:
        with held(run):
            _store(run.connection_id, day, persons(run.connection_id, day, owners), persons=True)
            Unsettled.objects.filter(connection_id=run.connection_id, day=day).delete()


def persons(connection_id: int, day: date, owners: dict[str, str | None]) -> dict[By, int]:
    """The day's cost by person and method; the remainder under no key. It sums to the day's total, exactly."""
    sums: dict[By, int] = defaultdict(int)
    costs = Cost.objects.filter(connection_id=connection_id, day=day)
    shares: dict[tuple[str, str], dict[str, int]] | None = None
    for user, key, project, item, currency, amount in costs.values_list(
        "user_id", "api_key_id", "project_id", "line_item", "currency", "amount"
    ):
        if user:
            sums["person", user, "reported", currency] += amount
        elif owner := owners.get(key or ""):
            sums["person", owner, "key_owner", currency] += amount
        elif key is None:
            shares = _shares(connection_id, day) if shares is None else shares
            for person, part in split(amount, shares.get((project or "", model_of(item)), {})).items():
                sums["person", person, "token_share" if person else "", currency] += part
        else:  # a service account's key: a machine's cost is nobody's
            sums["person", "", "", currency] += amount
    return sums


def split(amount: int, shares: dict[str, int]) -> dict[str, int]:
    """An amount by shares, to the last unit: what does not divide goes to the largest. Nobody's where there is none."""
    whole = sum(shares.values())
    if not whole:
        return {"": amount}
    parts = {person: amount * share // whole for person, share in shares.items()}
    parts[max(shares, key=lambda person: (shares[person], person))] += amount - sum(parts.values())
    return parts


def model_of(line_item: str | None) -> str:
    """The model a line item begins with: 'gpt-4o-2024-08-06, input'. Never relied on for sums."""
    return (line_item or "").split(",")[0].strip()


def _shares(connection_id: int, day: date) -> dict[tuple[str, str], dict[str, int]]:
    """Tokens by (project, model) and person; '' is the part that names no person."""
    used = Usage.objects.filter(connection_id=connection_id, day=day).order_by()
    rows = used.values_list("project_id", "model", "user_id").annotate(Sum("input_tokens"), Sum("output_tokens"))
    shares: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for project, model, user, came, went in rows:
        if came + went:
            place = shares[project or "", model or ""]
            place[user or ""] = place.get(user or "", 0) + came + went
    return shares


def _store(connection_id: int, day: date, sums: dict[By, int], *, persons: bool) -> None:
    """Replaces a day's sums, and carries the difference into its month."""
    rows = SpendDay.objects.filter(connection_id=connection_id, day=day)
    rows = rows.filter(by="person") if persons else rows.exclude(by="person")
    before = {(by, key, method, currency): (pk, amount) for pk, by, key, method, currency, amount in rows.values_list(
        "pk", "by", "key", "method", "currency", "amount")}  # fmt: skip
    moved = {at: sums.get(at, 0) - before.get(at, (0, 0))[1] for at in sums.keys() | before.keys()}
    gone = [pk for at, (pk, _) in before.items() if at not in sums]
    for begin in range(0, len(gone), 500):
        SpendDay.objects.filter(pk__in=gone[begin : begin + 500]).delete()
    SpendDay.objects.bulk_create(
        [_row(SpendDay, connection_id, at, amount, day=day) for at, amount in sums.items() if at not in before]
    )
    for at, amount in sums.items():
        if at in before and before[at][1] != amount:
            SpendDay.objects.filter(pk=before[at][0]).update(amount=amount)
    _carry(connection_id, day.replace(day=1), {at: by for at, by in moved.items() if by})


def _carry(connection_id: int, month: date, moved: dict[By, int]) -> None:
    if not moved:
        return
    rows = SpendMonth.objects.filter(connection_id=connection_id, month=month)
    known = {(by, key, method, currency): (pk, amount) for pk, by, key, method, currency, amount in rows.values_list(
        "pk", "by", "key", "method", "currency", "amount")}  # fmt: skip
    SpendMonth.objects.bulk_create(
        [_row(SpendMonth, connection_id, at, amount, month=month) for at, amount in moved.items() if at not in known]
    )
    for at, amount in moved.items():
        if at in known:
            SpendMonth.objects.filter(pk=known[at][0]).update(amount=known[at][1] + amount)


def _row(model: Any, connection_id: int, at: By, amount: int, **when: date) -> Any:
    by, key, method, currency = at
    return model(connection_id=connection_id, by=by, key=key, method=method, currency=currency, amount=amount, **when)
