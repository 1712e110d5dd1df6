"""The audit log: every operation asks here first, and is written down in the transaction that does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from seatwise.store.models import AuditEntry

from .errors import NotAllowed, Refusal
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .texts import plain, plain_json

SCHEDULED = "scheduled_sync"
"""Each connection's, hour by hour: among them nobody would find what people did."""


class Entry(msgspec.Struct):
    """What the audit log will say of an operation; filled in as it goes. Never put a secret in it."""

    target: str = ""
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


@contextmanager
def attempt(operator: Actor, permission: Permission, name: str, target: str = "", **detail: Any) -> Iterator[Entry]:
    """Asks for the permission and does the body outside any transaction; only a refusal is written down. For what comes
    before an operation and takes its time, such as asking a vendor. Raises NotAllowed."""
    entry = Entry(target, detail)
    try:
        require(operator, permission)
        yield entry
    except Refusal as refusal:
        entry.detail["refusal"] = refusal.message
        write(operator, name, entry, "not_allowed" if isinstance(refusal, NotAllowed) else "refused")
        raise


@contextmanager
def operation(operator: Actor, permission: Permission, name: str, target: str = "", **detail: Any) -> Iterator[Entry]:
    """Asks for the permission, does the body in one transaction, and writes the entry in it. A refusal is written down
    too, once the transaction is undone. Raises NotAllowed."""
    with attempt(operator, permission, name, target, **detail) as entry, transaction.atomic():
        yield entry
        write(operator, name, entry, "done")


def write(operator: Actor, name: str, entry: Entry, outcome: str) -> None:
    """An entry of its own, in the caller's transaction."""
    AuditEntry.objects.create(
        operator=plain(operator.name)[:200],
        operation=name,
        target=plain(entry.target)[:300],
        outcome=outcome,
        detail=plain_json(entry.detail),
    )


class AuditLine(msgspec.Struct, frozen=True):
    id: int
    at: datetime
    operator: str
    operation: str
    target: str
    outcome: str
    detail: dict[str, Any]


def list_audit_entries(
    operator: Actor,
    *,
    search: str = "",
    name: str = "",
    outcome: str = "",
    since: datetime | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[AuditLine]:
    """What operators did here, newest first; `search` looks in operator and target, `name` is an operation's,
    `outcome` done, refused or not_allowed. SCHEDULED ones are listed only where `name` or `search` ask for them."""
    require(operator, Permission.SEE_AUDIT)
    rows = AuditEntry.objects.all()
    if text := plain(search.strip()):
        rows = rows.filter(operator__icontains=text) | rows.filter(target__icontains=text)
    if name:
        rows = rows.filter(operation=plain(name))
    elif not text:
        rows = rows.exclude(operation=SCHEDULED)
    if outcome:
        rows = rows.filter(outcome=plain(outcome))
    if since:
        rows = rows.filter(at__gte=since)
    return page_of(rows, ("-at", "-id"), cursor, limit, _line)


def _line(row: AuditEntry) -> AuditLine:
    return AuditLine(row.pk, row.at, row.operator, row.operation, row.target, row.outcome, row.detail)
