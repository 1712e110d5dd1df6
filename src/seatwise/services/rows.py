"""Connections as rows: found for the services, kept apart by their names, their streams switched on and off."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, prefetch_related_objects

from seatwise.sdk.connector import Connector
from seatwise.store.models import Connection, Run, RunStream, Stream
from seatwise.sync import dispatch

from .errors import Conflict, NotFound, Refusal
from .standing import ConnectionInfo, describe
from .texts import connections_called, plain

LONGEST_NAME = 120
NAME = "Give it a name of 1 to 120 characters."


def all_rows() -> list[Connection]:
    """All connections by name, each with its streams and its open run."""
    rows = _with_runs(Connection.objects.prefetch_related("streams"))
    return sorted(rows, key=lambda row: (row.name.casefold(), row.pk))


def find_row(which: Q, called: str) -> Connection:
    """With its streams and its open run. Raises NotFound."""
    rows = _with_runs(Connection.objects.filter(which).order_by("pk").prefetch_related("streams")[:1])
    if not rows:
        raise NotFound(f"There is no connection called {called}.")
    return rows[0]


def live_row(connection: int, *, lock: bool = False) -> Connection:
    """One that is connected. Raises NotFound and Conflict."""
    if lock:  # the row as it is now, and until the transaction ends
        Connection.objects.select_for_update().filter(pk=connection).first()
    row = find_row(Q(pk=connection), str(connection))
    if row.disconnected_at:
        raise Conflict(f"{row.name} is disconnected: connect its organization again first.")
    return row


def describe_row(row: Connection | int) -> ConnectionInfo:
    """A row found here, or one by its key, as doors get it."""
    row = find_row(Q(pk=row), str(row)) if isinstance(row, int) else row
    return describe(row, next(iter(getattr(row, "open_runs", ())), None))


def keep_name_free(name: str, own: Connection | None) -> None:
    """Raises Conflict where a connection other than `own` has this name, however it is spelled."""
    if set(connections_called(name) or ()) - {own.pk if own else None}:
        raise Conflict(f"The name {name} is taken.", fields={"name": "Another connection has this name."})


def switch_streams(row: Connection, connector: Connector, on: Sequence[str]) -> None:
    """A stream goes off with its parent. One that is switched on again is pending until it was synced."""
    due = False
    for name, switched_on in enabled_streams(connector, on).items():
        stored, _ = Stream.objects.get_or_create(connection=row, name=name)
        if stored.enabled != switched_on:
            # What was held is looked at anew, and what remains without a broken one may be complete.
            due |= switched_on or bool(stored.held) or stored.state not in ("complete", "pending")
            fresh = {"state": "pending", "message": "", "detail": "", "held": 0}
            Stream.objects.filter(pk=stored.pk).update(enabled=switched_on, **fresh)
    if due:
        dispatch.request(row, "operator")


def enabled_streams(connector: Connector, on: Sequence[str]) -> dict[str, bool]:
    """Which streams are on, where these are asked for. Raises Refusal."""
    if strange := set(on) - {stream.name for stream in connector.streams}:
        said = f"There is no stream called {', '.join(map(plain, sorted(strange)))}."
        raise Refusal(said, fields={"streams": said})
    enabled: dict[str, bool] = {}
    for stream in connector.streams:
        enabled[stream.name] = stream.name in on and (stream.parent is None or enabled[stream.parent.name])
        if stream.required and not enabled[stream.name]:
            said = f"{stream.label} cannot be switched off: everything else hangs on it."
            raise Refusal(said, fields={"streams": said})
    return enabled


def _with_runs(found: "QuerySet[Connection]") -> list[Connection]:
    """Each with its open run, whose streams have the state `before`: in the last run that came to its streams."""
    rows = list(found)
    runs = list(Run.objects.filter(connection__in=rows, state__in=("queued", "running")).order_by("pk"))
    if runs:
        prefetch_related_objects(runs, _streams_with_before())
    for row in rows:
        row.open_runs = [run for run in runs if run.connection_id == row.pk]  # type: ignore[attr-defined]
    return rows


def _streams_with_before() -> "Prefetch[str]":
    earlier = Run.objects.filter(connection=OuterRef(OuterRef("run__connection")), pk__lt=OuterRef(OuterRef("run")))
    last = earlier.filter(Exists(RunStream.objects.filter(run=OuterRef("pk")))).order_by("-pk").values("pk")[:1]
    before = RunStream.objects.filter(run=Subquery(last), name=OuterRef("name")).values("state")
    return Prefetch("streams", queryset=RunStream.objects.annotate(before=Subquery(before)))
