"""Integrations: what can be connected, how its connections stand, and what it can do."""

from collections.abc import Sequence

import msgspec

from seatwise.connectors.catalog import connectors
from seatwise.sdk.capabilities import Capabilities, StreamCapability, capabilities
from seatwise.sdk.connector import Connector
from seatwise.sdk.manifest import Manifest

from .connections import get_connection, list_connections
from .errors import NotFound
from .rights import Actor, Permission, require
from .standing import WORST_FIRST, ConnectionInfo, StreamInfo

TABS = ("all", "connected", "attention", "available")


class Tile(msgspec.Struct, frozen=True):
    """One integration; `state` is the worst of its connections, `not_connected` where none counts."""

    slug: str
    name: str
    summary: str
    how_to: str
    state: str
    connections: list[ConnectionInfo]


class Listing(msgspec.Struct, frozen=True):
    """`counts` are those of each tab, for the same search."""

    tiles: list[Tile]
    counts: dict[str, int]


class StreamAbility(StreamCapability, frozen=True):
    """A stream, and what one connection's key really has: `probe` is allowed, refused or not_tried, and then `untried`
    says why."""

    allowed: bool | None = None
    probe: str = "not_tried"
    permission: str = ""
    untried: str = ""


class Abilities(Capabilities, frozen=True):
    """The table of an integration, or of one connection."""

    streams: tuple[StreamAbility, ...]


class IntegrationInfo(msgspec.Struct, frozen=True):
    manifest: Manifest
    tile: Tile
    capabilities: Capabilities


def list_integrations(operator: Actor, *, tab: str = "all", search: str = "") -> Listing:
    """The tiles of a tab (all, connected, attention, available) whose name or summary holds `search`."""
    require(operator, Permission.SEE_CONNECTIONS)
    rows = list_connections(operator)
    found = [_tile(each, rows) for each in connectors().values() if search.lower() in _text(each).lower()]
    return Listing([t for t in found if _on(tab, t)], {name: sum(_on(name, t) for t in found) for name in TABS})


def get_integration(operator: Actor, *, slug: str) -> IntegrationInfo:
    """Raises NotFound."""
    require(operator, Permission.SEE_CONNECTIONS)
    connector = _connector(slug)
    tile = _tile(connector, list_connections(operator, integration=slug))
    return IntegrationInfo(connector.manifest, tile, capabilities(connector))


def get_capabilities(operator: Actor, *, slug: str, connection: int | None = None) -> Abilities:
    """What an integration can do; with a connection, what its key was found to have. Raises NotFound."""
    require(operator, Permission.SEE_CONNECTIONS)
    table = capabilities(_connector(slug))
    found = {s.name: s for s in get_connection(operator, id=connection).streams} if connection is not None else {}
    streams = tuple(_ability(stream, found.get(stream.name)) for stream in table.streams)
    return Abilities(**{**msgspec.structs.asdict(table), "streams": streams})


def _ability(stream: StreamCapability, found: StreamInfo | None) -> StreamAbility:
    fields = msgspec.structs.asdict(stream)
    if found is None:
        return StreamAbility(**fields)
    fields |= {"allowed": found.allowed, "probe": found.probe, "permission": found.permission}
    return StreamAbility(**fields, untried=found.untried)


def _connector(slug: str) -> Connector:
    try:
        return connectors()[slug]
    except KeyError:
        raise NotFound(f"There is no integration called {slug}.") from None


def _text(connector: Connector) -> str:
    return f"{connector.manifest.name} {connector.manifest.summary}"


def _tile(connector: Connector, rows: Sequence[ConnectionInfo]) -> Tile:
    manifest = connector.manifest
    own = [row for row in rows if row.integration == manifest.slug and row.state != "disconnected"]
    return Tile(manifest.slug, manifest.name, manifest.summary, manifest.how_to, worst(own), own)


def worst(rows: Sequence[ConnectionInfo]) -> str:
    """The worst state; paused ones are not counted."""
    states = {row.state for row in rows}
    return next((state for state in WORST_FIRST if state in states), "paused" if states else "not_connected")


def _on(tab: str, tile: Tile) -> bool:
    if tab == "connected":
        return bool(tile.connections)
    if tab == "attention":
        return any(row.state in ("needs_attention", "partial") for row in tile.connections)
    return tab == "all" or not tile.connections
