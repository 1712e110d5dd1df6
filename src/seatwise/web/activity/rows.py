"""Audit events as people read them, and as a file holds them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from seatwise.services.audit_events import AuditEventInfo
from seatwise.web.words import sentence

COLUMNS = (
    "connection", "id", "type", "at", "actor_kind", "actor_id", "actor_email", "actor", "api_key_id", "ip_address",
    "user_agent", "target_id", "target", "project_id", "project", "payload", "withheld",
)  # fmt: skip
"""The names that the command line and the API use too."""
KINDS = {"session": "Signed in", "api_key": "By API key", "service_account": "Service account"}
"""How somebody acted, by the vendor's word for it."""


class Row(NamedTuple):
    """`title` is the type in words, whatever it is; `who` the best name there is of who acted, `how` by which way;
    `whom` of what it was done to, unless they did it to themselves."""

    event: AuditEventInfo
    title: str
    who: str
    how: str
    whom: str


CAPITALS = {"api": "API", "ip": "IP", "scim": "SCIM"}


def words_of(type: str) -> str:
    """user.deleted → User deleted; a word nobody knows is shown the same way."""
    words = type.replace(".", " ").replace("_", " ").split()
    return sentence(" ".join(CAPITALS.get(word, word) for word in words))


def row(event: AuditEventInfo) -> Row:
    itself = event.target_id is not None and event.target_id == event.actor_id
    how = KINDS.get(event.actor_kind or "", sentence(event.actor_kind or ""))
    return Row(event, words_of(event.type), event.actor or "", how, "" if itself else event.target or "")


def rows(events: Iterable[AuditEventInfo]) -> list[Row]:
    return [row(event) for event in events]


def details(payload: dict[str, Any] | None) -> list[tuple[str, str]]:
    """A payload as lines, what lies deeper under names with dots."""
    return list(_lines("", payload)) if payload else []


def _lines(before: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _lines(f"{before}.{name}" if before else str(name), inner)
    else:
        yield before, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cells(events: Iterable[AuditEventInfo]) -> Iterator[list[Any]]:
    """The lines of the file; the payload is one cell of JSON, as on the command line."""
    for event in events:
        payload = "" if event.payload is None else json.dumps(event.payload, ensure_ascii=False)
        yield [payload if name == "payload" else getattr(event, name) for name in COLUMNS]
