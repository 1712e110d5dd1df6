"""Tries credentials at the vendor before anything is saved. Async ends here: callers get plain values."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from django.conf import settings

from seatwise.sdk.connector import Connector
from seatwise.sdk.errors import MissingPermission, VendorError
from seatwise.sdk.probe import ProbeLine, probe

SECONDS = 60
"""How long an operator waits in front of the Connect dialog at the most."""


def try_credentials(connector: Connector, credentials: Mapping[str, str]) -> list[ProbeLine]:
    """One line per stream. Raises a VendorError where the account cannot be read, TimeoutError after a minute."""

    async def attempt() -> list[ProbeLine]:
        async with asyncio.timeout(SECONDS):
            async with connector.open(credentials, base_url(connector)) as client:
                with suppress(MissingPermission):  # the probe says it too, stream by stream
                    await connector.check(client)
                return await probe(connector, client)

    return asyncio.run(attempt())


def reachable(connector: Connector) -> str:
    """Why the vendor cannot be reached, in plain words; empty where anything answers. No credentials are sent."""

    async def attempt() -> None:
        from seatwise.sdk.transport import Transport

        address = base_url(connector) or connector.address
        async with Transport(address, {}, vendor=connector.manifest.name, give_up_after=5, timeout=5) as transport:
            await transport.get("/")

    try:
        asyncio.run(attempt())
    except VendorError as error:
        return error.message
    return ""


def base_url(connector: Connector) -> str | None:
    """Where this vendor's administration calls go; None is the vendor's own address."""
    return settings.VENDOR_BASE_URLS.get(connector.manifest.slug)
