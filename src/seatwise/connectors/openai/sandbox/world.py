"""One pretend organization: everything it holds, what may be done with it, and how it is made."""

from collections.abc import Callable
from typing import Self

from .history import History
from .holdings import Holdings, Wanted
from .rows import Table
from .seeding import DAY, Plan, Population, populate
from .seeding_access import hold
from .seeding_rights import Granted, grant
from .spend import Ledger
from .spending import Spending
from .truth import Truth


class Organization(Spending):
    """An organization, empty and without a key; `seeded` makes one with both. Its switches are told in `State`."""

    @classmethod
    def seeded(
        cls,
        name: str,
        id: str = "",
        *,
        users: int = 100,
        invites: int | None = None,
        projects: int | None = None,
        archived_projects: int | None = None,
        members_per_project: int | None = None,
        admin_keys: int = 3,
        groups: int = 4,
        seed: int = 0,
        now: int | None = None,
        domain: str = "",
        first_person: int = 0,
        awkward: float = 0.02,
        wanted: Wanted | None = None,
        late: bool = True,
    ) -> Self:
        """An organization of this size, the same at every call but for `now`, with one key that may do everything.

        `first_person` is where in the directory of `domain` its people begin: two organizations with overlapping
        stretches share people, with the same ids. `awkward` is the share of users with untidy data. `wanted` says how
        many service accounts and keys, and what is spent. `late`: consumption becomes known over days.
        """
        made = cls(name, id, now=now or 0, domain=domain)
        projects = max(3, users // 30) if projects is None else projects
        plan = Plan(
            id=made.id,
            domain=made.domain,
            seed=seed,
            now=made.now,
            users=users,
            first_person=first_person,
            invites=users // 8 if invites is None else invites,
            projects=projects,
            archived_projects=projects // 8 if archived_projects is None else archived_projects,
            members_per_project=min(users // 4 + 1, 60) if members_per_project is None else members_per_project,
            groups=groups,
            awkward=awkward,
        )
        made._settle(plan, wanted or _usual(plan), late)
        for number in range(admin_keys):
            made._seed_admin_key(number)
        made._people = first_person + users + plan.invites
        return made

    def _settle(self, plan: Plan, wanted: Wanted, late: bool) -> None:
        population = populate(plan)
        self.users, self.invites, self.projects = population.users, population.invites, population.projects
        self.members, self.groups = population.members, population.groups
        granted = grant(plan, population)
        self.group_members.update(granted.group_members)
        self.project_groups.update(granted.project_groups)
        self.assignments = granted.assignments
        holdings = hold(plan, wanted, population, _access(population, granted))
        self._take(holdings)
        today = plan.now - plan.now % DAY
        self.ledger = Ledger(holdings.workers, late=late, renamed_at=None if wanted.results else today - 40 * DAY)
        self._seed_policies()
        self._history = History(self, holdings, plan.now, strange=plan.awkward > 0)

    def _take(self, holdings: Holdings) -> None:
        self.service_accounts.update(holdings.service_accounts)
        for project_id, rows in holdings.api_keys.items():
            self.api_keys[project_id] = Table(rows)
            for row in rows:
                self._index_key(project_id, row)
        for user_id, at in holdings.uses.items():
            if user_id in self.users:
                user = self.users[user_id]
                if "api_key_last_used_at" in user and (user["api_key_last_used_at"] or 0) < at:
                    self.users.update(user_id, {"api_key_last_used_at": at})

    def _seed_admin_key(self, number: int) -> None:
        """The first is in daily use and has no end; of the others some were never used, some end soon."""
        if number == 0:
            self._list_admin_key("Main admin key", last_used_at=self.now - 600)
            return
        self._list_admin_key(
            f"Admin key {number + 1}",
            created_at=self.now - (30 + number * 11 % 300) * DAY,
            expires_at=self.now + (2, 12, 25, 200)[number // 2 % 4] * DAY if number % 2 else None,
            last_used_at=(None, self.now - 3 * DAY, self.now - 25 * DAY)[number % 3],
        )

    def truth(self) -> Truth:
        projects = {row["id"]: row for row in self.projects}
        open_ids = [project_id for project_id, row in projects.items() if row.get("status") != "archived"]

        def within(tables: dict[str, Table], owners: list[str]) -> dict[tuple[str, str], dict[str, object]]:
            return {(owner, row[tables[owner].key]): row for owner in owners for row in tables[owner]}

        return Truth(
            {row["id"]: row for row in self.users},
            {row["id"]: row for row in self.invites},
            projects,
            within(self.members, open_ids),
            within(self.service_accounts, open_ids),
            within(self.api_keys, open_ids),
            {row["id"]: row for row in self.admin_keys},
            {row["id"]: row for row in self.groups},
            within(self.group_members, self.groups.ids()),
            within(self.project_groups, open_ids),
        )


def _usual(plan: Plan) -> Wanted:
    projects = plan.projects + plan.archived_projects
    return Wanted(service_accounts=2 * projects, api_keys=min(plan.users // 8 + 3, 14) * projects)


def _access(population: Population, granted: Granted) -> Callable[[str, str], bool]:
    """As `has_access`, of what is being made."""
    owners = {user_id for user_id, row in population.people.items() if row.get("role") == "owner"}
    users = {project_id: set(table.ids()) for project_id, table in population.members.items()}
    for project_id, groups in granted.project_groups.items():
        for group_id in groups.ids():
            users[project_id].update(granted.group_members[group_id].ids())

    def access(project_id: str, user_id: str) -> bool:
        return user_id in population.people and (user_id in owners or user_id in users[project_id])

    return access
