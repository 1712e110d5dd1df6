"""Takes away all that a connection's vendor ever said."""

from typing import Any

from django.db import models

from seatwise.store.models import Change, Connection, Run, RunStream

from .lease import OPEN

AT_ONCE = 2000
"""Rows a transaction, so that nobody else waits long for the database."""


def erase(connection: Connection) -> None:
    """Deletes the connection with its rows, changes and runs. A run under way finds its lease gone. The organization is
    free from the beginning: whoever connects it meanwhile, or after a crash, gets a connection of its own."""
    free = {
        "organization_id": f"erased {connection.pk}",
        "name": f"{connection.name[:80]} (being erased, {connection.pk})",
    }
    Connection.objects.filter(pk=connection.pk).update(**free)
    Run.objects.filter(connection=connection, state__in=OPEN).update(state="canceled", lease="")
    _delete(Change.objects.filter(connection=connection))  # before the runs, which they name
    _delete(RunStream.objects.filter(run__connection=connection))
    for relation in Connection._meta.related_objects:
        model: Any = relation.related_model
        assert relation.on_delete is models.CASCADE, "what names a connection goes with it"
        _delete(model._default_manager.filter(**{relation.field.name: connection}))
    connection.delete()


def _delete(rows: "models.QuerySet[Any]") -> None:
    while keys := list(rows.order_by().values_list("pk", flat=True)[:AT_ONCE]):
        rows.model._default_manager.filter(pk__in=keys).delete()
