"""How groups, roles and the giving of roles change, and who has which role through what."""

from collections.abc import Iterable

from . import shapes
from .directory import Directory
from .roles import assigned, organization_roles, predefined_id, project_roles, with_sources
from .rows import Row, Shelf, Table


class Rights(Directory):
    roles: Table
    project_roles: dict[str, Table]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.roles = organization_roles(self.id)
        self.project_roles = Shelf(project_roles)

    # -- groups ------------------------------------------------------------------------------------------------------

    def add_group(self, name: str, members: Iterable[str] = (), *, scim: bool = False) -> Row:
        row = shapes.group(f"group_{self._token('group')}", name, created_at=self.now, scim=scim)
        self.record_event("group.created", {"id": row["id"], "data": {"group_name": name}})
        self.groups.put(row)
        for user_id in members:
            self.add_to_group(row["id"], user_id)
        return row

    def rename_group(self, group_id: str, name: str) -> Row:
        self.groups[group_id]
        self.record_event("group.updated", {"id": group_id, "changes_requested": {"group_name": name}})
        for table in self.project_groups.values():
            if group_id in table:
                table.update(group_id, {"group_name": name})
        return self.groups.update(group_id, {"name": name})

    def remove_group(self, group_id: str) -> Row:
        """The group leaves all projects, and its roles go with it."""
        row = self.groups[group_id]
        self.record_event("group.deleted", {"id": group_id})
        for project_id in [each for each, table in self.project_groups.items() if group_id in table]:
            self.remove_group_from_project(project_id, group_id)
        for principal in [each for each in self.assignments if each[1:] == ("group", group_id)]:
            del self.assignments[principal]
        self.groups.remove(group_id)
        self.group_members.pop(group_id, None)
        return row

    def add_to_group(self, group_id: str, user_id: str) -> Row:
        """The audit log has no word for it."""
        row = shapes.group_user(self.users[user_id])
        self.group_members[group_id].put(row)
        self._see_access(user_id)
        return row

    def remove_from_group(self, group_id: str, user_id: str) -> Row:
        row = self.group_members[group_id].remove(user_id)
        self._see_access(user_id)
        return row

    def add_group_to_project(self, project_id: str, group_id: str, role: str = "member") -> Row:
        """`role` is `member`, `owner`, `viewer` or the id of one of the project's roles."""
        row = shapes.project_group(project_id, self.groups[group_id], created_at=self.now)
        role_id = role if role in self.project_roles[project_id] else predefined_id(role, project_id, in_project=True)
        self.assign_role(role_id, group_id=group_id, project_id=project_id)
        self.project_groups[project_id].put(row)
        self._see_group(group_id)
        return row

    def remove_group_from_project(self, project_id: str, group_id: str) -> Row:
        row = self.project_groups[project_id].remove(group_id)
        for role_id in self.assignments.pop((project_id, "group", group_id), Table()).ids():
            self._tell_assignment("deleted", role_id, "group", group_id, project_id)
        self._see_group(group_id)
        return row

    def _see_group(self, group_id: str) -> None:
        for user_id in self.group_members[group_id].ids():
            self._see_access(user_id)

    # -- roles -------------------------------------------------------------------------------------------------------

    def add_role(
        self, name: str, permissions: Iterable[str], *, project_id: str | None = None, description: str | None = None
    ) -> Row:
        """A custom role of the organization or of a project."""
        row = shapes.role(
            f"role_{self._token('role')}", name, permissions, in_project=project_id is not None, description=description
        )
        told = {"id": row["id"], "role_name": name, "permissions": row["permissions"]}
        resource = {"resource_type": row["resource_type"], "resource_id": project_id or self.id}
        self.record_event("role.created", told | resource, project_id=project_id)
        self._roles(project_id).put(row)
        return row

    def remove_role(self, role_id: str, *, project_id: str | None = None) -> Row:
        """Everybody who had it loses it."""
        row = self._roles(project_id)[role_id]
        self.record_event("role.deleted", {"id": role_id}, project_id=project_id)
        for (where, _, _), table in self.assignments.items():
            if where == project_id and role_id in table:
                table.remove(role_id)
        self._roles(project_id).remove(role_id)
        return row

    def assign_role(
        self, role_id: str, *, user_id: str | None = None, group_id: str | None = None, project_id: str | None = None
    ) -> Row:
        """Give a role to a user or a group, in the organization or in a project. KeyError where there is none."""
        role, (kind, principal_id) = self._roles(project_id)[role_id], _principal(user_id, group_id)
        first = self.users.slice(None, 1).ids
        row = assigned(role, created_at=self.now, by=self.users[first[0]] if first else None)
        self._tell_assignment("created", role_id, kind, principal_id, project_id)
        self.assignments.setdefault((project_id, kind, principal_id), Table()).put(row)
        return row

    def unassign_role(
        self, role_id: str, *, user_id: str | None = None, group_id: str | None = None, project_id: str | None = None
    ) -> Row:
        kind, principal_id = _principal(user_id, group_id)
        row = self.assignments[project_id, kind, principal_id].remove(role_id)
        self._tell_assignment("deleted", role_id, kind, principal_id, project_id)
        return row

    def _roles(self, project_id: str | None) -> Table:
        return self.roles if project_id is None else self.project_roles[project_id]

    # -- who has which ----------------------------------------------------------------------------------------------

    def roles_of(
        self, *, user_id: str | None = None, group_id: str | None = None, project_id: str | None = None
    ) -> Table:
        """The assignments the vendor lists for a user or a group, with where each comes from: the user's plain role, a
        role given directly, or one of a group."""
        kind, principal_id = _principal(user_id, group_id)
        found = [(row, kind, principal_id) for row in self.assignments.get((project_id, kind, principal_id), ())]
        if user_id is not None:
            plain = self._plain_role(user_id, project_id)
            if plain is not None:
                found.insert(0, (plain, kind, user_id))
            for member_of in [each for each in self.groups.ids() if user_id in self.group_members[each]]:
                table = self.assignments.get((project_id, "group", member_of), ())
                found += [(row, "group", member_of) for row in table]
        return with_sources(found)

    def _plain_role(self, user_id: str, project_id: str | None) -> Row | None:
        """The predefined role that the user's `role` stands for; None for somebody who is no member of the project."""
        if project_id is None:
            word = "owner" if self.users[user_id].get("role") == "owner" else "reader"
            return assigned(self.roles[predefined_id(word, self.id, in_project=False)])
        if user_id not in self.members[project_id]:
            return None
        role_id = predefined_id(self._role_in(project_id, user_id), project_id, in_project=True)
        roles = self.project_roles[project_id]
        return assigned(roles[role_id]) if role_id in roles else None


def _principal(user_id: str | None, group_id: str | None) -> tuple[str, str]:
    if user_id is not None:
        return "user", user_id
    if group_id is None:
        raise ValueError("a role is given to a user or to a group")
    return "group", group_id
