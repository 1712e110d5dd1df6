"""Changes: what we saw change at vendors, with before and after."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q

from seatwise.store.models import Change, User

from .paging import Page, page_of
from .rights import Actor, Permission, require


class ChangeInfo(msgspec.Struct, frozen=True):
    """`id` is the vendor's id of what changed, `number` ours of the change; `user_key` leads to the user, where it is
    one. `kind` is arrived, changed, departed, returned, or baseline: a stream's first complete listing."""

    number: int
    connection: str
    at: datetime
    stream: str
    id: str
    label: str
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    user_key: int | None


def list_changes(
    operator: Actor,
    *,
    connection: str = "",
    stream: str = "",
    kind: str = "",
    search: str = "",
    since: datetime | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[ChangeInfo]:
    """The latest first. `search` looks in what the row is called and in its id."""
    require(operator, Permission.SEE_USERS)
    rows = Change.objects.select_related("connection")
    for field, value in (("connection__name__iexact", connection), ("stream", stream), ("kind", kind)):
        if value:
            rows = rows.filter(**{field: value})
    if search:
        rows = rows.filter(Q(label__icontains=_plain(search)) | Q(vendor_id=_plain(search)))
    if since:
        rows = rows.filter(at__gte=since)
    page = page_of(rows, ("-at", "-id"), cursor, limit, lambda row: row)
    return Page(describe(page.items), page.next, page.previous, page.total)


def describe(rows: Iterable[Change]) -> list[ChangeInfo]:
    """Rows with their connection, and where each leads, in one more query."""
    rows = list(rows)
    of_users = Q(pk__in=[])
    for row in rows:
        if row.stream in ("users", "invites") and row.vendor_id:
            of_users |= Q(connection_id=row.connection_id, vendor_id=row.vendor_id)
    found = User.objects.filter(of_users).values_list("connection_id", "vendor_id", "pk")
    keys = {(connection_id, vendor_id): pk for connection_id, vendor_id, pk in found}
    return [
        ChangeInfo(
            number=row.pk,
            connection=row.connection.name,
            at=row.at,
            stream=row.stream,
            id=row.vendor_id,
            label=row.label,
            kind=row.kind,
            before=row.before,
            after=row.after,
            user_key=keys.get((row.connection_id, row.vendor_id)),
        )
        for row in rows
    ]


def _plain(text: str) -> str:
    """A text as it can stand in a database."""
    return text.encode(errors="ignore").decode().replace("\0", "\ufffd")
