"""Who is gone and why: a row that departed without a word is missing, until an event of the vendor's audit log says
that it was removed. Events may come before the listing, beside it, or years later; the departure is told once.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef

from seatwise.connectors.catalog import connectors
from seatwise.sdk.connector import Evidence
from seatwise.store.models import AuditEvent, Change, Run, User

from .lease import PIECE, held, pieces

Found = dict[str, AuditEvent]
"""Vendor's id → the event that says it was removed."""


def settle(run: Run) -> None:
    """Makes every missing row removed that the audit log explains, in short transactions."""
    for evidence in connectors()[run.connection.integration].evidence:
        for rows in pieces(_explainable(run.connection_id, evidence), PIECE):
            found = _removals(run.connection_id, evidence, rows)
            explained = [row for row in rows if row.vendor_id in found]
            if explained:
                with held(run):
                    User.objects.filter(pk__in=[row.pk for row in explained]).update(status="removed")
                    _tell(run, evidence, explained, found)


def _explainable(connection_id: int, evidence: Evidence) -> list[User]:
    """Missing rows of which an event says at any time that they were removed."""
    said = AuditEvent.objects.filter(
        connection_id=OuterRef("connection_id"), target_id=OuterRef("vendor_id"), type=evidence.removed
    )
    missing = User.objects.filter(connection_id=connection_id, kind__in=evidence.kinds, status="missing")
    return list(missing.filter(Exists(said)).only("pk", "vendor_id", "joined_at", "departed_at", "email", "name"))


def _removals(connection_id: int, evidence: Evidence, rows: Sequence[User]) -> Found:
    """The removal that explains each departure: no later event says that it came back, it is not older than the present
    membership, and it came after the last return that we saw. An older one explains an older departure."""
    ids = [row.vendor_id for row in rows]
    told = AuditEvent.objects.filter(
        connection_id=connection_id, target_id__in=ids, type__in=[evidence.removed, evidence.added]
    )
    latest: Found = {event.target_id or "": event for event in told.order_by("at", "pk")}
    back = _returned(connection_id, evidence, ids)
    found = {}
    for row in rows:
        event = latest[row.vendor_id]
        old = (row.joined_at and event.at < row.joined_at) or event.at < back.get(row.vendor_id, event.at)
        if event.type == evidence.removed and not old:
            found[row.vendor_id] = event
    return found


def _returned(connection_id: int, evidence: Evidence, ids: Sequence[str]) -> dict[str, datetime]:
    changes = Change.objects.filter(
        connection_id=connection_id, stream=evidence.stream, vendor_id__in=ids, kind="returned"
    )
    return dict(changes.order_by("at").values_list("vendor_id", "at"))


def _tell(run: Run, evidence: Evidence, rows: Iterable[User], found: Found) -> None:
    """A departure this very run has told is completed; of an older one a line says what became known."""
    told = Change.objects.filter(connection_id=run.connection_id, stream=evidence.stream, vendor_id__in=found)
    departed = told.filter(run=run, kind="departed")
    fresh = {change.vendor_id: change for change in departed}
    later = []
    for row in rows:
        after = _fields(found[row.vendor_id])
        if change := fresh.get(row.vendor_id):
            change.after = after
        else:
            later.append(
                Change(
                    connection_id=run.connection_id,
                    run=run,
                    at=datetime.now(UTC),
                    stream=evidence.stream,
                    kind="changed",
                    vendor_id=row.vendor_id,
                    label=row.email or row.name or row.vendor_id,
                    before={"status": "missing"},
                    after=after,
                )
            )
    Change.objects.bulk_update(fresh.values(), ["after"])
    Change.objects.bulk_create(later)


def _fields(event: AuditEvent) -> dict[str, Any]:
    who = event.actor_email or event.actor_id
    at = event.at.isoformat().replace("+00:00", "Z")
    return {
        "status": "removed",
        **({"removed_by": who} if who else {}),
        "removed_at": at,
        "audit_event": event.vendor_id,
    }
