"""Takes away all that a connection's vendor ever said."""

from seatwise.store.models import (
    AuditEvent,
    Change,
    Connection,
    Cost,
    GroupMember,
    Key,
    Limit,
    Project,
    ProjectMember,
    RoleAssignment,
    Run,
    SpendDay,
    SpendMonth,
    Usage,
    User,
)

AT_ONCE = 2000
"""Rows a transaction, so that nobody else waits long for the database."""


def erase(connection: Connection) -> None:
    """Deletes the connection with its rows, changes and runs. A run under way finds its lease gone."""
    Run.objects.filter(connection=connection).delete()
    for model in (
        Change, AuditEvent, User, ProjectMember, GroupMember, RoleAssignment, Limit, Project, Key, Usage, Cost,
        SpendDay, SpendMonth,
    ):  # fmt: skip
        rows = model._default_manager.filter(connection_id=connection.pk).order_by()
        while keys := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
            rows.filter(pk__in=keys).delete()
    connection.delete()
