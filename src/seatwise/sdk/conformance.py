"""What every connector must keep, checked in one call: `assert conform(connector, credentials, base_url) == []`.

The one who defines the contract writes the suite. It reads an account at a pretend vendor, never writes, and answers
with one sentence per breach.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec

from .connector import Client, Connector, Credentials
from .errors import VendorError
from .records import Record
from .streams import AnyStream, Series, Window

Listed = dict[str, list[Record]]
NOWHERE = "http://127.0.0.1:9/v1"
"""An address where nobody listens: how a connector speaks of a vendor that is away."""


def conform(connector: Connector, credentials: Credentials, base_url: str) -> list[str]:
    """Every breach of the contract, in words. The account must hold at least one row of every stream."""
    return [*_declaration(connector), *asyncio.run(_behaviour(connector, credentials, base_url))]


def _declaration(connector: Connector) -> Iterator[str]:
    manifest, before = connector.manifest, set[str]()
    names = [field.name for field in manifest.fields]
    if manifest.account_field not in names:
        yield f"the manifest names {manifest.account_field} as account field but does not ask for it"
    if not manifest.secrets:
        yield "no field is secret: then there is nothing to connect with"
    if sum(stream.required for stream in connector.streams) != 1:
        yield "exactly one stream must be required: the users"
    for stream in connector.streams:
        if stream.parent and stream.parent.name not in before:
            yield f"{stream.name} stands before its parent {stream.parent.name}"
        before.add(stream.name)
        if strange := set(stream.fields) - set(stream.record.__struct_fields__):
            yield f"{stream.name} declares fields its record has not: {', '.join(sorted(strange))}"
        if not (stream.summary and stream.needs):
            yield f"{stream.name} does not say what it reads or which permission it needs"


async def _behaviour(connector: Connector, credentials: Credentials, base_url: str) -> list[str]:
    breaches: list[str] = []
    async with connector.open(credentials, base_url) as client:
        await connector.check(client)
        first, again = await _everything(connector, client), await _everything(connector, client)
    for stream in connector.streams:
        breaches += _rows(stream, first[stream.name])
        if first[stream.name] != again[stream.name]:
            breaches.append(f"{stream.name}: a second listing of an unchanged account differs from the first")
    for wrong, where in ((dict(credentials), NOWHERE), (_spoiled(connector, credentials), base_url)):
        breaches += await _refusal(connector, wrong, where)
    return breaches


async def _everything(connector: Connector, client: Client) -> Listed:
    listed: Listed = {}
    for stream in connector.streams:
        if isinstance(stream, Series):
            listed[stream.name] = await _past(stream, client)
            continue
        parents = [row for row in listed[stream.parent.name] if stream.of(row)] if stream.parent else [None]
        rows: list[Record] = []
        for parent in parents:
            pages = stream.list(client) if parent is None else stream.list(client, parent)
            async with aclosing(cast(Any, pages)):
                async for page in pages:
                    rows += page
        listed[stream.name] = rows
    return listed


async def _past(stream: Series, client: Client) -> list[Record]:
    """Past days, which no longer change while we look: three of sums, whose ids stand for one day's row; all of events,
    which may be few."""
    today = datetime.now(UTC).date()
    begin = today - (timedelta(days=4) if stream.sums else stream.history)
    rows: list[Record] = []
    async with aclosing(cast(Any, stream.list(client, Window(begin, today - timedelta(days=1))))) as pages:
        async for page in pages:
            for day in page:
                named = [msgspec.structs.replace(row, id=f"{day.date} {row.id}") for row in day.records]
                rows += named if stream.sums else day.records
    return rows


def _rows(stream: AnyStream, rows: list[Record]) -> Iterator[str]:
    ids = [row.id for row in rows]
    if not rows:
        yield f"{stream.name}: the account shows no row of it"
    if len(set(ids)) < len(ids) or not all(ids):
        yield f"{stream.name}: ids are not unique, or empty"
    filled = {name for row in rows for name in row.__struct_fields__[1:] if _says(getattr(row, name))}
    if rows and (never := set(stream.fields) - filled):
        yield f"{stream.name}: declared but never filled: {', '.join(sorted(never))}"
    if undeclared := filled - set(stream.fields):
        yield f"{stream.name}: filled but not declared: {', '.join(sorted(undeclared))}"
    for name in stream.fields:
        for value in (getattr(row, name) for row in rows):
            if isinstance(value, float):
                yield f"{stream.name}.{name} is a float: money and quantities are Decimal or int"
            if isinstance(value, datetime) and value.tzinfo is None:
                yield f"{stream.name}.{name} is a time without a zone"


def _says(value: object) -> bool:
    """A count of nothing fills no field: a kind of usage has no other counts than its own."""
    return value is not None and not (type(value) is int and value == 0)


def _spoiled(connector: Connector, credentials: Credentials) -> dict[str, str]:
    return {**credentials, **{name: credentials[name][:-4] + "zzzz" for name in connector.manifest.secrets}}


async def _refusal(connector: Connector, credentials: Credentials, base_url: str) -> list[str]:
    """Whatever goes wrong is one of our errors, and holds no secret."""
    try:
        async with connector.open(credentials, base_url) as client:
            await connector.check(client)
    except VendorError as error:
        secrets = [credentials[name] for name in connector.manifest.secrets]
        said = f"{error!r} {error} {error.detail}"
        return ["an error's text holds a secret"] if any(secret in said for secret in secrets) else []
    except Exception as error:  # noqa: BLE001 (that it is not ours is the finding)
        return [f"{type(error).__name__} escaped instead of one of our errors"]
    return ["wrong credentials, or an address where nobody listens, passed the check"]
