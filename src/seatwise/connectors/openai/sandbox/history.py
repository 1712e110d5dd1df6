"""What the audit log holds of the time before: the past that an organization's tables imply, and a few things more."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .audit import AuditLog, by_key, session
from .holdings import Holdings
from .people import draw
from .rows import Row
from .spending import Spending

DAY = 86_400
REACH = 180 * DAY
_MOST_LOGINS = 4_000


class Past(NamedTuple):
    at: int
    kind: str
    payload: Row | None
    actor: Row | None
    project: Row | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The events of the last 180 days before the organization was made. `strange`: types nobody described too."""

    organization: Spending
    holdings: Holdings
    made_at: int
    strange: bool

    def __call__(self, log: AuditLog) -> None:
        events = [event for event in self._events() if self.made_at - REACH <= event.at <= self.made_at]
        for event in sorted(events, key=lambda event: event.at):
            log.add(event.at, event.kind, event.payload, actor=event.actor, project=event.project)

    def _events(self) -> Iterator[Past]:
        users = list(self.organization.users)
        owners: list[Row | None] = []
        owners += [session(row) for row in users if row.get("role") == "owner"][:5] or [None]
        yield from self._people(users, owners)
        yield from self._projects(owners)
        yield from self._keys(owners)
        yield from self._others(users, owners)

    def _people(self, users: list[Row], owners: list[Any]) -> Iterator[Past]:
        every = max(1, len(users) // _MOST_LOGINS)
        for number, row in enumerate(users):
            user_id, lot = row["id"], draw(row["id"], "past")
            told = {"id": user_id, "data": {"role": row.get("role") or "reader"}}
            actor = None if row.get("is_scim_managed") else owners[number % len(owners)]
            yield Past(row["added_at"], "user.added", told, actor)
            used = row.get("api_key_last_used_at")
            if number % every == 0 and (used is not None or lot % 3 == 0):
                base = used or self.made_at
                for at in (base - lot % (3 * DAY), base - 20 * DAY - lot % (9 * DAY)):
                    if at > row["added_at"]:
                        yield Past(at, "login.succeeded", {}, session(row))
            if lot % 97 == 0:
                told = {"error_code": "mfa_failed", "error_message": "The second factor was not accepted"}
                yield Past(self.made_at - lot % (40 * DAY), "login.failed", told, session(row))
            if lot % 41 == 0:
                told = {"id": user_id, "changes_requested": {"role": row.get("role") or "reader"}}
                yield Past(self.made_at - lot % (60 * DAY), "user.updated", told, owners[0])
        for row in self.holdings.departed:
            yield Past(row["added_at"], "user.added", {"id": row["id"], "data": {"role": "reader"}}, owners[0])
            yield Past(row["left_at"], "user.deleted", {"id": row["id"]}, owners[draw(row["id"]) % len(owners)])
        for row in self.organization.invites:
            told = {"id": row["id"], "data": {"email": row["email"], "role": row["role"]}}
            yield Past(row["created_at"], "invite.sent", told, owners[0])
            if row.get("accepted_at"):
                yield Past(row["accepted_at"], "invite.accepted", {"id": row["id"]}, owners[0])

    def _projects(self, owners: list[Any]) -> Iterator[Past]:
        for row in self.organization.projects:
            name = row["name"] or ""
            told = {"id": row["id"], "data": {"name": name, "title": name}}
            yield Past(row["created_at"], "project.created", told, owners[0])
            if row["archived_at"]:
                yield Past(row["archived_at"], "project.archived", {"id": row["id"]}, owners[0], row)

    def _keys(self, owners: list[Any]) -> Iterator[Past]:
        organization = self.organization
        scopes = {"scopes": ["api.model.request"]}
        for project in organization.projects:
            for row in organization.service_accounts[project["id"]]:
                told = {"id": row["id"], "data": {"role": row["role"]}}
                yield Past(row["created_at"], "service_account.created", told, owners[-1], project)
            for row in organization.api_keys[project["id"]]:
                user = row["owner"].get("user")
                actor = session(user) if user else owners[-1]
                yield Past(row["created_at"], "api_key.created", {"id": row["id"], "data": scopes}, actor, project)
        projects = {row["id"]: row for row in organization.projects}
        for held in self.holdings.deleted:
            told, project = {"id": held.key_id, "data": scopes}, projects[held.project_id]
            yield Past(held.created_at, "api_key.created", told, owners[0], project)
            yield Past(held.until or self.made_at, "api_key.deleted", {"id": held.key_id}, owners[0], project)
        for row in organization.admin_keys:
            yield Past(row["created_at"], "api_key.created", {"id": row["id"], "data": {"scopes": []}}, owners[0])

    def _others(self, users: list[Row], owners: list[Any]) -> Iterator[Past]:
        organization, now = self.organization, self.made_at
        for row in organization.groups:
            yield Past(
                row["created_at"], "group.created", {"id": row["id"], "data": {"group_name": row["name"]}}, owners[0]
            )
        for (project_id, kind, principal_id), table in list(organization.assignments.items()):
            where = ("api.organization", organization.id) if project_id is None else ("api.project", project_id)
            for row in table:
                told = {"id": row["id"], "principal_id": principal_id, "principal_type": kind}
                told |= {"resource_type": where[0], "resource_id": where[1]}
                yield Past(row["created_at"] or now, "role.assignment.created", told, owners[0])
        for number, project_id in enumerate(organization.projects.ids()[:5]):
            project = organization.projects[project_id]
            key_ids, accounts = organization.api_keys[project_id].ids(), organization.service_accounts[project_id].ids()
            changes = {"max_requests_per_1_minute": 500 + number}
            told = {"id": f"rl-gpt-4o-{number}", "changes_requested": changes}
            if key_ids and accounts:
                actor = by_key(key_ids[0], service_account_id=accounts[0])
                yield Past(now - (9 + number) * DAY, "rate_limit.updated", told, actor, project)
        if organization.keys and users:
            told = {"id": organization.id, "changes_requested": {"title": organization.name}}
            yield Past(now - 33 * DAY, "organization.updated", told, by_key(organization.key.id, user=users[0]))
        if self.strange:
            for number, kind in enumerate(("moonbase.launched", "agent.delegation.granted")):
                yield Past(
                    now - (4 + number) * DAY, kind, {"id": f"strange-{number}", "data": {"how": ["?"]}}, owners[0]
                )
