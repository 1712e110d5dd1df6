"""Costs row by row, as the vendor told them: for those who count for themselves, and in the columns of FinOps FOCUS."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from seatwise.connectors.catalog import connectors
from seatwise.store.models import Connection, Cost
from seatwise.store.sums import COLUMNS, Span, next_month

from .audit import operation
from .errors import Refusal
from .money import decimal, span_of
from .paging import Page, bad_cursor, turn
from .rights import Actor, Permission, require
from .running import Running
from .spend import UNATTRIBUTED, connections_of
from .spend_names import Named, Place, names_of
from .texts import plain

AT_ONCE = 1000
NARROWING = {**{name: column for name, column in COLUMNS.items() if name != "total"}, "person": "user_id"}
"""Of persons only what the vendor reports itself: a row that names none is no row of theirs."""


class CostRow(msgspec.Struct, frozen=True):
    """One UTC day's cost of one project, key, user and line item, as far as the vendor tells. `amount` is exact;
    `partial` says that the day had not ended when it was read."""

    connection: str
    connection_id: int
    day: date
    project_id: str | None
    project: str | None
    user_id: str | None
    user: str | None
    api_key_id: str | None
    api_key: str | None
    model: str | None
    line_item: str | None
    amount: str
    currency: str
    quantity: str | None
    quantity_unit: str | None
    partial: bool


class FocusRow(msgspec.Struct, frozen=True):
    """The same in the names of FOCUS 1.2, which a validator refuses: the vendor tells no prices, so of the mandatory
    columns `ListCost` and `ContractedCost` are empty, and `PricingQuantity` and `PricingUnit` are absent, like all that
    is optional and not known (invoices, regions). `x_Partial`, of our own, marks a day that had not ended when it was
    read."""

    BilledCost: str
    EffectiveCost: str
    BillingAccountId: str
    BillingAccountName: str
    BillingCurrency: str
    BillingPeriodStart: str
    BillingPeriodEnd: str
    ChargeCategory: str
    ChargeClass: str | None
    ChargeDescription: str | None
    ChargeFrequency: str
    ChargePeriodStart: str
    ChargePeriodEnd: str
    ContractedCost: str | None
    ConsumedQuantity: str | None
    ConsumedUnit: str | None
    InvoiceIssuerName: str
    ListCost: str | None
    ProviderName: str
    PublisherName: str
    ResourceId: str | None
    ResourceName: str | None
    ResourceType: str | None
    ServiceCategory: str
    ServiceSubcategory: str
    ServiceName: str
    SkuId: str | None
    SubAccountId: str | None
    SubAccountName: str | None
    SubAccountType: str | None
    Tags: str
    x_Partial: bool  # noqa: N815 (FOCUS names custom columns so)


def list_costs(
    operator: Actor,
    *,
    connection: str = "",
    range: str = "",
    start: date | None = None,
    end: date | None = None,
    cursor: str = "",
    limit: int = 50,
    **within: str,
) -> Page[CostRow]:
    """The rows of a range by connection and day, without a total: there may be a million. Raises Refusal."""
    require(operator, Permission.SEE_SPEND)
    span, connections = span_of(range, start, end), connections_of(connection)
    narrowed = _narrowed(within)

    def read(values: list[Any], backwards: bool, most: int) -> list[Cost]:
        return list(islice(_rows(connections, span, narrowed, _place(values), backwards=backwards), most))

    found, following, previous = turn(
        read, lambda row: (row.connection_id, row.day.isoformat(), row.slot), 3, cursor, limit
    )
    return Page(_described(found, Running()), following, previous)


def list_focus(operator: Actor, **asked: Any) -> Page[FocusRow]:
    """The same page in the columns of FOCUS."""
    require(operator, Permission.SEE_SPEND)
    page = list_costs(operator, **asked)
    return Page(list(_focus(page.items, _organizations())), page.next, page.previous)


def export_costs(operator: Actor, **asked: Any) -> Iterator[CostRow]:
    """Exactly the rows that `list_costs` lists, in flat memory."""
    with operation(operator, Permission.EXPORT, "export_costs", "costs", **{k: str(v) for k, v in asked.items() if v}):
        require(operator, Permission.SEE_SPEND)
        span = span_of(asked.pop("range", ""), asked.pop("start", None), asked.pop("end", None))
        connections, narrowed = connections_of(asked.pop("connection", "")), _narrowed(asked)
    return _exported(_rows(connections, span, narrowed, None, backwards=False))


def export_focus(operator: Actor, **asked: Any) -> Iterator[FocusRow]:
    """The same rows in the columns of FOCUS."""
    require(operator, Permission.EXPORT)
    return _focus(export_costs(operator, **asked), _organizations())


def _organizations() -> dict[int, str]:
    return dict(Connection.objects.values_list("pk", "organization_id"))


def _exported(rows: Iterator[Cost]) -> Iterator[CostRow]:
    running = Running()
    while some := list(islice(rows, AT_ONCE)):
        yield from _described(some, running)


def _narrowed(within: Mapping[str, str]) -> dict[str, str | None]:
    if strange := {name for name, key in within.items() if key} - set(NARROWING):
        raise Refusal(f"Costs cannot be narrowed by {', '.join(sorted(strange))}.")
    return {NARROWING[name]: None if key == UNATTRIBUTED else plain(key) for name, key in within.items() if key}


def _place(values: Sequence[Any]) -> tuple[int, date, int] | None:
    if not values:
        return None
    connection, day, slot = values
    try:
        at = date.fromisoformat(day)
    except (TypeError, ValueError):
        raise bad_cursor() from None
    if type(connection) is not int or type(slot) is not int:
        raise bad_cursor()
    return connection, at, slot


def _rows(
    connections: Sequence[int],
    span: Span,
    narrowed: Mapping[str, str | None],
    after: tuple[int, date, int] | None,
    *,
    backwards: bool,
) -> Iterator[Cost]:
    """From the unique index: connection by connection, day by day; behind a place, or before it nearest first."""
    for connection in sorted(connections, reverse=backwards):
        if after and ((connection > after[0]) if backwards else (connection < after[0])):
            continue
        rows = Cost.objects.filter(connection_id=connection, stream="costs", **narrowed)
        place = after[1:] if after and after[0] == connection else None
        yield from _streamed(rows, span, place, backwards=backwards)


def _streamed(rows: "QuerySet[Cost]", span: Span, place: tuple[date, int] | None, *, backwards: bool) -> Iterator[Cost]:
    """A page of rows at a time: a reader that goes away leaves no cursor open."""
    rows = rows.order_by(*(("-day", "-slot") if backwards else ("day", "slot")))
    size = 101
    while True:
        page = rows.filter(days_from(span, place and place[0], backwards=backwards))
        some = list((page.filter(_beyond(*place, backwards=backwards)) if place else page)[:size])
        yield from some
        if len(some) < size:
            return
        place, size = (some[-1].day, some[-1].slot), AT_ONCE


def days_from(span: Span, day: date | None, *, backwards: bool) -> Q:
    """The days of a range from this one on, with one bound on each side: of two, SQLite may take the wider, and go over
    all days before the place for every page."""
    if day is None:
        return Q(day__gte=span.first, day__lte=span.last)
    if backwards:
        return Q(day__gte=span.first, day__lte=min(day, span.last))
    return Q(day__gte=max(day, span.first), day__lte=span.last)


def _beyond(day: date, slot: int, *, backwards: bool) -> Q:
    return Q(day__lt=day) | Q(slot__lt=slot) if backwards else Q(day__gt=day) | Q(slot__gt=slot)


def _described(rows: Sequence[Cost], running: Running) -> list[CostRow]:
    called = dict(Connection.objects.filter(pk__in={row.connection_id for row in rows}).values_list("pk", "name"))
    projects, users, keys = (
        _names(dimension, column, rows)
        for dimension, column in (("project", "project_id"), ("person", "user_id"), ("api_key", "api_key_id"))
    )
    return [
        CostRow(
            connection=called[row.connection_id],
            connection_id=row.connection_id,
            day=row.day,
            project_id=row.project_id,
            project=_name(projects, row.connection_id, row.project_id),
            user_id=row.user_id,
            user=_name(users, row.connection_id, row.user_id),
            api_key_id=row.api_key_id,
            api_key=_name(keys, row.connection_id, row.api_key_id),
            model=row.model,
            line_item=row.line_item,
            amount=decimal(row.amount),
            currency=row.currency,
            quantity=row.quantity,
            quantity_unit=row.quantity_unit,
            partial=running.partial(row.connection_id, row.stream, row.day),
        )
        for row in rows
    ]


def _names(dimension: str, column: str, rows: Sequence[Cost]) -> dict[Place, Named]:
    keys: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        keys[row.connection_id].add(getattr(row, column) or "")
    return names_of(dimension, keys)


def _name(named: Mapping[Place, Named], connection: int, key: str | None) -> str | None:
    return named.get((connection, key or ""), Named()).name


def _focus(rows: Iterable[CostRow], organizations: Mapping[int, str]) -> Iterator[FocusRow]:
    vendors = dict(Connection.objects.values_list("pk", "integration"))
    manifests = {slug: connector.manifest.name for slug, connector in connectors().items()}
    for row in rows:
        vendor = manifests[vendors[row.connection_id]]
        month = row.day.replace(day=1)
        tags = {"user_id": row.user_id, "user": row.user, "model": row.model}
        yield FocusRow(
            BilledCost=row.amount,
            EffectiveCost=row.amount,
            BillingAccountId=organizations[row.connection_id],
            BillingAccountName=row.connection,
            BillingCurrency=row.currency.upper(),
            BillingPeriodStart=_moment(month),
            BillingPeriodEnd=_moment(next_month(row.day)),
            ChargeCategory="Credit" if row.amount.startswith("-") else "Usage",
            ChargeClass=None,
            ChargeDescription=row.line_item,
            ChargeFrequency="Usage-Based",
            ChargePeriodStart=_moment(row.day),
            ChargePeriodEnd=_moment(row.day + timedelta(days=1)),
            ContractedCost=None,
            ConsumedQuantity=row.quantity,
            ConsumedUnit=row.quantity_unit,
            InvoiceIssuerName=vendor,
            ListCost=None,
            ProviderName=vendor,
            PublisherName=vendor,
            ResourceId=row.api_key_id,
            ResourceName=row.api_key,
            ResourceType="API key" if row.api_key_id else None,
            ServiceCategory="AI and Machine Learning",
            ServiceSubcategory="Generative AI",
            ServiceName=f"{vendor} API",
            SkuId=row.line_item,
            SubAccountId=row.project_id,
            SubAccountName=row.project,
            SubAccountType="Project" if row.project_id else None,
            Tags=json.dumps({f"seatwise/{name}": value for name, value in tags.items() if value}, ensure_ascii=False),
            x_Partial=row.partial,
        )


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
