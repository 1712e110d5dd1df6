"""What goes into Changes: before and after, of the fields that differ. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from seatwise.sdk.records import Invite, Record, User
from seatwise.store.models import Change
from seatwise.store.models import User as StoredUser

from .tables import TABLES, Table, email_key

Fields = dict[str, Any]
QUIET = {"api_key_last_used_at", "last_used_at", "used"}
"""Stored, and no news: whoever works moves them with every sync, and they would bury what an admin looks for."""


def stored_fields(table: Table, keys: Sequence[int]) -> dict[int, Fields]:
    """The stored values of these rows as JSON holds them, by primary key."""
    names = ("pk", "vendor_id", *table.fields)
    rows = table.model._default_manager.filter(pk__in=keys).values(*names)
    return {row["pk"]: {name: _plain(value) for name, value in row.items() if name != "pk"} for row in rows}


def arrivals(connection_id: int, records: Sequence[Record]) -> list[Change]:
    """One change each. A user who was invited carries the invite: joining is one event, no departure and arrival."""
    invites = _invites(connection_id, records)
    changes = []
    for record in records:
        if not is_news(record):
            continue
        after = _fields(record)
        if isinstance(record, User) and (invite := invites.get(email_key(record) or "")):
            after["invite"] = invite
        changes.append(Change(vendor_id=record.id, label=TABLES[type(record)].label(record), after=after))
    return changes


def differences(pairs: Sequence[tuple[Record, Fields]], *, returned: bool) -> list[Change]:
    """One change for each record whose fields differ from the stored ones; a returned row is always one."""
    changes = []
    for record, stored in pairs:
        after = _fields(record, all_fields=True)
        before = {**stored, "status": "active"} if _confirms(record, stored) else stored
        names = [name for name in after if name not in QUIET and after[name] != before.get(name)]
        if names or returned:
            changes.append(
                Change(
                    vendor_id=record.id,
                    label=TABLES[type(record)].label(record),
                    before={name: before.get(name) for name in names},
                    after={name: after[name] for name in names},
                )
            )
    return changes


def _confirms(record: Record, stored: Fields) -> bool:
    """Unknown to active is no change of the user's: a complete listing confirmed what was seen."""
    return isinstance(record, User) and record.status == "active" and stored["status"] == "unknown"


def departures(table: Table, rows: Sequence[tuple[str, Fields]]) -> list[Change]:
    return [
        Change(
            vendor_id=vendor_id,
            label=fields.get("email") or fields.get("name") or vendor_id,
            before={name: value for name, value in fields.items() if name != "vendor_id" and value is not None},
        )
        for vendor_id, fields in rows
    ]


def is_news(record: Record) -> bool:
    """An accepted invite is none: the user's own arrival says it."""
    return not (isinstance(record, Invite) and record.status == "accepted")


def _invites(connection_id: int, records: Sequence[Record]) -> dict[str, Fields]:
    keys = {key for record in records if isinstance(record, User) and (key := email_key(record))}
    if not keys:
        return {}
    rows = StoredUser.objects.filter(connection_id=connection_id, kind="invite", email_key__in=keys)
    return {
        key: {"id": vendor_id, "invited_at": _plain(invited_at)}
        for key, vendor_id, invited_at in rows.order_by("pk").values_list("email_key", "vendor_id", "invited_at")
        if key
    }


def _fields(record: Record, *, all_fields: bool = False) -> Fields:
    fields: Fields = {name: _plain(getattr(record, name)) for name in record.__struct_fields__[1:]}
    return fields if all_fields else {name: value for name, value in fields.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return msgspec.to_builtins(value)
