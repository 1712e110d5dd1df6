"""The probe: try every stream with these credentials, one page each, before anything is saved. It never writes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import msgspec

from .connector import Client, Connector
from .errors import BadCredentials, MissingPermission, VendorError
from .streams import AnyStream, Series, Snapshot, Window

PAGES = 10
"""Pages of a list that are looked through at most for a row to try the streams beneath on."""


class ProbeLine(msgspec.Struct, frozen=True):
    """One stream: allowed, refused (with the missing permission) or not tried (with why)."""

    stream: str
    label: str
    state: Literal["allowed", "refused", "not_tried"]
    needs: str
    permission: str = ""
    message: str = ""


async def probe(connector: Connector, client: Client) -> list[ProbeLine]:
    """Raises BadCredentials as soon as the vendor refuses the credentials as a whole, and whatever else kept the
    required streams from being tried."""
    first: dict[str, list[Any]] = {}
    lines: dict[str, ProbeLine] = {}

    async def attempt(stream: AnyStream) -> None:
        lines[stream.name] = await _try(stream, [each for each in beneath if each.parent is stream], client, first)

    required = [stream for stream in connector.streams if stream.required]
    roots = [stream for stream in connector.streams if not stream.required and stream.parent is None]
    beneath: list[Snapshot] = [s for s in connector.streams if s.parent is not None]
    # A key that is refused as a whole costs a request each for what is required, and not one for each stream.
    for together in (required, roots, beneath):
        for outcome in await asyncio.gather(*map(attempt, together), return_exceptions=True):
            if outcome is not None:
                raise outcome
    return [lines[stream.name] for stream in connector.streams]


async def _try(
    stream: AnyStream, children: Sequence[Snapshot], client: Client, first: dict[str, list[Any]]
) -> ProbeLine:
    """`first` has the rows of each parent that were read, and gets this one's."""

    def line(state: Literal["allowed", "refused", "not_tried"], message: str = "", permission: str = "") -> ProbeLine:
        return ProbeLine(stream.name, stream.label, state, stream.needs, permission, message)

    try:
        if isinstance(stream, Series):
            today = datetime.now(UTC).date()
            await _first_page(stream.list(client, Window(today - timedelta(days=1), today)))
            return line("allowed")
        if stream.parent is None:
            first[stream.name] = await _first_page(stream.list(client), children)
            return line("allowed")
        if stream.parent.name not in first:
            return line("not_tried", f"{stream.parent.label} could not be read, so there was none to try it on.")
        row = next((row for row in first[stream.parent.name] if stream.of(row)), None)
        if row is None:
            among = f"the {len(first[stream.parent.name])} {stream.parent.label.lower()} that were looked at"
            return line("not_tried", f"There is no active one among {among}, so there was none to try it on.")
        await _first_page(stream.list(client, row))
        return line("allowed")
    except BadCredentials:
        raise
    except MissingPermission as error:
        return line("refused", error.message, error.permission)
    except VendorError as error:
        if stream.required:
            raise
        return line("not_tried", error.message)


async def _first_page(pages: AsyncIterator[Sequence[Any]], children: Sequence[Snapshot] = ()) -> list[Any]:
    """And those behind it, until each of the streams beneath has a row it can be tried on, or PAGES are read."""
    rows: list[Any] = []
    read = 0
    async with aclosing(cast(Any, pages)):
        async for page in pages:
            rows += page
            read += 1
            if read == PAGES or all(any(map(child.of, rows)) for child in children):
                break
    return rows
