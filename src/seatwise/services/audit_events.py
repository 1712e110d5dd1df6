"""What was done at the vendors, by their own audit logs: found, listed, exported, and looked at one by one. Our own is
`services.audit`: what operators did here.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from seatwise.store.audit_types import audit_types
from seatwise.store.models import AuditEvent, Connection, Key, Project, ServiceAccount, User

from .audit import operation
from .errors import NotFound
from .paging import Page, described_page, every_described
from .places import KINDS, Place, rows_by_place
from .rights import Actor, Permission, require
from .texts import connections_called, plain

NEWEST_FIRST = ("-at", "-id")
WITHHELD: dict[str, Any] = {"ip_address": None, "user_agent": None, "payload": None, "withheld": True}
Places = dict[Place, Any]


class AuditEventInfo(msgspec.Struct, frozen=True):
    """One event. `id` is the vendor's, `key` ours. `type` and `actor_kind` are the vendor's words (actor_kind: session,
    api_key, service_account, or a word of its own); None where it does not say. `actor` and `target` are what they are
    called here, `actor_user` and `target_user` lead to the user, where it is one. With `withheld` there is more than
    the operator may see: `ip_address`, `user_agent` and `payload` are None, whatever the vendor said."""

    key: int
    connection: str
    connection_id: int
    id: str
    type: str
    at: datetime
    actor_kind: str | None
    actor_id: str | None
    actor_email: str | None
    actor: str | None
    actor_user: int | None
    api_key_id: str | None
    ip_address: str | None
    user_agent: str | None
    target_id: str | None
    target: str | None
    target_user: int | None
    project_id: str | None
    project: str | None
    payload: dict[str, Any] | None
    withheld: bool = False


def list_audit_events(
    operator: Actor,
    *,
    connection: str = "",
    type: str = "",
    actor: str = "",
    target: str = "",
    project: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[AuditEventInfo]:
    """The newest first. `actor` is an id (of a user, a service account or a key) or a part of an e-mail, `target` an
    id, `project` an id or a name; `until` is the first moment left out. Raises Refusal for a cursor that is none."""
    require(operator, Permission.SEE_USERS)
    rows = _wanted(connection, type, actor, target, project, since, until)
    return described_page(rows, NEWEST_FIRST, cursor, limit, partial(describe_events, full=_full(operator)))


def audit_event_types(operator: Actor) -> list[str]:
    """The types that were ever seen, to choose from."""
    require(operator, Permission.SEE_USERS)
    return audit_types()


def get_audit_event(operator: Actor, *, key: int) -> AuditEventInfo:
    """One event, by our key. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = AuditEvent.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no audit event with the key {key}.")
    return describe_events([row], full=_full(operator))[0]


def export_audit_events(
    operator: Actor,
    *,
    connection: str = "",
    type: str = "",
    actor: str = "",
    target: str = "",
    project: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[AuditEventInfo]:
    """Exactly the events that `list_audit_events` lists, in its order, one after the other in flat memory."""
    asked = {"connection": connection, "type": type, "actor": actor, "target": target, "project": project}
    asked |= {"since": since.isoformat() if since else "", "until": until.isoformat() if until else ""}
    with operation(operator, Permission.EXPORT, "export_audit_events", "audit events") as entry:
        require(operator, Permission.SEE_USERS)
        entry.detail = {name: value for name, value in asked.items() if value}
    rows = _wanted(connection, type, actor, target, project, since, until)
    return every_described(rows, NEWEST_FIRST, partial(describe_events, full=_full(operator)))


def _full(operator: Actor) -> bool:
    """Where somebody sat, with which program, and what they typed is for whoever may see audit logs."""
    return operator.may(Permission.SEE_AUDIT)


def events_about(
    connection_id: int, vendor_id: str, limit: int, *, full: bool, without: Sequence[str] = ()
) -> list[AuditEventInfo]:
    """The newest events that a user did or that were done to it, but for the types left out, for services that have
    asked for the permission."""
    of = AuditEvent.objects.filter(connection_id=connection_id).select_related("connection").order_by("-at", "-pk")
    of = of.exclude(type__in=without) if without else of
    # Two walks by index; an OR of both would sort all of them.
    found = {row.pk: row for part in ("actor_id", "target_id") for row in of.filter(**{part: vendor_id})[:limit]}
    newest = sorted(found.values(), key=lambda row: (row.at, row.pk), reverse=True)
    return describe_events(newest[:limit], full=full)


def _wanted(
    connection: str,
    type: str,
    actor: str,
    target: str,
    project: str,
    since: datetime | None,
    until: datetime | None,
) -> "QuerySet[AuditEvent]":
    called = connections_called(connection)
    places = Connection.objects.values_list("pk", flat=True) if called is None else called
    rows = AuditEvent.objects.select_related("connection")
    if called is not None or actor.strip() or target.strip():  # the indexes of both begin with the connection
        rows = rows.filter(connection__in=list(places))
    if type:
        rows = rows.filter(type=plain(type))
    if who := plain(actor.strip()):
        rows = rows.filter(_acted(who, list(places)))
    if whom := plain(target.strip()):
        rows = rows.filter(target_id=whom)
    if where := plain(project.strip()):
        named = Project.objects.filter(name__iexact=where).values_list("vendor_id", flat=True)
        rows = rows.filter(project_id__in=[where, *named])
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    return rows


def _acted(who: str, places: list[int]) -> Q:
    """A whole address or an id is found by an index; a part of an address is looked for in all events."""
    users = User.objects.filter(connection_id__in=places, kind__in=KINDS[User], email_key=who.lower())
    ids = [who, *users.values_list("vendor_id", flat=True)]
    if AuditEvent.objects.filter(connection_id__in=places, actor_id__in=ids).exists():
        return Q(actor_id__in=ids)
    return Q(actor_email__icontains=who) if "@" in who else Q(actor_email__icontains=who) | Q(api_key_id=who)


def describe_events(rows: Iterable[AuditEvent], *, full: bool) -> list[AuditEventInfo]:
    """Rows with their connection, and what their ids are called here, in one more query for each kind of thing; `full`
    with what only some may see."""
    rows = list(rows)
    people = rows_by_place(User, {(r.connection_id, i) for r in rows for i in (r.actor_id, r.target_id) if i})
    places = {(r.connection_id, i) for r in rows for i in (r.target_id, r.project_id) if i}
    projects = rows_by_place(Project, places)
    others = {(r.connection_id, i) for r in rows for i in (r.target_id, r.actor_id) if i} - people.keys()
    things = {**rows_by_place(Key, others), **rows_by_place(ServiceAccount, others), **projects}
    described = [_described(row, people, projects, things) for row in rows]
    return described if full else [msgspec.structs.replace(each, **WITHHELD) for each in described]


def _described(row: AuditEvent, people: Places, projects: Places, things: Places) -> AuditEventInfo:
    who, whom = (row.connection_id, row.actor_id or ""), (row.connection_id, row.target_id or "")
    where = projects.get((row.connection_id, row.project_id or ""))
    return AuditEventInfo(
        key=row.pk,
        connection=row.connection.name,
        connection_id=row.connection_id,
        id=row.vendor_id,
        type=row.type,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_email=row.actor_email,
        actor=row.actor_email or _called(who, people, things) or row.actor_id,
        actor_user=people[who].pk if who in people else None,
        api_key_id=row.api_key_id,
        ip_address=row.ip_address,
        user_agent=row.user_agent,
        target_id=row.target_id,
        target=_called(whom, people, things) or _named_in(row) or row.target_id,
        target_user=people[whom].pk if whom in people else None,
        project_id=row.project_id,
        project=(where.name if where else None) or row.project_name,
        payload=row.payload,
    )


def _called(place: tuple[int, str], people: Places, things: Places) -> str | None:
    if user := people.get(place):
        return str(user.email or user.name or user.vendor_id)
    thing = things.get(place)
    return str(thing.name) if thing is not None and thing.name else None


def _named_in(row: AuditEvent) -> str | None:
    """What the event itself calls its target: an invite names an address, a group or a project a name."""
    data = (row.payload or {}).get("data")
    names = (data.get(name) for name in ("email", "name", "group_name", "title")) if isinstance(data, dict) else ()
    return next((name for name in names if isinstance(name, str) and name), None)
