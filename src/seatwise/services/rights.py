"""Rights are a list of values: each permission has a name and a sentence, each role is a set of them."""

import getpass
from enum import Enum
from typing import NamedTuple

from seatwise.store.models import Operator

from .errors import NotAllowed


class Permission(Enum):
    """What an operator may do here; the value is the sentence shown to people."""

    SEE_CONNECTIONS = "See integrations, connections, runs and capabilities"
    SEE_USERS = "See users, keys, projects, licenses and changes"
    SEE_SPEND = "See usage, costs and budgets"
    EXPORT = "Export listings as files"
    SYNC = "Start, confirm and cancel syncs"
    MANAGE_CONNECTIONS = "Connect, reconnect, change, pause and disconnect accounts"
    SEE_AUDIT = "See the audit log, and addresses, programs and details of events in vendors' audit logs"
    MANAGE_ALERTS = "Set budgets, alerts and where they are sent"
    MANAGE_SETTINGS = "Change the settings of this install"
    MANAGE_OWN_TOKENS = "Make and revoke one's own API tokens"
    MANAGE_OPERATORS = "Invite operators, change their roles, disable them; revoke anybody's API tokens"
    MANAGE_SECRETS = "Rotate the keys that seal credentials"


VIEWER = frozenset({
    Permission.SEE_CONNECTIONS, Permission.SEE_USERS, Permission.SEE_SPEND, Permission.EXPORT,
    Permission.MANAGE_OWN_TOKENS,
})  # fmt: skip
ADMIN = VIEWER | {
    Permission.SYNC, Permission.MANAGE_CONNECTIONS, Permission.SEE_AUDIT, Permission.MANAGE_ALERTS,
    Permission.MANAGE_SETTINGS,
}  # fmt: skip
ROLES = {"owner": frozenset(Permission), "admin": ADMIN, "viewer": VIEWER}
"""Strongest first."""


class Actor(NamedTuple):
    """Who acts: an operator signed in, an API token, the command line, or the schedule. `name` is what the audit log
    shows: an e-mail, `token:<name>`, `cli:<system user>` or `system`."""

    name: str
    role: str
    operator_id: int | None = None

    def may(self, permission: Permission) -> bool:
        return permission in ROLES.get(self.role, frozenset())


SYSTEM = Actor("system", "owner")


def command_line() -> Actor:
    """Whoever can read the data directory acts as owner."""
    try:
        return Actor(f"cli:{getpass.getuser()}", "owner")
    except (KeyError, OSError):  # a container's user id without a name
        return Actor("cli:unknown", "owner")


def actor_of(operator: Operator) -> Actor:
    """A signed-in operator as one who acts; a disabled one may do nothing."""
    return Actor(operator.email, operator.role if operator.is_active else "", operator.pk)


def require(operator: Actor, permission: Permission) -> None:
    """Raises NotAllowed."""
    if not operator.may(permission):
        raise NotAllowed(
            f"{operator.name} may not do this. It needs the permission “{permission.value}”: ask an owner of this "
            "Seatwise for a role that has it."
        )


def at_most(role: str, limit: str) -> bool:
    """Whether `role` gives nothing that `limit` does not."""
    return ROLES[role] <= ROLES[limit]
