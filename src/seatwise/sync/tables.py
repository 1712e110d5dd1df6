"""Which record becomes a row of which table, and the raw SQL of that path.

Raw, because Django's bulk_create costs nine times as much a row and update_or_create ninety-five times; every other
room uses the ORM. Columns carry the names of the record's fields.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
from django.db import connection as database
from django.db import models

from seatwise.sdk.records import AdminKey, Invite, Key, Project, ProjectMember, Record, ServiceAccount, User
from seatwise.store import models as stored

Row = list[Any]
OWN = ("connection_id", "vendor_id", "hash", "first_seen_at", "departed_at")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Table:
    """`kinds` narrows a table two streams share. `derived` are columns worked out from a record. `label` names a row
    for people."""

    record: type[Record]
    model: type[models.Model]
    label: Callable[[Record], str]
    kinds: tuple[str, ...] = ()
    derived: tuple[tuple[str, Callable[[Any], Any]], ...] = ()

    @cached_property
    def name(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return self.record.__struct_fields__[1:]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return (*self.fields, *(name for name, _ in self.derived))

    @cached_property
    def times(self) -> tuple[int, ...]:
        """Where its columns hold times."""
        return self._places(models.DateTimeField)

    @cached_property
    def texts(self) -> tuple[int, ...]:
        return self._places(models.CharField, models.TextField)

    @cached_property
    def lists(self) -> tuple[int, ...]:
        return self._places(models.JSONField)

    def _places(self, *kinds: "type[models.Field[Any, Any]]") -> tuple[int, ...]:
        field = self.model._meta.get_field
        return tuple(i for i, column in enumerate(self.columns) if isinstance(field(column), kinds))

    def present(self, connection_id: int) -> "models.QuerySet[Any]":
        rows = self.model._default_manager.filter(connection_id=connection_id, departed_at=None)
        return rows.filter(kind__in=self.kinds) if self.kinds else rows


def email_key(record: User | Invite) -> str | None:
    """An address as it is compared: trimmed, lower case."""
    return (record.email or "").strip().lower() or None


def name_key(record: Any) -> str | None:
    """A name as it is compared."""
    return (getattr(record, "name", None) or "").strip().lower() or None


def _person(record: Any) -> str:
    return str(record.email or getattr(record, "name", None) or record.id)


def _named(record: Any) -> str:
    return str(record.name or record.id)


TABLES = {
    User: Table(
        User, stored.User, _person, ("user", "service_account"),
        (("email_key", email_key), ("name_key", name_key), ("listed", lambda _: True)),
    ),
    Invite: Table(
        Invite, stored.User, _person, ("invite",),
        (("email_key", email_key), ("name_key", name_key), ("listed", lambda invite: invite.status != "accepted")),
    ),
    Project: Table(Project, stored.Project, _named),
    ProjectMember: Table(ProjectMember, stored.ProjectMember, lambda member: member.id),
    ServiceAccount: Table(ServiceAccount, stored.ServiceAccount, _named),
    Key: Table(Key, stored.Key, _named, ("project",)),
    AdminKey: Table(AdminKey, stored.Key, _named, ("admin",)),
}  # fmt: skip


def digest(record: Record) -> int:
    """A stable 64-bit hash of a record: equal hashes, equal row."""
    return int.from_bytes(hashlib.blake2b(_encode(record), digest_size=8).digest(), "big", signed=True)


def values(table: Table, records: Iterable[Record]) -> list[Row]:
    """Each record as the values of `table.columns`, fit for the database at hand."""
    times, texts, lists, derived = table.times, table.texts, table.lists, [make for _, make in table.derived]
    as_text = database.vendor == "sqlite"
    rows = []
    for record in records:
        row: Row = [*msgspec.structs.astuple(record)[1:], *[make(record) for make in derived]]
        if as_text:
            for i in times:
                if row[i] is not None:
                    row[i] = _utc_text(row[i])
        for i in texts:
            if row[i] is not None and "\0" in row[i]:  # Postgres stores no NUL in a text
                row[i] = row[i].replace("\0", "\ufffd")
        for i in lists:
            if row[i] is not None:
                row[i] = json.dumps(row[i])
        rows.append(row)
    return rows


def moment(value: datetime) -> Any:
    return _utc_text(value) if database.vendor == "sqlite" else value


def _utc_text(value: datetime) -> str:
    """A time as Django keeps it in SQLite. Its own adapter takes ten times as long, and there are two in every row."""
    text = value.isoformat(" ")
    return text[:-6] if text.endswith("+00:00") else value.astimezone(UTC).isoformat(" ")[:-6]


def known(table: Table, connection_id: int, ids: Sequence[str]) -> dict[str, tuple[int, int, bool]]:
    """Of these vendor ids, those stored: vendor id → (primary key, hash, departed)."""
    scope, arguments = _scope(table)
    marks = ", ".join(["%s"] * len(ids))
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT vendor_id, id, hash, departed_at IS NOT NULL FROM {table.name} "
            f"WHERE connection_id = %s {scope} AND vendor_id IN ({marks})",
            [connection_id, *arguments, *ids],
        )
        return {row[0]: (row[1], row[2], bool(row[3])) for row in cursor.fetchall()}


def insert(table: Table, connection_id: int, now: datetime, rows: Iterable[tuple[str, int, Row]]) -> None:
    """New rows: (vendor id, hash, values)."""
    columns = (*OWN, *table.columns)
    seen = moment(now)
    lines = [(connection_id, vendor_id, hashed, seen, None, *row) for vendor_id, hashed, row in rows]
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})", lines)


def update(table: Table, rows: Iterable[tuple[int, int, Row]]) -> None:
    """Rows that differ, and rows that returned: (primary key, hash, values)."""
    settings = ", ".join(f"{column} = %s" for column in ("hash", *table.columns))
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table.name} SET {settings}, departed_at = NULL WHERE id = %s",
            [(hashed, *row, pk) for pk, hashed, row in rows],
        )


def _scope(table: Table) -> tuple[str, tuple[str, ...]]:
    if not table.kinds:
        return "", ()
    return f"AND kind IN ({', '.join(['%s'] * len(table.kinds))})", table.kinds
