"""Service accounts: accounts of machines in projects, with the keys they own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db.models import Count, Max, Q, QuerySet

from seatwise.store.models import Change, Key, Project, ServiceAccount

from .audit import operation
from .changes import ChangeInfo, describe
from .errors import NotFound
from .key_issues import KeyInfo, describe_keys
from .key_spend import KeySpend, spend_of_keys
from .missing import read_once
from .paging import BY_CREATION, BY_NAME, Page, described_page, every_described, order_of, sortable
from .rights import Actor, Permission, require
from .texts import connections_called, plain

COLUMNS = {"name": BY_NAME, "created_at": BY_CREATION}
SORTS = tuple(COLUMNS)
SHOWN_KEYS = 200


class ServiceAccountInfo(msgspec.Struct, frozen=True):
    """`id` and `project_id` are the vendor's, `key` ours; `keys` are those that are present, None where the keys
    of projects were never read completely; `last_use_at` the newest use of any of them."""

    key: int
    connection: str
    connection_id: int
    id: str
    name: str | None
    project_id: str
    project: str | None
    role: str | None
    keys: int | None
    last_use_at: datetime | None
    created_at: datetime | None
    first_seen_at: datetime
    departed_at: datetime | None


class ServiceAccountDetail(msgspec.Struct, frozen=True):
    """`keys` are at most SHOWN_KEYS of the account's."""

    account: ServiceAccountInfo
    keys: list[KeyInfo]
    timeline: list[ChangeInfo]


def list_service_accounts(
    operator: Actor,
    *,
    connection: str = "",
    project: str = "",
    search: str = "",
    sort: str = "name",
    cursor: str = "",
    limit: int = 50,
) -> Page[ServiceAccountInfo]:
    """Accounts that are present. `project` is its id or name; `search` looks in the name, or for the id. Raises Refusal
    for an order or a cursor that is none."""
    require(operator, Permission.SEE_USERS)
    rows = _wanted(connection, project, search)
    order, total = order_of("Service accounts", sort, COLUMNS), rows.count()
    return described_page(sortable(rows), order, cursor, limit, _described, total)


def get_service_account(operator: Actor, *, key: int) -> ServiceAccountDetail:
    """One account with its keys and its history, by our key; one that departed too. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _row(key)
    changes = Change.objects.filter(
        connection_id=row.connection_id, stream="service_accounts", vendor_id=row.vendor_id
    ).select_related("connection")
    (info,) = _described([row])
    keys = _keys_of(row).select_related("connection").order_by("name_key", "pk")[:SHOWN_KEYS]
    return ServiceAccountDetail(
        info, describe_keys(keys, datetime.now(UTC)), describe(changes.order_by("-at", "-id")[:200])
    )


def service_account_spend(operator: Actor, *, key: int, days: int = 30) -> KeySpend:
    """What the keys of an account cost on each of the last days, those that are gone too. Raises NotFound."""
    require(operator, Permission.SEE_SPEND)
    row = _row(key)
    owned = Key.objects.filter(connection=row.connection, owner_kind="service_account", owner_id=row.vendor_id)
    return spend_of_keys(row.connection, list(owned.values_list("vendor_id", flat=True)), days)


def export_service_accounts(
    operator: Actor, *, connection: str = "", project: str = "", search: str = "", sort: str = "name"
) -> Iterator[ServiceAccountInfo]:
    """Exactly the accounts that `list_service_accounts` lists, in its order."""
    filters = {"connection": connection, "project": project, "search": search}
    named = {name: value for name, value in filters.items() if value}
    with operation(operator, Permission.EXPORT, "export_service_accounts", "service accounts", **named):
        require(operator, Permission.SEE_USERS)
        order = order_of("Service accounts", sort, COLUMNS)
    return every_described(sortable(_wanted(**filters)), order, _described)


def _wanted(connection: str, project: str, search: str) -> "QuerySet[ServiceAccount]":
    rows = ServiceAccount.objects.filter(departed_at=None).select_related("connection")
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if wanted := plain(project):
        named = Project.objects.filter(name__iexact=wanted).values("vendor_id")
        rows = rows.filter(Q(project_id=wanted) | Q(project_id__in=named))
    if text := plain(search.strip()):
        rows = rows.filter(Q(name__icontains=text) | Q(vendor_id=text))
    return rows


def _row(key: int) -> ServiceAccount:
    row = ServiceAccount.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no service account with the number {key}.")
    return row


def _keys_of(row: ServiceAccount) -> "QuerySet[Key]":
    return Key.objects.filter(
        connection_id=row.connection_id, owner_kind="service_account", owner_id=row.vendor_id, departed_at=None
    )


def _described(rows: list[ServiceAccount]) -> list[ServiceAccountInfo]:
    """Rows with their connection; their projects and keys in three more queries."""
    connections = {row.connection_id for row in rows}
    read = read_once(connections)
    owned = Key.objects.filter(
        connection_id__in=connections,
        owner_kind="service_account",
        owner_id__in={row.vendor_id for row in rows},
        departed_at=None,
    )
    counted: dict[Any, Any] = {
        (each["connection_id"], each["owner_id"]): (each["keys"], each["last_use"])
        for each in owned.values("connection_id", "owner_id").annotate(keys=Count("pk"), last_use=Max("last_use_at"))
    }
    projects = Project.objects.filter(connection_id__in=connections, vendor_id__in={row.project_id for row in rows})
    names = {(c, p): name for c, p, name in projects.values_list("connection_id", "vendor_id", "name")}
    return [
        ServiceAccountInfo(
            key=row.pk,
            connection=row.connection.name,
            connection_id=row.connection_id,
            id=row.vendor_id,
            name=row.name,
            project_id=row.project_id,
            project=names.get((row.connection_id, row.project_id)),
            role=row.role,
            keys=counted.get((row.connection_id, row.vendor_id), (0, None))[0]
            if (row.connection_id, "api_keys") in read
            else None,
            last_use_at=counted.get((row.connection_id, row.vendor_id), (0, None))[1],
            created_at=row.created_at,
            first_seen_at=row.first_seen_at,
            departed_at=row.departed_at,
        )
        for row in rows
    ]
