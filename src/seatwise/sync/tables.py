"""Which record becomes a row of which table, and the raw SQL of that path.

Raw, because Django's bulk_create costs nine times as much a row and update_or_create ninety-five times; every other
room uses the ORM. Columns carry the names of the record's fields.
"""

import json
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from typing import Any

import msgspec
from django.db import connection as database
from django.db import models
from msgspec.structs import astuple

from seatwise.sdk.records import (
    AdminKey,
    Group,
    GroupMember,
    Invite,
    Key,
    Limit,
    Project,
    ProjectGroup,
    ProjectLimit,
    ProjectMember,
    ProjectRole,
    Record,
    Role,
    RoleAssignment,
    ServiceAccount,
    User,
    UserRole,
)
from seatwise.store import models as stored
from seatwise.store.models.activity import KEY_USE

Columns = list[Sequence[Any]]
"""The values of some rows, column by column: row by row took half as long again."""
Digested = tuple[Record, int]
"""A record and the hash of its row."""
OWN = ("connection_id", "vendor_id", "hash", "first_seen_at")
LONGEST_EMAIL_KEY, LONGEST_KEY = 320, 200
"""Characters of what rows are sorted by: an entry of an index holds 2,700 bytes on Postgres, and the longest listing's
holds an address and a name."""
AT_ONCE = 50
"""Rows a statement on SQLite: as many statements of one row take a third longer."""
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Table:
    """`kinds` narrows a table two streams share. `derived` are columns worked out from a record; `born` those that a
    new row begins with and that somebody else keeps from then on. `label` names a row for people."""

    record: type[Record]
    model: type[models.Model]
    label: Callable[[Record], str]
    kinds: tuple[str, ...] = ()
    derived: tuple[tuple[str, Callable[[Any], Any]], ...] = ()
    born: tuple[tuple[str, Callable[[Any], Any]], ...] = ()

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
    def lists(self) -> tuple[int, ...]:
        return self._places(models.JSONField)

    def _places(self, kind: "type[models.Field[Any, Any]]") -> tuple[int, ...]:
        field = self.model._meta.get_field
        return tuple(i for i, column in enumerate(self.columns) if isinstance(field(column), kind))

    def present(self, connection_id: int) -> "models.QuerySet[Any]":
        rows = self.model._default_manager.filter(connection_id=connection_id, departed_at=None)
        return rows.filter(kind__in=self.kinds) if self.kinds else rows


def email_key(record: User | Invite) -> str | None:
    """An address as it is compared: trimmed, lower case."""
    return (record.email or "").strip().lower()[:LONGEST_EMAIL_KEY] or None


def name_key(record: Any) -> str | None:
    """A name as it is compared."""
    return (getattr(record, "name", None) or "").strip().lower()[:LONGEST_KEY] or None


def key_use(record: User) -> datetime | None:
    """The last use of a key that the vendor's list of users names, unless it lies ahead."""
    at = record.api_key_last_used_at
    return at if at and at <= datetime.now(UTC) else None


def owner_key(record: Key) -> str | None:
    """A key's owner as they are sorted by: the best name there is."""
    best = record.owner_email or record.owner_name or record.owner_id or ""
    return best.strip().lower()[:LONGEST_KEY] or None


def search_key(record: Key) -> str:
    """All that a key is found by, one a line."""
    texts = (record.name, record.redacted_value, record.owner_name, record.owner_email, record.id)
    return "\n".join(text.lower() for text in texts if text)


KEY_TEXTS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("name_key", lambda key: name_key(key) or key.id.lower()), ("owner_key", owner_key), ("search_key", search_key),
)  # fmt: skip


def _person(record: Any) -> str:
    return str(record.email or getattr(record, "name", None) or record.id)


def _named(record: Any) -> str:
    return str(record.name or record.id)


def _limit(record: Any) -> str:
    return str(record.what).replace("_", " ").capitalize()


TABLES = {
    User: Table(
        User, stored.User, _person, ("user", "service_account"),
        (("email_key", email_key), ("name_key", name_key), ("listed", lambda _: True)),
        (("last_active_at", key_use), ("last_active_source", lambda user: KEY_USE if key_use(user) else None)),
    ),
    Invite: Table(
        Invite, stored.User, _person, ("invite",),
        (("email_key", email_key), ("name_key", name_key), ("listed", lambda invite: invite.status != "accepted")),
    ),
    Project: Table(Project, stored.Project, _named),
    ProjectMember: Table(ProjectMember, stored.ProjectMember, lambda member: member.id),
    ServiceAccount: Table(ServiceAccount, stored.ServiceAccount, _named),
    Key: Table(Key, stored.Key, _named, ("project",), KEY_TEXTS),
    AdminKey: Table(AdminKey, stored.Key, _named, ("admin",), KEY_TEXTS),
    Group: Table(Group, stored.Group, _named),
    GroupMember: Table(GroupMember, stored.GroupMember, lambda member: member.id),
    Role: Table(Role, stored.Role, _named, ("organization",)),
    ProjectRole: Table(ProjectRole, stored.Role, _named, ("project",)),
    RoleAssignment: Table(RoleAssignment, stored.RoleAssignment, _named, ("group",)),
    ProjectGroup: Table(ProjectGroup, stored.RoleAssignment, _named, ("project_group",)),
    UserRole: Table(UserRole, stored.RoleAssignment, _named, ("user",)),
    Limit: Table(Limit, stored.Limit, _limit, ("organization",)),
    ProjectLimit: Table(ProjectLimit, stored.Limit, _named, ("project",)),
}  # fmt: skip


def digested(records: Sequence[Record]) -> tuple[Sequence[Record], tuple[int, ...]]:
    """The records, fit to be stored, and of each a stable 64-bit hash: equal hashes, equal row."""
    texts = [_encode(record) for record in records]
    if b"\\" in b"".join(texts):  # hardly ever: a quote, a line break or, which Postgres stores in no text, a NUL
        records = [
            msgspec.convert(_without_nul(msgspec.to_builtins(record)), type(record)) if b"\\u0000" in text else record
            for record, text in zip(records, texts, strict=True)
        ]
    digests = [blake2b(text, digest_size=8).digest() for text in texts]
    return records, struct.unpack(f">{len(digests)}q", b"".join(digests))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(part) for name, part in value.items()}
    return [_without_nul(part) for part in value] if isinstance(value, (list, tuple)) else value


def values(table: Table, records: Sequence[Record]) -> Columns:
    """The values of `table.columns`, fit for the database at hand."""
    columns: Columns = [*zip(*map(astuple, records), strict=True)]
    del columns[0]  # the id stands before them
    columns += [[*map(make, records)] for _, make in table.derived]
    for i in table.times if database.vendor == "sqlite" else ():
        columns[i] = _utc_texts(columns[i])
    for i in table.lists:
        columns[i] = [None if value is None else json.dumps(value) for value in columns[i]]
    return columns


def moment(value: datetime) -> Any:
    return _utc_texts([value])[0] if database.vendor == "sqlite" else value


def _utc_texts(times: Iterable[datetime | None]) -> list[str | None]:
    """Times as Django keeps them in SQLite. Its own adapter takes ten times as long, and there are two in every row."""
    in_utc = [time if time is None or time.tzinfo is UTC else time.astimezone(UTC) for time in times]
    texts: list[str | None] = msgspec.to_builtins(in_utc)
    return [text and text[:-1].replace("T", " ") for text in texts]


def hashes(table: Table, connection_id: int) -> set[int]:
    """Of all rows that are present."""
    scope, arguments = _scope(table)
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM store_connection WHERE id <> %s LIMIT 1", [connection_id])
        # Where all rows are of one connection, reading them as they lie takes half as long as by an index.
        by = "NOT INDEXED" if database.vendor == "sqlite" and not cursor.fetchone() else ""
        cursor.execute(
            f"SELECT hash FROM {table.name} {by} WHERE connection_id = %s {scope} AND departed_at IS NULL",
            [connection_id, *arguments],
        )
        return set(chain.from_iterable(cursor))


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


def insert(table: Table, connection_id: int, now: datetime, new: Sequence[Digested], values: Columns) -> None:
    """New rows, and their values."""
    columns = (*OWN, *table.columns, *(name for name, _ in table.born))
    records, hashed = zip(*new, strict=True)
    born: Columns = []
    for name, make in table.born:
        born.append([*map(make, records)])
        if database.vendor == "sqlite" and isinstance(table.model._meta.get_field(name), models.DateTimeField):
            born[-1] = _utc_texts(born[-1])
    many = len(new)
    own = ([connection_id] * many, [record.id for record in records], hashed, [moment(now)] * many)
    enter(table.name, columns, [*zip(*own, *values, *born, strict=True)])


def enter(table: str, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """New rows as they are, in bulk."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
            marks = f"({', '.join('?' * len(columns))})"
            full = len(lines) - len(lines) % AT_ONCE
            groups = [list(chain.from_iterable(lines[i : i + AT_ONCE])) for i in range(0, full, AT_ONCE)]
            cursor.executemany(into + ", ".join([marks] * AT_ONCE), groups)
            cursor.executemany(into + marks, lines[full:])


def update(table: Table, keys: Sequence[int], hashed: Sequence[int], values: Columns) -> None:
    """Rows that differ, and rows that returned: their primary keys, hashes and values."""
    lines = [*zip(hashed, *values, [None] * len(keys), keys, strict=True)]
    rewrite(table.name, ("hash", *table.columns, "departed_at"), lines)


def rewrite(table: str, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """Rows that differ, as they are: the values of the columns, and the primary key."""
    settings = ", ".join(f"{column} = %s" for column in columns)
    with database.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {settings} WHERE id = %s", lines)


def unmap() -> None:
    """Reads SQLite's file instead of mapping it, on this thread's connection: a sync touches all of it, and what is
    mapped counts as the process's memory (100,000 users: 198 MiB, or 126)."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            cursor.execute("PRAGMA mmap_size = 0")


def count(result: stored.RunStream) -> None:
    """What a stream did so far, in its line of the run."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE store_runstream SET records = %s, arrived = %s, changed = %s, returned = %s, unchanged = %s "
            "WHERE id = %s",
            [result.records, result.arrived, result.changed, result.returned, result.unchanged, result.pk],
        )


def _scope(table: Table) -> tuple[str, tuple[str, ...]]:
    if not table.kinds:
        return "", ()
    return f"AND kind IN ({', '.join(['%s'] * len(table.kinds))})", table.kinds
