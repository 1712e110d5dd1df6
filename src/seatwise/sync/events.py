"""Events of a vendor's audit log as rows: each is added once, and none is taken away. A log that comes back shorter
than it was proves nothing about what happened.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import connection as database

from seatwise.sdk.records import AuditEvent, Record

from . import tables
from .tables import Digested, Row

COLUMNS = AuditEvent.__struct_fields__[1:]
AT, PAYLOAD = COLUMNS.index("at"), COLUMNS.index("payload")
TABLE = "store_auditevent"


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
    stored = _known(connection_id, list(told))
    for key, (record, hashed) in told.items():
        pk, before = stored.get(key, (0, 0))
        if not pk:
            fresh.new.append((record, hashed))
        elif before != hashed:
            fresh.changed.append((pk, hashed, record))
        else:
            fresh.unchanged += 1
    return fresh


def store(connection_id: int, fresh: Fresh) -> None:
    """In the caller's transaction."""
    _insert(connection_id, fresh.new)
    if fresh.changed:
        settings = ", ".join(f"{column} = %s" for column in ("hash", *COLUMNS))
        lines = [(hashed, *_values(record), pk) for pk, hashed, record in fresh.changed]
        with database.cursor() as cursor:
            cursor.executemany(f"UPDATE {TABLE} SET {settings} WHERE id = %s", lines)


def _known(connection_id: int, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Vendor's id → (primary key, hash)."""
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT vendor_id, id, hash FROM {TABLE} WHERE connection_id = %s AND vendor_id IN ({marks})",
            [connection_id, *ids],
        )
        return {vendor_id: (pk, hashed) for vendor_id, pk, hashed in cursor.fetchall()}


def _insert(connection_id: int, new: Iterable[Digested]) -> None:
    columns = ("connection_id", "vendor_id", "hash", *COLUMNS)
    lines = [(connection_id, record.id, hashed, *_values(record)) for record, hashed in new]
    if not lines:
        return
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {TABLE} ({', '.join(columns)}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {TABLE} ({', '.join(columns)}) VALUES ({marks})", lines)


def _values(record: Any) -> Row:
    row: Row = [*msgspec.structs.astuple(record)[1:]]
    row[AT] = tables.moment(row[AT])
    row[PAYLOAD] = None if row[PAYLOAD] is None else json.dumps(row[PAYLOAD])
    return row
