"""The audit log: events as the vendor writes them, newest first, with the vendor's filters.

A payload stands under a key equal to the event's type, with its dot. Types nobody described are kept like any other.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import errors
from .paging import Limits, id_cursor, original
from .people import token
from .rows import Row, Slice, decode, encode

LIMITS = Limits()
_TENANT_TOO = ("role.bound_to_resource", "role.unbound_from_resource")


def session(user: Row) -> Row:
    """The actor of an event somebody caused in the browser; `user` is a row with `id` and perhaps an `email`."""
    who = {"id": user["id"], **({"email": user["email"]} if user.get("email") else {})}
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
    return {"type": "session", "session": {"user": who, "ip_address": "192.0.2.17", "user_agent": agent}}


def by_key(key_id: str, user: Row | None = None, service_account_id: str | None = None) -> Row:
    """The actor of an event that came through a key, of a user or of a service account."""
    told: Row = {"id": key_id, "type": "user" if user else "service_account"}
    if user:
        told["user"] = {"id": user["id"], **({"email": user["email"]} if user.get("email") else {})}
    else:
        told["service_account"] = {"id": service_account_id}
    return {"type": "api_key", "api_key": told}


@dataclass(order=True, slots=True)
class Event:
    """An encoded event, with what it can be found by."""

    at: int
    number: int
    id: str = field(compare=False)
    kind: str = field(compare=False)
    project_id: str | None = field(compare=False)
    actors: frozenset[str] = field(compare=False)
    email: str | None = field(compare=False)
    resource_id: str | None = field(compare=False)
    body: bytes = field(compare=False, repr=False)

    @property
    def tenant(self) -> bool:
        return _of_tenant(self.kind)


def _of_tenant(kind: str) -> bool:
    return kind.startswith("tenant.") or kind in _TENANT_TOO


class AuditLog:
    """Events by time, and by id."""

    def __init__(self, organization_id: str) -> None:
        self._organization_id = organization_id
        self._events: list[Event] = []
        self._by_id: dict[str, Event] = {}
        self._told = 0

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Row]:
        """The events as listed, oldest first; changing one changes nothing here."""
        return map(decode, [event.body for event in self._events])

    def add(self, at: int, kind: str, payload: Row | None, *, actor: Row | None, project: Row | None = None) -> str:
        """Write an event down; its id. `payload` None leaves it out."""
        self._told += 1
        day = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d")
        event_id = f"audit_log-{token(self._organization_id, 'event', self._told)}_{day}"
        row: Row = {"id": event_id, "type": kind, "effective_at": at}
        if project is not None:
            row["project"] = {"id": project["id"], "name": project.get("name") or ""}
        row["actor"] = actor
        if payload is not None:
            row[kind] = payload
        ids, email = _actors(actor)
        resource = (payload or {}).get("id")
        event = Event(
            at, self._told, event_id, kind, project["id"] if project else None, ids, email, resource, encode(row)
        )
        insort(self._events, event)
        self._by_id[event_id] = event
        return event_id

    def page(self, query: Any) -> bytes:
        """One page, newest first. `query` is a multidict. Raises ApiError 400 for what may not be asked."""
        limit = LIMITS.read(query)
        keeps = _keeps(query)
        events = [event for event in self._within(query) if keeps(event)]
        after, before = self._cursor(query, "after"), self._cursor(query, "before")
        end = len(events) if after is None else bisect_left(events, after)
        start = 0 if before is None else bisect_right(events, before)
        found = events[start:end]
        page = found[:limit] if before is not None and after is None else found[-limit:]
        page = page[::-1]
        return id_cursor(Slice([event.id for event in page], [event.body for event in page], len(found) > limit))

    def _cursor(self, query: Any, name: str) -> Event | None:
        cursor = original(query.get(name))
        if cursor is None:
            return None
        if cursor not in self._by_id:
            raise errors.bad_parameter(name, f"Invalid '{name}': no object with id '{cursor}'.")
        return self._by_id[cursor]

    def _within(self, query: Any) -> list[Event]:
        """The events of the time asked for."""
        start, end = 0, len(self._events)
        for name, value in query.items():
            if name.startswith("effective_at["):
                moment, bound = _moment(name, value), name.removeprefix("effective_at[").rstrip("]")
                left = bisect_left(self._events, moment, key=_at)
                right = bisect_right(self._events, moment, key=_at)
                if bound in ("gt", "gte"):
                    start = max(start, right if bound == "gt" else left)
                elif bound in ("lt", "lte"):
                    end = min(end, left if bound == "lt" else right)
                else:
                    raise errors.bad_parameter(name, f"Invalid '{name}': unknown bound.")
        return self._events[start:end]


def _at(event: Event) -> int:
    return event.at


def _actors(actor: Row | None) -> tuple[frozenset[str], str | None]:
    """The ids an actor can be found by, and the address."""
    if actor is None:
        return frozenset(), None
    inner = actor.get("session") or actor.get("api_key") or {}
    user, account = inner.get("user") or {}, inner.get("service_account") or {}
    ids = (inner.get("id"), user.get("id"), account.get("id"))
    return frozenset(each for each in ids if each), user.get("email")


_FILTERS = ("project_ids", "event_types", "actor_ids", "actor_emails", "resource_ids")


def _keeps(query: Any) -> Callable[[Event], bool]:
    wanted = {name: {*query.getall(f"{name}[]", []), *query.getall(name, [])} for name in _FILTERS}
    tenant = query.get("tenant_only", "false") == "true"
    kinds = wanted["event_types"]
    if any(_of_tenant(kind) != tenant for kind in kinds):
        message = "With 'tenant_only', all event types must be tenant-scoped, and without it none may be."
        raise errors.bad_parameter("event_types", message)
    return lambda event: (
        event.tenant == tenant
        and (not kinds or event.kind in kinds)
        and (not wanted["project_ids"] or event.project_id in wanted["project_ids"])
        and (not wanted["resource_ids"] or event.resource_id in wanted["resource_ids"])
        and (not wanted["actor_emails"] or event.email in wanted["actor_emails"])
        and (not wanted["actor_ids"] or bool(event.actors & wanted["actor_ids"]))
    )


def _moment(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise errors.bad_parameter(name, f"Invalid '{name}': expected an integer, but got '{text}' instead.")
    return int(text)
