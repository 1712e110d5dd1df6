"""Limits and rules: of the organization as a stream, of one project when somebody asks.

Amounts of limits are whole cents at OpenAI (those of costs are dollars): here each becomes an exact amount once, in a
currency in lower case. Where none is set OpenAI answers 404.
"""

from collections.abc import Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from seatwise.sdk.records import Limit, ProjectLimit
from seatwise.sdk.streams import Pages, snapshot

from .client import Client, ModelsRow, RateLimitRow, RetentionRow, SpendAlertRow, SpendLimitRow, path
from .streams import MANAGEMENT

HUNDREDTHS = 2
"""A currency's cents as places behind the point. OpenAI knows USD alone here."""


@snapshot(
    Limit,
    fields=("kind", "what", "value", "names", "amount", "currency", "interval", "enforcement"),
    needs=MANAGEMENT,
)
async def organization_limits(client: Client) -> Pages:
    """Spend limit, spend alerts and data retention of the whole organization."""
    yield await data_retention(client)
    yield await spend_limit(client)
    yield await spend_alerts(client)


async def data_retention(client: Client, project_id: str | None = None, _: str | None = None) -> list[Limit]:
    row = await client.one(path(*_level(project_id), "data_retention"), RetentionRow)
    return [] if row is None else [_limit(project_id, "data_retention", value=row.type)]


async def spend_limit(client: Client, project_id: str | None = None, _: str | None = None) -> list[Limit]:
    row = await client.one(path(*_level(project_id), "spend_limit"), SpendLimitRow)
    if row is None:
        return []
    state = row.enforcement.status if row.enforcement else None
    return [_limit(project_id, "spend_limit", enforcement=state, **_money(row))]


async def spend_alerts(client: Client, project_id: str | None = None, _: str | None = None) -> list[Limit]:
    found: list[Limit] = []
    listing = client.pages(path(*_level(project_id), "spend_alerts"), SpendAlertRow)
    async with aclosing(listing) as pages:
        async for page in pages:
            found += [_alert(project_id, row) for row in page.rows()]
    return found


async def hosted_tools(client: Client, project_id: str, _: str | None = None) -> list[Limit]:
    """Each tool is allowed or forbidden. New ones come without notice, so all that look like one are taken."""
    rows = await client.one(path(*_level(project_id), "hosted_tool_permissions"), dict[str, Any])
    tools = {name: row.get("enabled") for name, row in (rows or {}).items() if isinstance(row, dict)}
    return [
        _limit(project_id, "hosted_tool", name=name, value="allowed" if enabled else "forbidden")
        for name, enabled in tools.items()
        if isinstance(enabled, bool)
    ]


async def models(client: Client, project_id: str, _: str | None = None) -> list[Limit]:
    row = await client.one(path(*_level(project_id), "model_permissions"), ModelsRow)
    return [] if row is None else [_limit(project_id, "models", value=row.mode, names=tuple(sorted(row.model_ids)))]


async def rate_limits(client: Client, project_id: str, _: str | None = None) -> list[Limit]:
    """One for each model: thousands have been seen in one project."""
    found: list[Limit] = []
    async with aclosing(client.pages(path(*_level(project_id), "rate_limits"), RateLimitRow)) as pages:
        async for page in pages:
            found += [_rate_limit(project_id, row) for row in page.rows()]
    return found


def _alert(project_id: str | None, row: SpendAlertRow) -> Limit:
    listed = row.notification_channel.recipients if row.notification_channel else None
    names = None if listed is None else tuple(sorted(listed))  # no order is promised: another one is no change
    return _limit(project_id, "spend_alert", row.id, names=names, **_money(row))


def _rate_limit(project_id: str, row: RateLimitRow) -> Limit:
    return _limit(
        project_id,
        "rate_limit",
        row.id,
        name=row.model,
        requests_per_minute=row.max_requests_per_1_minute,
        tokens_per_minute=row.max_tokens_per_1_minute,
        images_per_minute=row.max_images_per_1_minute,
        audio_megabytes_per_minute=row.max_audio_megabytes_per_1_minute,
        requests_per_day=row.max_requests_per_1_day,
        batch_tokens_per_day=row.batch_1_day_max_input_tokens,
    )


def _money(row: SpendLimitRow | SpendAlertRow) -> dict[str, Any]:
    amount = Decimal(row.threshold_amount).scaleb(-HUNDREDTHS)
    return {"amount": amount, "currency": row.currency.lower(), "interval": row.interval}


def _limit(project_id: str | None, what: str, own_id: str = "", **fields: Any) -> Limit:
    """`own_id` where OpenAI gives it one; else what it is, and of what."""
    name = own_id or "/".join([what, *([fields["name"]] if fields.get("name") else [])])
    if project_id is None:
        return Limit(id=name, kind="organization", what=what, **fields)
    return ProjectLimit(id=f"{project_id}/{name}", kind="project", project_id=project_id, what=what, **fields)


def _level(project_id: str | None) -> Sequence[str]:
    return ("organization",) if project_id is None else ("organization", "projects", project_id)
