"""Effective access, worked out: what each of some users may do where, and why. A reading of rows; it writes nothing.

Access is the union of roles held directly and through groups; whoever owns the organization owns every project of it.
A role of several sources is told once for each, since each would have to be taken away.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db.models import Q

from seatwise.connectors.catalog import connectors
from seatwise.store.models import Connection, Group, GroupMember, ProjectMember, Role, RoleAssignment, User

ORGANIZATION = None
"""The place that is no project."""


class Grant(msgspec.Struct, frozen=True):
    """One role, held for one reason: `owner` (owns the organization), `member` (listed with this role), `direct` (given
    to this person), `group`, or `invited` (once they join). `why` says it in words. `permissions` are None where the
    vendor's word for the role is all that is known. `*_key` lead to the role's and the group's page."""

    role: str
    permissions: list[str] | None
    reason: str
    why: str
    group: str | None = None
    group_key: int | None = None
    role_key: int | None = None


Held = dict[str | None, list[Grant]]
"""The grants of one user by place: a project's id, or ORGANIZATION."""


class Grants:
    """The rows about some users of one connection, read in a few queries. `projects` narrows the places."""

    def __init__(self, connection: Connection, users: Sequence[User], projects: Iterable[str] | None = None) -> None:
        self.owner_role = connectors()[connection.integration].manifest.owner_role
        here = {"connection_id": connection.pk, "departed_at": None}
        ids = [user.vendor_id for user in users]
        places = Q() if projects is None else Q(project_id__in=list(projects))
        self.groups: dict[str, list[str]] = defaultdict(list)
        for user_id, group_id in GroupMember.objects.filter(**here, user_id__in=ids).values_list("user_id", "group_id"):
            self.groups[user_id].append(group_id)
        mine = {group for some in self.groups.values() for group in some}
        assignments = RoleAssignment.objects.filter(**here)
        in_place = Q(project_id=None) | places if projects is not None else Q()
        self.of_group: dict[str, list[Any]] = _by(assignments.filter(in_place, group_id__in=mine), "group_id")
        self.of_user: dict[str, list[Any]] = _by(assignments.filter(in_place, kind="user", user_id__in=ids), "user_id")
        self.members = _by(ProjectMember.objects.filter(places, **here, user_id__in=ids), "user_id")
        known = mine | {group for rows in self.of_user.values() for row in rows for group in row.through or ()}
        named = Group.objects.filter(connection_id=connection.pk, vendor_id__in=known)
        self.called = {row.vendor_id: (row.name or row.vendor_id, row.pk) for row in named}
        self._roles(connection)

    def _roles(self, connection: Connection) -> None:
        """What the roles of lists' plain words are, as far as any row tells it. Predefined roles of projects are the
        same in each, so one that was read tells what all are."""
        self.words: dict[tuple[bool, str], tuple[str, list[str] | None]] = {}
        self.pages: dict[tuple[str | None, str], int] = {}
        here = {"connection_id": connection.pk, "departed_at": None}
        for role in Role.objects.filter(**here).order_by("pk"):
            own_id = role.vendor_id.removeprefix(f"{role.project_id}/") if role.project_id else role.vendor_id
            self.pages[role.project_id, own_id] = role.pk
            if role.stands_for:
                self.words[role.kind == "project", role.stands_for] = (role.name or role.stands_for, role.permissions)
        told = RoleAssignment.objects.filter(**here).exclude(stands_for=None).order_by()
        for stands_for, name, project_id, permissions in told.values_list(
            "stands_for", "name", "project_id", "permissions"
        ).distinct()[:500]:
            word = (project_id is not None, str(stands_for))
            if word not in self.words or self.words[word][1] is None:
                self.words[word] = (name or str(stands_for), permissions)

    def of(self, user: User) -> Held:
        """All grants of one of the users, by place. An owner's projects are not in it: `owning` says why."""
        if user.kind == "invite":
            return _invited(user, self)
        found: dict[str | None, dict[tuple[str, str], Grant]] = defaultdict(dict)
        if user.role:
            found[ORGANIZATION][user.role, ""] = self._word(user.role, False, "member", "Role in the organization")
        for row in self.members.get(user.vendor_id, ()):
            word = row.role or "unknown"
            found[row.project_id][word, ""] = self._word(word, True, "member", "Member of the project")
        for row in self.of_user.get(user.vendor_id, ()):
            if row.direct is not False:
                what = "Given to this person directly"
                found[row.project_id].setdefault((_same(row), ""), self._grant(row, "direct", what))
            for group in row.through or ():
                found[row.project_id].setdefault((_same(row), group), self._through(row, group))
        for group in self.groups.get(user.vendor_id, ()):
            for row in self.of_group.get(group, ()):
                found[row.project_id][_same(row), group] = self._through(row, group)
        return {place: list(grants.values()) for place, grants in found.items()}

    def owning(self, user: User, held: Held) -> list[Grant]:
        """The grants that make somebody owner of every project; empty for whoever does not own the organization."""
        own = [] if user.kind == "invite" else [g for g in held.get(ORGANIZATION, ()) if self._is_owner(g)]
        found = []
        for grant in own:
            because = f", through the group {grant.group}" if grant.group else ""
            owner = self._word(self.owner_role, True, "owner", f"Owns the organization{because}, and so every project")
            found.append(msgspec.structs.replace(owner, group=grant.group, group_key=grant.group_key))
        return found

    def _is_owner(self, grant: Grant) -> bool:
        name, _ = self.words.get((False, self.owner_role), (self.owner_role, None))
        return bool(self.owner_role) and grant.role in (self.owner_role, name)

    def _word(self, word: str, in_project: bool, reason: str, why: str) -> Grant:
        name, permissions = self.words.get((in_project, word), (word, None))
        return Grant(name, permissions, reason, why)

    def _grant(self, row: RoleAssignment, reason: str, why: str) -> Grant:
        if row.role_id is None:
            return Grant("No role", [], reason, why)
        key = self.pages.get((row.project_id, row.role_id))
        return Grant(row.name or row.role_id, row.permissions, reason, why, role_key=key)

    def _through(self, row: RoleAssignment, group: str) -> Grant:
        name, key = self.called.get(group, (group, None))
        grant = self._grant(row, "group", f"Through the group {name}")
        return msgspec.structs.replace(grant, group=name, group_key=key)


def permissions_of(grants: Iterable[Grant]) -> list[str]:
    """All that these grants permit together, as far as it is known."""
    return sorted({each for grant in grants for each in grant.permissions or ()})


def _same(row: RoleAssignment) -> str:
    """What tells a role from others of one person: a predefined one is what lists of members call by a plain word."""
    return row.stands_for or row.role_id or ""


def _by(rows: Any, column: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[getattr(row, column)].append(row)
    return found


def _invited(user: User, grants: Grants) -> Held:
    why = "Invited: from the moment they join"
    held: Held = {}
    if user.role:
        held[ORGANIZATION] = [grants._word(user.role, False, "invited", why)]
    for project, role in user.invited_projects or ():
        held[str(project)] = [grants._word(role or "unknown", True, "invited", why)]
    return held
