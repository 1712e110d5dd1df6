"""Fills groups with people, lets groups into projects, and gives out roles. A function of its arguments alone."""

import random
from dataclasses import dataclass, field

from . import shapes
from .roles import assigned, organization_roles, predefined_id, project_roles
from .rows import Row, Table
from .seeding import DAY, Plan, Population
from .state import Principal

_MOST_MEMBERS = 1_500


@dataclass(slots=True)
class Granted:
    group_members: dict[str, Table] = field(default_factory=dict)
    project_groups: dict[str, Table] = field(default_factory=dict)
    assignments: dict[Principal, Table] = field(default_factory=dict)

    def give(self, principal: Principal, row: Row) -> None:
        self.assignments.setdefault(principal, Table()).put(row)


def grant(plan: Plan, population: Population) -> Granted:
    dice, made = random.Random(f"{plan.seed}/rights"), Granted()
    people = list(population.people.values())
    groups = list(population.groups)
    size = min(_MOST_MEMBERS, max(2, len(people) // (2 * max(1, len(groups)))), len(people))
    for group in groups:
        members = dice.sample(people, min(len(people), max(1, size * (50 + dice.randrange(100)) // 100)))[
            :_MOST_MEMBERS
        ]
        made.group_members[group["id"]] = Table(map(shapes.group_user, members))
    first = people[0] if people else None
    active = [row["id"] for row in population.projects if row["status"] == "active"]
    for number, group in enumerate(groups):
        for project_id in dice.sample(active, min(len(active), number % 4)):
            _let_in(plan, made, group, project_id, "viewer" if dice.random() < 0.3 else "member", first)
    custom = [row for row in organization_roles(plan.id) if not row["predefined_role"]]
    for number, group in enumerate(groups[:3]):
        row = assigned(custom[number % len(custom)], created_at=plan.now - 20 * DAY, by=first)
        made.give((None, "group", group["id"]), row)
    for user in dice.sample(people, min(40, len(people) // 25)):
        made.give((None, "user", user["id"]), assigned(dice.choice(custom), created_at=plan.now - 10 * DAY, by=first))
    for project_id in active[:30]:
        _custom_role(plan, made, population, project_id, dice, first)
    return made


def _let_in(plan: Plan, made: Granted, group: Row, project_id: str, word: str, by: Row | None) -> None:
    created_at = plan.now - 15 * DAY
    table = made.project_groups.setdefault(project_id, Table(key="group_id"))
    table.put(shapes.project_group(project_id, group, created_at=created_at))
    role = project_roles(project_id)[predefined_id(word, project_id, in_project=True)]
    made.give((project_id, "group", group["id"]), assigned(role, created_at=created_at, by=by))


def _custom_role(
    plan: Plan, made: Granted, population: Population, project_id: str, dice: random.Random, by: Row | None
) -> None:
    """A member gets the project's custom role, where it has one."""
    members = [each for each in population.members[project_id].ids() if each in population.people]
    custom = [row for row in project_roles(project_id) if not row["predefined_role"]]
    if members and custom:
        row = assigned(custom[0], created_at=plan.now - 5 * DAY, by=by)
        made.give((project_id, "user", dice.choice(members)), row)
