"""One pretend organization: what it holds now, who may ask, and the ways it changes between two syncs."""

import time
from dataclasses import dataclass, field
from typing import Any

from . import shapes
from .auth import Key, Scopes
from .people import Person, person, token
from .rows import Row, Table
from .seeding import Plan, populate, project_name
from .truth import Truth


@dataclass(eq=False)
class Organization:
    """An organization, empty and without a key; `seeded` makes one with both.

    `minimal_users` lists users with the six fields every organization gets. `allowed_ips`, unless empty, are the only
    addresses that may call. `now` (epoch seconds) stamps changes; move it to let time pass.
    """

    name: str
    id: str = ""
    now: int = 0
    domain: str = ""
    minimal_users: bool = False
    allowed_ips: set[str] = field(default_factory=set)
    users: Table = field(default_factory=Table, repr=False)
    invites: Table = field(default_factory=Table, repr=False)
    projects: Table = field(default_factory=Table, repr=False)
    members: dict[str, Table] = field(default_factory=dict, repr=False)
    groups: Table = field(default_factory=Table, repr=False)
    admin_keys: Table = field(default_factory=Table, repr=False)
    keys: list[Key] = field(default_factory=list)
    _people: int = field(default=0, repr=False)
    _made: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.id = self.id or f"org-{token('organization', self.name)}"
        self.now = self.now or int(time.time())
        words = "".join(c for c in self.name.lower() if c.isascii() and c.isalnum())
        self.domain = self.domain or f"{words or 'company'}.example"

    @classmethod
    def seeded(
        cls,
        name: str,
        id: str = "",  # noqa: A002 - the vendor's word
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
    ) -> "Organization":
        """An organization of this size, the same at every call but for `now`, with one key that may do everything.

        `first_person` is where in the directory of `domain` its people begin: two organizations with overlapping
        stretches share people, with the same ids. `awkward` is the share of users with untidy data.
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
        people = populate(plan)
        made.users, made.invites, made.projects = people.users, people.invites, people.projects
        made.members, made.groups = people.members, people.groups
        made._people = first_person + users + plan.invites
        for number in range(admin_keys):
            made.add_key("Main admin key" if number == 0 else f"Admin key {number + 1}")
        return made

    def _token(self, kind: str) -> str:
        self._made += 1
        return token(self.id, "made", kind, self._made)

    @property
    def key(self) -> Key:
        return self.keys[0]

    def add_key(self, name: str = "Admin key", *, scopes: Scopes = "all", refused_paths: tuple[str, ...] = ()) -> Key:
        """A new admin key, listed among the admin keys. Its value depends on the organization's id and its number."""
        key = self._new_key(name, "sk-admin-")
        key.scopes, key.refused_paths = scopes, refused_paths
        owner = [self.users[user_id] for user_id in self.users.slice(None, 1).ids] or [
            shapes.user(f"user-{token(self.id)}", name, None, role="owner", added_at=self.now)
        ]
        made_at = self.now - 3600
        self.admin_keys.put(shapes.admin_key(key.id, name, key.redacted, created_at=made_at, owner=owner[0]))
        return key

    def add_project_key(self, name: str = "Project key") -> Key:
        """A key of the kind that works on models and is refused by every administration endpoint."""
        return self._new_key(name, "sk-proj-")

    def _new_key(self, name: str, prefix: str) -> Key:
        number = len(self.keys)
        value = prefix + token(self.id, "secret", number, length=64)
        self.keys.append(Key(f"key_{token(self.id, 'key', number)}", name, value))
        return self.keys[-1]

    # -- users -------------------------------------------------------------------------------------------------------

    def add_user(self, **fields: Any) -> Row:
        """A new user at the end of the list, by default the directory's next person. A row that `remove_user` answered
        brings that user back."""
        if "id" not in fields:
            who = self._next_person()
            fields = {"id": who.id, "name": who.name, "email": who.email, **fields}
        self.users.put(shapes.user(fields["id"], None, None, role="reader", added_at=self.now))
        row = self.update_user(fields.pop("id"), **fields)
        for place in (row.get("projects") or {}).get("data", ()):
            if place["id"] in self.members:
                self.members[place["id"]].put(shapes.member(row, role=place["role"], added_at=self.now))
        return row

    def _next_person(self) -> Person:
        self._people += 1
        return person(self.domain, self._people - 1)

    def remove_user(self, user_id: str) -> Row:
        """Take a user out of the organization and all its projects. The row answered is the one last listed."""
        for table in self.members.values():
            if user_id in table:
                table.remove(user_id)
        return self.users.remove(user_id)

    def remove_users(self, count: int) -> list[str]:
        """Remove the newest `count` users; their ids, newest first."""
        return [self.remove_user(user_id)["id"] for user_id in self.users.ids()[: -count - 1 : -1]]

    def update_user(self, user_id: str, **fields: Any) -> Row:
        """Set fields of a user: None writes null, MISSING takes the field out. `enabled`, `banned`, `banned_at` and
        `picture` go into the inner `user`; name and e-mail go everywhere they are shown."""
        row = self.users.update(user_id, shapes.user_fields(self.users[user_id], fields))
        shown: Row = {name: fields[name] for name in ("name", "email") if name in fields}
        for table in self.members.values() if shown else ():
            if user_id in table:
                table.update(user_id, shown)
        return row

    def invite(
        self,
        email: str | None = None,
        *,
        role: str = "reader",
        projects: tuple[tuple[str, str], ...] = (),
        expires_in: int = shapes.INVITE_LIFETIME,
    ) -> Row:
        """A pending invite, by default for the directory's next person; `projects` are (project id, role)."""
        row = shapes.invite(
            f"invite-{self._token('invite')}",
            self._next_person().email if email is None else email,
            role=role,
            status="pending",
            created_at=self.now,
            expires_in=expires_in,
            projects=projects,
        )
        self.invites.put(row)
        return row

    def accept_invite(self, invite_id: str, *, name: str | None = None) -> Row:
        """The invited person joins, under the address in plain spelling; the invite stays, accepted. The new user."""
        row = self.invites.update(invite_id, {"status": "accepted", "accepted_at": self.now})
        email = row["email"].strip().lower()
        name = name or email.partition("@")[0].replace(".", " ").title()
        user_id = f"user-{token('user', email)}"
        if user_id not in self.users:
            self.add_user(id=user_id, name=name, email=email, role=row["role"])
        for place in row["projects"]:
            self.add_member(place["id"], user_id, place["role"])
        return self.users[user_id]

    def withdraw_invite(self, invite_id: str) -> Row:
        return self.invites.remove(invite_id)

    # -- projects ----------------------------------------------------------------------------------------------------

    def add_project(self, name: str | None = None) -> Row:
        row = shapes.project(
            f"proj_{self._token('project')}", name or project_name(len(self.projects)), created_at=self.now
        )
        self.members[row["id"]] = Table()
        self.projects.put(row)
        return row

    def update_project(self, project_id: str, **fields: Any) -> Row:
        """Set fields of a project; a new name is also shown with its members."""
        row = self.projects.update(project_id, fields)
        for user_id in self.members[project_id].ids() if "name" in fields else ():
            self._place(user_id, project_id, {"name": row.get("name")})
        return row

    def archive_project(self, project_id: str) -> Row:
        """Its members can no longer be listed: the vendor answers 400 `project_archived`."""
        return self.projects.update(project_id, {"status": "archived", "archived_at": self.now})

    def add_member(self, project_id: str, user_id: str, role: str = "member") -> Row:
        row = shapes.member(self.users[user_id], role=role, added_at=self.now)
        self.members[project_id].put(row)
        self._place(user_id, project_id, {"name": self.projects[project_id].get("name"), "role": role})
        return row

    def update_member(self, project_id: str, user_id: str, *, role: str) -> Row:
        self._place(user_id, project_id, {"role": role})
        return self.members[project_id].update(user_id, {"role": role})

    def remove_member(self, project_id: str, user_id: str) -> Row:
        self._place(user_id, project_id, None)
        return self.members[project_id].remove(user_id)

    def _place(self, user_id: str, project_id: str, fields: Row | None) -> None:
        self.users.update(user_id, shapes.placed(self.users[user_id], project_id, fields))

    def truth(self) -> Truth:
        projects = {row["id"]: row for row in self.projects}
        return Truth(
            {row["id"]: row for row in self.users},
            {row["id"]: row for row in self.invites},
            projects,
            {
                (project_id, row["id"]): row
                for project_id, table in self.members.items()
                if projects[project_id].get("status") != "archived"
                for row in table
            },
        )
