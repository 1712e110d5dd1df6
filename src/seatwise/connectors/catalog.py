"""The one place that knows vendors by name: adding a vendor is one line here."""

from functools import cache

from seatwise.sdk.connector import Connector


@cache
def connectors() -> dict[str, Connector]:
    """All connectors by slug, in the order they are shown."""
    from .openai import openai

    return {connector.manifest.slug: connector for connector in (openai,)}
