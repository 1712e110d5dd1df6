"""Events of a vendor's audit log as rows: each is added once, and none is taken away. A log that comes back shorter
than it was proves nothing about what happened.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from seatwise.sdk.records import AuditEvent, Record
from seatwise.store import models as stored

from . import tables
from .tables import Digested

COLUMNS = AuditEvent.__struct_fields__[1:]
AT, PAYLOAD = COLUMNS.index("at"), COLUMNS.index("payload")
TABLE = stored.AuditEvent._meta.db_table


@dataclass
class Fresh:
    """Events to insert, and to update: (primary key, hash, record)."""

    new: list[Digested] = field(default_factory=list)
    changed: list[tuple[int, int, Record]] = field(default_factory=list)
    unchanged: int = 0


def sift(connection_id: int, records: Sequence[Record]) -> Fresh:
    """Which of them are not stored as they are. One that is sent twice is one event."""
    fresh = Fresh()
    told = {record.id: (record, hashed) for record, hashed in zip(*tables.digested(records), strict=True)}
    before = _known(connection_id, list(told))
    for key, (record, hashed) in told.items():
        pk, was = before.get(key, (0, 0))
        if not pk:
            fresh.new.append((record, hashed))
        elif was != hashed:
            fresh.changed.append((pk, hashed, record))
        else:
            fresh.unchanged += 1
    return fresh


def store(connection_id: int, fresh: Fresh) -> None:
    """In the caller's transaction."""
    new = [(connection_id, record.id, hashed, *_values(record)) for record, hashed in fresh.new]
    tables.enter(TABLE, ("connection_id", "vendor_id", "hash", *COLUMNS), new)
    changed = [(hashed, *_values(record), pk) for pk, hashed, record in fresh.changed]
    tables.rewrite(TABLE, ("hash", *COLUMNS), changed)


def _known(connection_id: int, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Vendor's id → (primary key, hash)."""
    rows = stored.AuditEvent.objects.filter(connection_id=connection_id, vendor_id__in=ids)
    return {vendor_id: (pk, hashed) for vendor_id, pk, hashed in rows.values_list("vendor_id", "pk", "hash")}


def _values(record: Any) -> list[Any]:
    row: list[Any] = [*msgspec.structs.astuple(record)[1:]]
    row[AT] = tables.moment(row[AT])
    row[PAYLOAD] = None if row[PAYLOAD] is None else json.dumps(row[PAYLOAD])
    return row
