"""Fills projects with service accounts and keys: in use, out of use, never used, of people who have no access or have
left. A function of its arguments alone."""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from . import shapes
from .holdings import Held, Holdings, Wanted
from .people import draw, person, token
from .rows import Row, Table
from .seeding import DAY, Plan, Population
from .seeding_spend import hire

_JOBS = ("batch", "ci", "evals", "indexer", "support bot", "translator", "nightly", "webhooks")
_ELSEWHERE = 500_000
"""How far behind the people of today those stand in the directory who left."""


def hold(plan: Plan, wanted: Wanted, population: Population, access: Callable[[str, str], bool]) -> Holdings:
    """`access` says whether a user has access to a project."""
    dice = random.Random(f"{plan.seed}/access")
    found = Holdings(departed=list(_departed(plan)))
    projects = list(population.projects)
    accounts = _shares(wanted.service_accounts, len(projects), dice)
    keys = _shares(wanted.api_keys, len(projects), dice, wanted.largest)
    people, held = list(population.people.values()), list[Held]()
    for project, account_count, key_count in zip(projects, accounts, keys, strict=True):
        here = [_account(plan, project, number, dice) for number in range(account_count)]
        found.service_accounts[project["id"]] = Table(here)
        members = [
            population.people[each] for each in population.members[project["id"]].ids() if each in population.people
        ]
        able = [row for row in here if row["role"] != "none"]
        owners = _owners(able, members, people, found.departed, dice)
        held += [_held(plan, project, *each, dice) for each in enumerate(islice(owners, key_count))]
    found.deleted = held[:: max(20, len(held) // 200)] if not wanted.results else []
    for each in found.deleted:
        each.until = min(each.until or plan.now, plan.now - 7 * DAY)
    gone = {each.key_id for each in found.deleted}
    last = hire(plan, wanted, population, held, found)
    for each in held:
        if each.key_id not in gone:
            there = population.members[each.project_id]
            role = there[each.user_id]["role"] if each.user_id is not None and each.user_id in there else None
            found.api_keys.setdefault(each.project_id, []).append(_listed(plan, each, role, last, access))
    _see_uses(found, held, last)
    return found


def _departed(plan: Plan) -> Iterator[Row]:
    for number in range((plan.users + 24) // 25):
        who = person(plan.domain, plan.first_person + _ELSEWHERE + number)
        lot = draw(plan.id, plan.seed, "departed", number)
        left_at = plan.now - DAY - lot % (300 * DAY)
        joined_at = left_at - 30 * DAY - lot // 7 % (400 * DAY)
        yield {
            "object": "organization.user", "id": who.id, "name": who.name, "email": who.email, "role": "reader",
            "added_at": joined_at, "left_at": left_at,
        }  # fmt: skip


def _shares(total: int, count: int, dice: random.Random, largest: tuple[int, ...] = ()) -> list[int]:
    """`total` in `count` uneven parts; those of `largest` are some of them."""
    if not count:
        return []
    sizes = list(largest[:count])
    weights = [0.4 + dice.random() * 1.2 for _ in range(count - len(sizes))]
    left, share, filled, whole = total - sum(sizes), 0.0, 0, sum(weights)
    for weight in weights:
        share += weight
        reach = round(left * share / whole)
        sizes.append(reach - filled)
        filled = reach
    if largest:
        dice.shuffle(sizes)
    return sizes


def _account(plan: Plan, project: Row, number: int, dice: random.Random) -> Row:
    """Most have the ids seen live, a few those of the documentation."""
    name = f"{_JOBS[dice.randrange(len(_JOBS))]} {number + 1}"
    shape = "svc_acct_" if dice.randrange(5) == 0 else "user-"
    account_id = f"{shape}{token(plan.id, 'service account', project['id'], number)}"
    role = ("none", "owner", *["member"] * 7)[dice.randrange(9)]
    until = project["archived_at"] or plan.now
    created_at = project["created_at"] + dice.randrange(max(1, (until - project["created_at"]) // 2))
    return shapes.service_account(account_id, name, role=role, created_at=created_at)


def _owners(
    accounts: list[Row], members: list[Row], people: list[Row], departed: list[Row], dice: random.Random
) -> Iterator[Row]:
    """Whose the keys of a project are, without end: first each account's, then mostly members', some of people who are
    not or no longer there."""
    yield from accounts
    while True:
        lot = dice.random()
        several = (
            accounts if lot < 0.12 else
            members if lot < 0.82 else
            people if lot < 0.94 else
            departed
        ) or members or people or accounts or departed  # fmt: skip
        if not several:
            return
        yield several[int(dice.random() * len(several))]


def _held(plan: Plan, project: Row, number: int, owner: Row, dice: random.Random) -> Held:
    account = "added_at" not in owner
    end = min(project["archived_at"] or plan.now, owner.get("left_at", plan.now))
    begin = max(project["created_at"], owner["created_at" if account else "added_at"])
    begin = min(begin, end - DAY)
    created_at = begin + int(dice.random() * (end - begin) * 0.8)
    lot, share = dice.random(), dice.random()
    used_before = account or "left_at" in owner or owner.get("api_key_last_used_at") is not None
    ended = end < plan.now
    since: int | None = created_at + 600
    until: int | None = end if ended else None
    if lot < 0.15 or (not used_before and lot < 0.75):
        since = until = None
    elif not ended and lot < (0.3 if account else 0.5):
        until = created_at + int(share * (max(created_at, plan.now - 100 * DAY) - created_at)) + 2 * DAY
    key_id = f"key_{token(plan.id, 'api key', project['id'], number, length=16)}"
    return Held(project["id"], key_id, owner, None if account else owner["id"], created_at, since, until)


def _listed(plan: Plan, each: Held, role: str | None, last: dict[str, int], access: Callable[[str, str], bool]) -> Row:
    lot = draw(each.key_id)
    fields: dict[str, Any] = {}
    if lot % 6 == 0:
        fields["expires_at"] = plan.now + DAY * (2 + lot // 6 % 300)
    if each.user_id is not None and not access(each.project_id, each.user_id):
        fields["access"] = "inactive"
    return shapes.api_key(
        each.key_id,
        f"{_JOBS[lot // 7 % len(_JOBS)]} key",
        tail=each.key_id[-3:],
        owner=shapes.key_owner(each.owner, role),
        created_at=each.created_at,
        last_used_at=last.get(each.key_id),
        **fields,
    )


def _see_uses(found: Holdings, held: list[Held], last: dict[str, int]) -> None:
    working = {worker.api_key_id for worker in found.workers}
    for each in held:
        at = last.get(each.key_id)
        if at is not None and each.user_id is not None and each.key_id in working:
            found.uses[each.user_id] = max(at, found.uses.get(each.user_id, 0))
