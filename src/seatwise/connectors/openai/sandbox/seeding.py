"""Fills an organization of any size with people, invites, projects and members: a function of its arguments alone."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from . import shapes
from .awkward import AWKWARD
from .people import draw, person, token
from .rows import Row, Table, patched

DAY = 86_400
_AGE = 900 * DAY
_SERVICES = ("ci-deploy", "nightly-evals", "github-actions", "support-bot", "data-pipeline", "search-indexer")
_TEAMS = (
    "Search",
    "Support",
    "Billing",
    "Onboarding",
    "Translation",
    "Forecasting",
    "Recruiting",
    "Legal",
    "Field Service",
)
_KINDS = ("assistant", "evals", "prototype", "production", "staging", "batch jobs")
_SHORT = ("object", "id", "name", "email", "role", "added_at", "api_key_last_used_at")
_GROUPS = ("Engineering", "Support", "Data Science", "Finance", "Legal", "Marketing", "Security", "Contractors")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything, whose, as of when. `awkward` is the share of users whose data is not tidy."""

    id: str
    domain: str
    seed: int
    now: int
    users: int
    first_person: int
    invites: int
    projects: int
    archived_projects: int
    members_per_project: int
    groups: int
    awkward: float


@dataclass(frozen=True, slots=True)
class Population:
    """`people` are short rows of the users who are no service accounts, by id: what other rooms of the seeding ask."""

    users: Table
    people: dict[str, Row]
    invites: Table
    projects: Table
    members: dict[str, Table]
    groups: Table


def populate(plan: Plan) -> Population:
    projects = list(_projects(plan))
    places = _places(plan, projects)
    members: dict[str, list[Row]] = {row["id"]: [] for row in projects}
    people: dict[str, Row] = {}
    users = Table(_met(_users(plan, places, members), people))
    return Population(
        users,
        people,
        Table(_invites(plan, users, projects)),
        Table(projects),
        {project_id: Table(rows) for project_id, rows in members.items()},
        Table(_groups(plan)),
    )


def _met(users: Iterator[Row], people: dict[str, Row]) -> Iterator[Row]:
    for row in users:
        if not row.get("is_service_account"):
            people[row["id"]] = {name: row[name] for name in _SHORT if name in row}
        yield row


def project_name(number: int) -> str:
    turn, place = divmod(number, len(_TEAMS))
    earlier = turn // len(_KINDS)
    return f"{_TEAMS[place]} {_KINDS[(place + turn) % len(_KINDS)]}" + (f" {earlier + 1}" if earlier else "")


def _projects(plan: Plan) -> Iterator[Row]:
    count = plan.projects + plan.archived_projects
    archived = (
        set(random.Random(f"{plan.seed}/archived").sample(range(1, count), plan.archived_projects))
        if count > 1
        else set()
    )
    for number in range(count):
        created_at = plan.now - _AGE + number * (_AGE // (count + 1))
        archived_at = created_at + (plan.now - created_at) // 2 if number in archived else None
        name = project_name(number - 1) if number else "Default project"
        yield shapes.project(
            f"proj_{token(plan.id, 'project', number)}", name, created_at=created_at, archived_at=archived_at
        )


def _places(plan: Plan, projects: list[Row]) -> dict[int, list[Row]]:
    """For each user by number, the projects they are in, as `{"id", "name", "role"}`; a few hold most members."""
    dice = random.Random(f"{plan.seed}/members")
    weights = [1 / (rank + 1) for rank in range(len(projects))]
    dice.shuffle(weights)
    total, filled = plan.members_per_project * len(projects), 0
    places: dict[int, list[Row]] = {}
    for project, share in zip(projects, accumulate(weights), strict=True):
        reach = round(total * share / sum(weights))
        wanted, filled = reach - filled, reach
        for number in dice.sample(range(plan.users), min(wanted, plan.users)):
            role = "owner" if dice.random() < 0.12 else "member"
            places.setdefault(number, []).append({"id": project["id"], "name": project["name"], "role": role})
    return places


def _users(plan: Plan, places: dict[int, list[Row]], members: dict[str, list[Row]]) -> Iterator[Row]:
    """Users in the order they joined; puts each into the `members` of their projects on the way."""
    step = _AGE // (plan.users + 1)
    every = round(1 / plan.awkward) if plan.awkward else 0
    for number in range(plan.users):
        added_at = plan.now - _AGE + number * step
        row = _user(plan, number, added_at, places.get(number, []))
        if every and number % every == every - 1:
            row = patched(row, shapes.user_fields(row, AWKWARD[number // every % len(AWKWARD)]))
        for place in places.get(number, ()):
            members[place["id"]].append(shapes.member(row, role=place["role"], added_at=added_at + DAY))
        yield row


def _user(plan: Plan, number: int, added_at: int, places: list[Row]) -> Row:
    who = person(plan.domain, plan.first_person + number)
    chance = draw(plan.id, plan.seed, number)
    chance, lot = divmod(chance, 1000)
    chance, role_lot = divmod(chance, 100)
    chance, ago = divmod(chance, 90 * DAY)
    if number and lot < 25:
        name = f"{_SERVICES[number % len(_SERVICES)]}-{number}"
        return shapes.user(
            who.id,
            name,
            None,
            role="reader",
            added_at=added_at,
            projects=places,
            service_account=True,
            last_used_at=max(added_at, plan.now - ago // 90),
        )
    role = "owner" if number == 0 or role_lot < 3 else "auditor" if role_lot < 5 else "reader"
    used_at = plan.now - ago if role_lot % 5 < 3 and plan.now - ago > added_at else None
    email = who.email.title() if lot in range(100, 120) else who.email
    row = shapes.user(
        who.id, who.name, email, role=role, added_at=added_at, projects=places, scim=lot % 3 == 0, last_used_at=used_at
    )
    if number == 0:
        row["is_default"] = True
    elif 25 <= lot < 35:
        row["user"]["banned"], row["user"]["banned_at"] = True, max(added_at, plan.now - ago)
    elif 35 <= lot < 60:
        row["user"]["enabled"] = False
    return row


def _invites(plan: Plan, users: Table, projects: list[Row]) -> Iterator[Row]:
    """Of ten invites two were accepted, two expired, one is past its end though still called pending, one is for
    somebody who is a member already, and four are open. Oldest first."""
    ids, active = users.ids(), [row["id"] for row in projects if row["status"] == "active"]
    for number in range(plan.invites):
        lot = number % 10
        asked = person(plan.domain, plan.first_person + plan.users + number).email
        known = users[ids[-1 - number % len(ids)]].get("email") if ids and lot in (1, 4, 7) else None
        role = "owner" if number % 17 == 3 else "reader"
        places = [(active[number % len(active)], "member")] if active and number % 3 else []
        fresh = plan.now - DAY * (plan.invites - number) // (plan.invites + 1) * 5
        invite_id = f"invite-{token(plan.id, 'invite', number)}"
        status: shapes.InviteStatus = "pending"
        email, created_at, accepted_at = asked, fresh, None
        if known and lot in (1, 4):
            status, email, created_at = "accepted", known.upper() if lot == 4 else known.title(), fresh - 30 * DAY
            accepted_at = created_at + DAY
        elif known:
            email = known.title()
        elif lot in (2, 5):
            status, created_at = "expired", fresh - 60 * DAY
        elif lot == 8:
            created_at = fresh - 20 * DAY
        yield shapes.invite(
            invite_id, email, role=role, status=status, created_at=created_at, accepted_at=accepted_at, projects=places
        )


def _groups(plan: Plan) -> Iterator[Row]:
    for number in range(plan.groups):
        name = _GROUPS[number % len(_GROUPS)] + (f" {number // len(_GROUPS) + 1}" if number >= len(_GROUPS) else "")
        created_at = plan.now - (plan.groups - number) * DAY
        yield shapes.group(
            f"group_{token(plan.id, 'group', number)}", name, created_at=created_at, scim=number % 2 == 1
        )
