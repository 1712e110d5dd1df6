"""How users, invites, projects and their members change between two syncs. Each change is written into the audit log
before it is made, because the log's past is told from what is there."""

from typing import Any

from . import shapes
from .access import Access
from .people import token
from .roles import predefined_id
from .rows import Row, Table
from .seeding import project_name


class Directory(Access):
    # -- users -------------------------------------------------------------------------------------------------------

    def add_user(self, **fields: Any) -> Row:
        """A new user at the end of the list, by default the directory's next person. A row that `remove_user` answered
        brings that user back."""
        if "id" not in fields:
            who = self._next_person()
            fields = {"id": who.id, "name": who.name, "email": who.email, **fields}
        role = fields.get("role", "reader")
        self.record_event("user.added", {"id": fields["id"], "data": {"role": role if isinstance(role, str) else ""}})
        self.users.put(shapes.user(fields["id"], None, None, role="reader", added_at=self.now))
        row = self._set_user(fields.pop("id"), fields)
        for place in (row.get("projects") or {}).get("data", ()):
            if place["id"] in self.members:
                self.members[place["id"]].put(shapes.member(row, role=place["role"], added_at=self.now))
        self._see_access(row["id"])
        return row

    def remove_user(self, user_id: str) -> Row:
        """Take a user out of the organization, its projects and its groups. The user's keys stop working and stay
        listed as keys of somebody without access; what the user spent stays. The row answered is the last listed."""
        row = self.users[user_id]
        self.record_event("user.deleted", {"id": user_id})
        for table in (*self.members.values(), *self.group_members.values()):
            if user_id in table:
                table.remove(user_id)
        for principal in [each for each in self.assignments if each[1:] == ("user", user_id)]:
            del self.assignments[principal]
        self.users.remove(user_id)
        self._see_access(user_id)
        self.ledger.end(self.now, lambda worker: worker.user_id == user_id)
        return row

    def remove_users(self, count: int) -> list[str]:
        """Remove the newest `count` users; their ids, newest first."""
        return [self.remove_user(user_id)["id"] for user_id in self.users.ids()[: -count - 1 : -1]]

    def update_user(self, user_id: str, **fields: Any) -> Row:
        """Set fields of a user: None writes null, MISSING takes the field out. `enabled`, `banned`, `banned_at` and
        `picture` go into the inner `user`; name and e-mail go everywhere they are shown."""
        if isinstance(fields.get("role"), str):
            self.record_event("user.updated", {"id": user_id, "changes_requested": {"role": fields["role"]}})
        row = self._set_user(user_id, fields)
        if "role" in fields:
            self._see_access(user_id)
        return row

    def log_in(self, user_id: str) -> None:
        """A user signs in to the dashboard, which only the audit log tells."""
        self.record_event("login.succeeded", {}, actor=self._session(user_id))

    def _set_user(self, user_id: str, fields: Row) -> Row:
        row = self.users.update(user_id, shapes.user_fields(self.users[user_id], fields))
        shown: Row = {name: fields[name] for name in ("name", "email") if name in fields}
        for table in self.members.values() if shown else ():
            if user_id in table:
                table.update(user_id, shown)
        for table in self.group_members.values() if shown else ():
            if user_id in table:
                table.put(shapes.group_user(row))
        return row

    # -- invites -----------------------------------------------------------------------------------------------------

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
        self.record_event("invite.sent", {"id": row["id"], "data": {"email": row["email"], "role": role}})
        self.invites.put(row)
        return row

    def accept_invite(self, invite_id: str, *, name: str | None = None) -> Row:
        """The invited person joins, under the address in plain spelling; the invite stays, accepted. The new user."""
        row = self.invites[invite_id]
        email = row["email"].strip().lower()
        name = name or email.partition("@")[0].replace(".", " ").title()
        user_id = f"user-{token('user', email)}"
        self.record_event("invite.accepted", {"id": invite_id})
        self.invites.update(invite_id, {"status": "accepted", "accepted_at": self.now})
        if user_id not in self.users:
            self.add_user(id=user_id, name=name, email=email, role=row["role"])
        for place in row["projects"]:
            self.add_member(place["id"], user_id, place["role"])
        return self.users[user_id]

    def withdraw_invite(self, invite_id: str) -> Row:
        row = self.invites[invite_id]
        self.record_event("invite.deleted", {"id": invite_id})
        self.invites.remove(invite_id)
        return row

    # -- projects ----------------------------------------------------------------------------------------------------

    def add_project(self, name: str | None = None) -> Row:
        row = shapes.project(
            f"proj_{self._token('project')}", name or project_name(len(self.projects)), created_at=self.now
        )
        told = {"name": row["name"], "title": row["name"]}
        self.record_event("project.created", {"id": row["id"], "data": told})
        self.members[row["id"]] = Table()
        self.projects.put(row)
        return row

    def update_project(self, project_id: str, **fields: Any) -> Row:
        """Set fields of a project; a new name is also shown with its members."""
        title = fields.get("name") or self.projects[project_id].get("name") or ""
        told = {"id": project_id, "changes_requested": {"title": title}}
        self.record_event("project.updated", told, project_id=project_id)
        row = self.projects.update(project_id, fields)
        for user_id in self.members[project_id].ids() if "name" in fields else ():
            self._place(user_id, project_id, {"name": row.get("name")})
        return row

    def archive_project(self, project_id: str) -> Row:
        """Its members, service accounts and keys can no longer be listed: the vendor answers 400 `project_archived`.
        Nothing more is spent in it."""
        self.projects[project_id]
        self.record_event("project.archived", {"id": project_id}, project_id=project_id)
        self.ledger.end(self.now, lambda worker: worker.project_id == project_id)
        return self.projects.update(project_id, {"status": "archived", "archived_at": self.now})

    def add_member(self, project_id: str, user_id: str, role: str = "member") -> Row:
        row = shapes.member(self.users[user_id], role=role, added_at=self.now)
        self._tell_membership("created", role, user_id, project_id)
        self.members[project_id].put(row)
        self._place(user_id, project_id, {"name": self.projects[project_id].get("name"), "role": role})
        self._see_access(user_id)
        return row

    def update_member(self, project_id: str, user_id: str, *, role: str) -> Row:
        self._tell_membership("deleted", self.members[project_id][user_id]["role"], user_id, project_id)
        self._tell_membership("created", role, user_id, project_id)
        self._place(user_id, project_id, {"role": role})
        return self.members[project_id].update(user_id, {"role": role})

    def remove_member(self, project_id: str, user_id: str) -> Row:
        """The user's keys in the project go on working: they are then listed by `owner_project_access` alone."""
        self._tell_membership("deleted", self.members[project_id][user_id]["role"], user_id, project_id)
        self._place(user_id, project_id, None)
        row = self.members[project_id].remove(user_id)
        self._see_access(user_id)
        return row

    def _tell_membership(self, what: str, role: str, user_id: str, project_id: str) -> None:
        self._tell_assignment(what, predefined_id(role, project_id, in_project=True), "user", user_id, project_id)

    def _place(self, user_id: str, project_id: str, fields: Row | None) -> None:
        self.users.update(user_id, shapes.placed(self.users[user_id], project_id, fields))
