"""What was read of one project or one user because somebody asked: when, how each part went, and asking again."""

from datetime import datetime
from typing import Any

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.errors import Refused, VendorError
from seatwise.store.models import Connection, LookedUp
from seatwise.store.secrets import SecretUnreadable
from seatwise.sync import ondemand

from .audit import Entry
from .errors import NotFound, Refusal, Unreachable
from .rows import live_row


class PartInfo(msgspec.Struct, frozen=True):
    """One question of a reading. `read_at` is when it was last answered whole, None for never; `message` is what went
    wrong the last time, empty where nothing did, `permission` the vendor's word for what the key lacks."""

    name: str
    label: str
    read_at: datetime | None
    message: str
    permission: str
    needs: str


class LookupInfo(msgspec.Struct, frozen=True):
    """`read_at` is None where nobody asked yet; `available` whether the vendor tells this, and the connection lives."""

    available: bool
    summary: str
    read_at: datetime | None
    parts: list[PartInfo]

    @property
    def whole(self) -> bool:
        """Whether the last reading was answered in all its parts."""
        return self.read_at is not None and not any(part.message or part.read_at is None for part in self.parts)

    def part(self, name: str) -> PartInfo | None:
        return next((part for part in self.parts if part.name == name), None)


def lookup_of(connection: Connection, of: str, vendor_id: str) -> LookupInfo:
    """How the reading of this project or user stands."""
    lookup = connectors()[connection.integration].lookup(of)
    if lookup is None:
        return LookupInfo(False, "", None, [])
    row = LookedUp.objects.filter(connection=connection, of=of, vendor_id=vendor_id).first()
    told: dict[str, Any] = row.parts if row else {}
    parts = []
    for part in lookup.parts:
        said = told.get(part.name, {})
        at = datetime.fromisoformat(said["read_at"]) if said.get("read_at") else None
        parts.append(
            PartInfo(part.name, part.label, at, said.get("message", ""), said.get("permission", ""), part.needs)
        )
    return LookupInfo(connection.disconnected_at is None, lookup.summary, row.read_at if row else None, parts)


def look_up(connection: Connection, of: str, vendor_id: str, entry: Entry) -> None:
    """Reads it at the vendor now, for services that have asked for the permission; what could not be read goes into the
    audit entry. Raises NotFound, Conflict, Refusal and Unreachable."""
    row = live_row(connection.pk)
    entry.detail["connection"] = row.name
    try:
        found = ondemand.look_up(row, of, vendor_id)
    except ondemand.NothingMore:
        raise NotFound(f"{row.name} tells nothing more of a {of}.") from None
    except SecretUnreadable as error:
        raise Refusal(str(error)) from None
    except Refused as error:
        raise Refusal(error.message, detail=error.detail) from None
    except VendorError as error:
        raise Unreachable(error.message, detail=error.detail) from None
    entry.detail["not_read"] = [name for name, part in found.parts.items() if part.get("message")]
