"""The audit log of the organization: who did what, when and from where.

Its types are open words: one nobody described is kept like any other. What an event says of its actor may be missing,
and a strange actor spoils no page.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from seatwise.sdk.connector import Remark
from seatwise.sdk.errors import VendorError
from seatwise.sdk.records import AuditEvent, instant
from seatwise.sdk.streams import Day, Pages, Window, series

from .client import Client
from .refusals import is_final, says_log_is_off
from .rows import Epoch, Id
from .spend import epoch
from .streams import meant

PERMISSION = "Audit Logs: Read (api.audit_logs.read)"
TENANT = "tenant_only"
"""Events of a tenant are listed apart: with this parameter they come alone, without it they do not come."""
LARGEST_PAYLOAD = 8_000
"""Bytes of an event's payload that are kept; of a longer one its beginning."""
LONGEST = 300
"""Characters of an id, a name or an address: as many as any of them may need."""

Fields = Mapping[str, Any]


class Event(Struct):
    """What every event has. The payload stands beside it under a key equal to its type, with the dot."""

    id: Id
    type: Annotated[str, Meta(min_length=1)]
    effective_at: Epoch
    actor: Any = None
    project: Any = None


@series(
    AuditEvent,
    fields=(
        "type",
        "at",
        "actor_kind",
        "actor_id",
        "actor_email",
        "api_key_id",
        "ip_address",
        "user_agent",
        "target_id",
        "project_id",
        "project_name",
        "payload",
    ),
    needs=PERMISSION,
    restated=timedelta(days=1),
    sums=False,
)
async def audit_events(client: Client, window: Window) -> Pages:
    """What was done in the organization, by whom and from where, since its owner switched the audit log on."""
    # `gte` and `lt` rather than "newer than the last one": seconds tie, and an event can be told late.
    span = {"effective_at[gte]": str(epoch(window.start)), "effective_at[lt]": str(epoch(window.end))}
    async with aclosing(_told(client, span)) as told:
        async for page in told:
            yield page
    refused = client.refused.setdefault("audit_events", [])
    if TENANT in refused:
        return
    try:
        async with aclosing(_told(client, span | {TENANT: "true"})) as told:
            async for page in told:
                yield page
    except VendorError as error:
        if not is_final(error):
            raise
        refused.append(TENANT)
        said = "OpenAI refused to tell the events of the tenant, so those are not known here."
        client.remarks["audit_events"] = Remark(said, error.detail)


async def _told(client: Client, params: Fields) -> AsyncGenerator[list[Day], None]:
    """The days of what is listed by these parameters; of a log that is off, none."""
    row_type: Any = dict[str, Any]
    begun, rest = False, list[AuditEvent]()
    try:
        async with aclosing(client.pages("/organization/audit_logs", row_type, params=params)) as pages:
            async for page in pages:
                begun = True
                whole, rest = split(rest + meant(event, page.rows()))
                yield by_day(whole)
    except VendorError as refused:
        if begun or not says_log_is_off(refused):
            raise
    yield by_day(rest)


def split(events: list[AuditEvent]) -> tuple[list[AuditEvent], list[AuditEvent]]:
    """Those whose second is whole, and those of the last second: the next page may have what came before in it."""
    at = len(events)
    while at and events[at - 1].at == events[-1].at:
        at -= 1
    return events[:at], events[at:]


def by_day(events: list[AuditEvent]) -> list[Day]:
    """Events that come newest first by UTC day, the oldest first: those of one second have no other order."""
    days: dict[date, list[AuditEvent]] = {}
    for one in reversed(events):
        days.setdefault(one.at.date(), []).append(one)
    return [Day(day, days[day]) for day in sorted(days)]


def event(row: Fields) -> AuditEvent:
    """Raises ValueError for an event without id, type or time."""
    try:
        said = msgspec.convert(row, Event)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    at = instant(said.effective_at)
    assert at is not None
    payload = row.get(said.type)
    project = within(said.project)
    return AuditEvent(
        id=said.id[:LONGEST],
        type=said.type[:LONGEST],
        at=at,
        **actor(within(said.actor)),
        target_id=target(within(payload)),
        project_id=text(project, "id"),
        project_name=text(project, "name"),
        payload=bounded(payload),
    )


def actor(row: Fields) -> dict[str, str | None]:
    """Who, and by which way. A key acts for a user or for a service account."""
    kind = text(row, "type")
    way = within(row.get(kind or ""))
    user, account = within(way.get("user")), within(way.get("service_account"))
    return {
        "actor_kind": "service_account" if account and not user else kind,
        "actor_id": text(user, "id") or text(account, "id"),
        "actor_email": text(user, "email"),
        "api_key_id": text(way, "id") if kind == "api_key" else None,
        "ip_address": text(way, "ip_address"),
        "user_agent": text(way, "user_agent"),
    }


def target(payload: Fields) -> str | None:
    """Whom or what it was done to: of a role, whoever was given it."""
    return text(payload, "principal_id") or text(payload, "id")


def bounded(payload: Any) -> dict[str, Any] | None:
    """A payload as it is kept. What is no object is kept under a name."""
    if payload is None or payload == {}:
        return None
    kept: dict[str, Any] = payload if isinstance(payload, dict) else {"value": payload}
    said = msgspec.json.encode(kept)
    if len(said) <= LARGEST_PAYLOAD:
        return kept
    beginning = said[: LARGEST_PAYLOAD // 4].decode(errors="ignore")
    return {"id": text(kept, "id"), "bytes": len(said), "beginning": beginning}


def within(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}


def text(row: Fields, name: str) -> str | None:
    """A text of bounded length; None for what is none."""
    value = row.get(name)
    return value[:LONGEST] or None if isinstance(value, str) else None
