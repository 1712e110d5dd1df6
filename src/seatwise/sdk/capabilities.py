"""What a connector can do, worked out from its declaration: the capabilities table on screen, in CLI and docs."""

import msgspec

from .connector import Connector
from .records import AuditEvent, Key, ProjectMember, Usage
from .streams import AnyStream


class StreamCapability(msgspec.Struct, frozen=True):
    name: str
    label: str
    summary: str
    fields: tuple[str, ...]
    needs: str
    freshness: str
    required: bool


class OnDemand(msgspec.Struct, frozen=True):
    """What is read `of` one project or one user, when an operator asks for it."""

    name: str
    label: str
    of: str
    summary: str
    needs: str
    freshness: str


class Capabilities(msgspec.Struct, frozen=True):
    """`user_fields` first, then `license_types`, as buyers of such tools compare them."""

    integration: str
    name: str
    user_fields: tuple[str, ...]
    license_types: tuple[str, ...]
    streams: tuple[StreamCapability, ...]
    on_demand: tuple[OnDemand, ...]
    several_accounts: bool


FRESHNESS = "With every sync: hourly unless set otherwise"
WHEN_ASKED = "When asked, for one {of}: the time it was read is shown beside it"


def capabilities(connector: Connector) -> Capabilities:
    """The table of one connector. The user fields are those of its required stream, and what the others add."""
    streams = tuple(
        StreamCapability(
            s.name, s.label, s.summary, tuple(dict.fromkeys(map(label, s.fields))), s.needs, FRESHNESS, s.required
        )
        for s in connector.streams
    )
    users = next(s for s in connector.streams if s.required)
    manifest = connector.manifest
    activity = ("Last active",) if any(map(_tells_use, connector.streams)) else ()
    projects = ("Projects",) if any(s.record is ProjectMember for s in connector.streams) else ()
    return Capabilities(
        manifest.slug,
        manifest.name,
        (*map(label, users.fields), *activity, *(("Licenses",) if manifest.licenses else ()), *projects),
        tuple(kind.name for kind in manifest.licenses),
        streams,
        tuple(
            OnDemand(part.name, part.label, each.of, part.summary, part.needs, WHEN_ASKED.format(of=each.of))
            for each in connector.lookups
            for part in each.parts
        ),
        manifest.several_accounts,
    )


def _tells_use(stream: AnyStream) -> bool:
    """Whether a user's last activity can be known from it."""
    return stream.record in (AuditEvent, Key, Usage) or "api_key_last_used_at" in stream.fields


def label(field: str) -> str:
    """A field's name as a heading: joined_at → Joined."""
    words = field.removesuffix("_at").split("_")
    text = " ".join(word.upper() if word in ("api", "id", "ip", "scim") else word for word in words)
    return text[:1].upper() + text[1:]
