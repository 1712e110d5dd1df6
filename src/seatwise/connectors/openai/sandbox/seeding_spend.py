"""Finds out who spends: a worker for every key that was ever used, and for a few people who use none."""

from collections.abc import Iterator

from .holdings import Held, Holdings, Wanted
from .people import draw
from .seeding import DAY, Plan, Population
from .spend.cast import MODELS, Post, company, steady

_MOST_POSTS = 1_500


def hire(plan: Plan, wanted: Wanted, population: Population, held: list[Held], found: Holdings) -> dict[str, int]:
    """Puts the workers into `found`; answers when each key was last used."""
    seed = draw(plan.id, plan.seed, "spend")
    if wanted.results:
        found.workers = list(steady(_teams(wanted, population, held, plan.now), seed=seed))
        last = {each.key_id: _idle_since(plan, each) for each in held if each.since is not None}
    else:
        last = {}
        found.workers = list(company(list(_posts(held)), now=plan.now, seed=seed))
    for worker in found.workers:
        if worker.api_key_id is not None:
            at = worker.last_activity(plan.now)
            if at is not None:
                last[worker.api_key_id] = max(at, last.get(worker.api_key_id, 0))
    return last


def _idle_since(plan: Plan, each: Held) -> int:
    """When a key that no steady worker uses was last used: as long ago as its owner's, or before what is measured."""
    used_at = each.owner.get("api_key_last_used_at")
    if each.until is not None or used_at is None:
        return max(each.created_at, min(each.until or plan.now, plan.now - 120 * DAY))
    return max(each.created_at, int(used_at))


def _posts(held: list[Held]) -> Iterator[Post]:
    """A post for each key that was ever used, up to a bound, and for a few people who use no key."""
    for number, each in enumerate(each for each in held if each.since is not None):
        if number >= _MOST_POSTS:
            return
        account = each.user_id is None
        user_id = each.user_id
        if account and str(each.owner["id"]).startswith("user-"):
            user_id = each.owner["id"]  # live service accounts have ids of the users' shape
        assert each.since is not None
        yield Post(each.project_id, user_id, each.key_id, each.since, each.until, account=account)
        if number % 9 == 4 and not account:
            yield Post(each.project_id, each.user_id, None, each.since, each.until)


def _teams(wanted: Wanted, population: Population, held: list[Held], now: int) -> list[tuple[str, list[Post]]]:
    """The posts of `results` workers in teams, such that their line items and ten others are `lines` in all: a
    completions worker's model has three. The first post of a team has no user."""
    count = (wanted.lines - 10) // 3
    share, rest = divmod(wanted.results, count)
    by_size = sorted(population.members, key=lambda each: -len(population.members[each]))
    keys = {(each.project_id, each.user_id or ""): each.key_id for each in held if each.since is not None}
    teams = []
    for number in range(count):
        place, turn = divmod(number, 2)
        project_id = by_size[place % len(by_size)]
        people = [each for each in population.members[project_id].ids() if each in population.people]
        since = now - 800 * DAY
        posts = [Post(project_id, None, keys.get((project_id, "")), since, account=True)]
        users = people[: share + (number < rest) - 1]
        posts += [Post(project_id, user_id, keys.get((project_id, user_id)), since) for user_id in users]
        teams.append((MODELS[(place + 4 * turn) % len(MODELS)], posts))
    return teams
