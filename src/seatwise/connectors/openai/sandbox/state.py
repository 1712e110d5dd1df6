"""What a pretend organization holds, table by table, and its audit log. The ways it changes are in the rooms above."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .audit import AuditLog, session
from .auth import Key
from .people import Person, person, token
from .rows import Row, Shelf, Table
from .spend import Ledger
from .spend.questions import Refused

Principal = tuple[str | None, str, str]
"""Who a role is given to: a project id (None: in the organization), `user` or `group`, and the id."""


def _assignments() -> dict[Principal, Table]:
    return {}


@dataclass(eq=False)
class State:
    """`minimal_users` lists users with the six fields every organization gets. `allowed_ips`, unless empty, are the
    only addresses that may call. `now` (epoch seconds) stamps changes; move it to let time pass.

    `foreign_admin_rows`: the listing of admin keys holds project keys too. `audit_log_on` False: nothing is logged, and
    the log is empty. `text_amounts`: costs come as strings. `actor` is who makes the changes in the audit log; None is
    the first user.
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
    service_accounts: dict[str, Table] = field(default_factory=lambda: Shelf(lambda _: Table()), repr=False)
    api_keys: dict[str, Table] = field(default_factory=lambda: Shelf(lambda _: Table()), repr=False)
    group_members: dict[str, Table] = field(default_factory=lambda: Shelf(lambda _: Table()), repr=False)
    project_groups: dict[str, Table] = field(default_factory=lambda: Shelf(lambda _: Table(key="group_id")), repr=False)
    assignments: dict[Principal, Table] = field(default_factory=_assignments, repr=False)
    ledger: Ledger = field(default_factory=Ledger, repr=False)
    foreign_admin_rows: bool = False
    audit_log_on: bool = True
    text_amounts: bool = False
    refused_groupings: list[Refused] = field(default_factory=list)
    actor: Row | None = field(default=None, repr=False)
    _log: AuditLog | None = field(default=None, repr=False)
    _history: Callable[[AuditLog], None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.id = self.id or f"org-{token('organization', self.name)}"
        self.now = self.now or int(time.time())
        words = "".join(c for c in self.name.lower() if c.isascii() and c.isalnum())
        self.domain = self.domain or f"{words or 'company'}.example"

    @property
    def key(self) -> Key:
        return self.keys[0]

    @property
    def audit(self) -> AuditLog:
        """The log. What happened before is told when somebody first asks or the first change is written down."""
        if self._log is None:
            self._log = AuditLog(self.id)
            if self._history is not None:
                self._history(self._log)
        return self._log

    def record_event(
        self,
        kind: str,
        payload: Row | None = None,
        *,
        actor: Row | None = None,
        project_id: str | None = None,
        at: int | None = None,
    ) -> str | None:
        """Write an event of any type, also of one nobody knows, into the audit log; its id, or None while the log is
        switched off."""
        if not self.audit_log_on:
            return None
        project = self.projects[project_id] if project_id is not None else None
        actor = actor or self.actor or self._first_user()
        return self.audit.add(self.now if at is None else at, kind, payload, actor=actor, project=project)

    def _tell_assignment(self, what: str, role_id: str, kind: str, principal_id: str, project_id: str | None) -> None:
        resource = ("api.organization", self.id) if project_id is None else ("api.project", project_id)
        told = {"id": role_id, "principal_id": principal_id, "principal_type": kind}
        told |= {"resource_type": resource[0], "resource_id": resource[1]}
        self.record_event(f"role.assignment.{what}", told, project_id=project_id)

    def _first_user(self) -> Row | None:
        first = self.users.slice(None, 1).ids
        return session(self.users[first[0]]) if first else None

    def _token(self, kind: str) -> str:
        self._made += 1
        return token(self.id, "made", kind, self._made)

    def _next_person(self) -> Person:
        self._people += 1
        return person(self.domain, self._people - 1)
