"""Users and invited people: found, listed, counted, exported, and looked at one by one."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from types import NoneType
from typing import Any

import msgspec
from django.db.models import Q

from seatwise.connectors.catalog import connectors
from seatwise.sdk.status import BY_NAME
from seatwise.store.listing import COUNTED, GROUPED, Heads, Listing, Place
from seatwise.store.models import Change, Connection, GroupMember, Project, ProjectMember, User
from seatwise.store.wanted import Wanted

from .audit import operation
from .changes import ChangeInfo, describe
from .errors import NotFound, Refusal
from .paging import Page, bad_cursor, check_place, turn
from .rights import Actor, Permission, require
from .texts import connections_called, plain
from .user_spend import month_spend

SORTS = ("email", "name", "role", "status", "joined_at", "last_active_at", "month_spend")
EXPORTED_AT_ONCE = 500
READ = (
    "pk", "connection_id", "vendor_id", "kind", "email", "name", "role", "status", "vendor_status", "joined_at",
    "invited_at", "expires_at", "last_active_at", "last_active_source", "first_seen_at", "departed_at", "scim_managed",
    "invited_projects", "connection__name", "connection__integration",
)  # fmt: skip
"""What is read of a user, and no more: whole models took twice as long."""
ACTIVE_DAYS = 30
"""A use so many days ago or less makes somebody active."""
USED = ("lately", "longer_ago", "unknown")
"""By the last known use: within ACTIVE_DAYS, before them, or none known."""


class ProjectRole(msgspec.Struct, frozen=True):
    id: str
    name: str | None
    role: str | None


class UserSummary(msgspec.Struct, frozen=True):
    """`id` is the vendor's, `key` ours; `kind` is user, invite or service_account. None: the vendor did not say.
    `month_spend` is what is attributed to the user in this UTC month so far, None where costs are not read."""

    key: int
    connection: str
    connection_id: int
    id: str
    kind: str
    email: str | None
    name: str | None
    role: str | None
    status: str
    vendor_status: str | None
    licenses: list[str]
    joined_at: datetime | None
    invited_at: datetime | None
    expires_at: datetime | None
    last_active_at: datetime | None
    last_active_source: str | None
    first_seen_at: datetime
    departed_at: datetime | None
    scim_managed: bool | None
    month_spend: str | None
    month_spend_currency: str | None


class UserInfo(UserSummary, frozen=True):
    projects: list[ProjectRole]


class Facets(msgspec.Struct, frozen=True):
    """How many there are of each status, role, connection and kind, all other filters kept. Service accounts are in
    every count but are no people: `kinds` tells them apart. All are empty where a search finds `more_than` so many."""

    status: dict[str, int]
    roles: dict[str, int]
    connections: dict[str, int]
    kinds: dict[str, int]
    more_than: int | None = None


class UserPage(Page[UserSummary], frozen=True, kw_only=True):
    """A page for a screen, with the counts of its filter bar, of the same moment."""

    facets: Facets


class UserDetail(msgspec.Struct, frozen=True):
    user: UserInfo
    status_rule: str
    timeline: list[ChangeInfo]
    projects: list[ProjectRole]


def list_users(
    operator: Actor,
    *,
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    used: str = "",
    departed: bool = False,
    sort: str = "email",
    cursor: str = "",
    limit: int = 50,
) -> Page[UserInfo]:
    """Who is present, or with `departed` who left; `used` is one of USED. `sort` is a column of SORTS, with - the other
    way round. What a search finds is counted up to COUNTED. Raises Refusal for an order or a cursor that is none."""
    require(operator, Permission.SEE_USERS)
    wanted = _wanted(connection, status, role, search, kind, used, departed)
    return users_page(wanted, sort, cursor, limit, operator)


def browse_users(
    operator: Actor,
    *,
    status: Sequence[str] = (),
    sort: str = "email",
    cursor: str = "",
    limit: int = 50,
    **filters: Any,
) -> UserPage:
    """As `list_users` with the same filters, without the projects of each, and with the `user_facets`."""
    require(operator, Permission.SEE_USERS)
    listing = _listing(_wanted(status=status, **filters), sort, operator)
    keys = _keys(listing, sort, cursor, limit)
    any_status = Listing(replace(listing.wanted, statuses=())) if status else listing
    users = _summaries(_rows(keys.items), spend=operator.may(Permission.SEE_SPEND))
    facets = _facets(any_status, status)
    return UserPage(users, keys.next, keys.previous, keys.total, keys.more_than, facets=facets)


def user_facets(
    operator: Actor,
    *,
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    used: str = "",
    departed: bool = False,
) -> Facets:
    """Counts for the filter bar; `status` does not narrow the statuses themselves."""
    require(operator, Permission.SEE_USERS)
    return _facets(Listing(_wanted(connection, (), role, search, kind, used, departed)), status)


def get_user(operator: Actor, *, key: int) -> UserDetail:
    """One user with the rule that set the status, projects and history. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    here = User.objects.filter(pk=key).values_list("pk", flat=True)
    found = describe_users(list(here), spend=operator.may(Permission.SEE_SPEND))
    if not found:
        raise NotFound(f"There is no user with the key {key}.")
    (user,) = found
    mine = Q(stream__in=("users", "invites"), vendor_id=user.id)
    if user.kind != "invite":
        places = ProjectMember.objects.filter(connection_id=user.connection_id, user_id=user.id)
        mine |= Q(stream="project_members", vendor_id__in=list(places.values_list("vendor_id", flat=True)))
        groups = GroupMember.objects.filter(connection_id=user.connection_id, user_id=user.id)
        mine |= Q(stream="group_members", vendor_id__in=list(groups.values_list("vendor_id", flat=True)))
    changes = Change.objects.filter(mine, connection_id=user.connection_id).select_related("connection")
    rule = BY_NAME[user.status].rule if user.status in BY_NAME else "The invitation was accepted."
    return UserDetail(user, rule, describe(changes.order_by("-at", "-id")[:200]), user.projects)


def export_users(
    operator: Actor,
    *,
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    used: str = "",
    departed: bool = False,
    sort: str = "email",
) -> Iterator[UserInfo]:
    """Exactly the users that `list_users` lists, in its order, one after the other in flat memory."""
    filters: dict[str, Any] = {"connection": connection, "status": list(status), "role": role, "search": search}
    filters |= {"kind": kind, "used": used, "departed": departed}
    with operation(operator, Permission.EXPORT, "export_users", "users", **{k: v for k, v in filters.items() if v}):
        require(operator, Permission.SEE_USERS)
        listing = _listing(_wanted(connection, status, role, search, kind, used, departed), sort, operator)
    return _exported(listing, descending=sort.startswith("-"), spend=operator.may(Permission.SEE_SPEND))


def _exported(listing: Listing, *, descending: bool, spend: bool) -> Iterator[UserInfo]:
    after = None
    while places := listing.places(descending=descending, after=after, limit=EXPORTED_AT_ONCE):
        yield from describe_users([place.id for place in places], spend=spend)
        after = places[-1]


def users_page(wanted: Wanted, sort: str, cursor: str, limit: int, operator: Actor) -> Page[UserInfo]:
    """One page of a listing, with what each spent this month where the operator may see it, for services that have
    asked for the permission to see users. Raises Refusal."""
    keys = _keys(_listing(wanted, sort, operator), sort, cursor, limit)
    users = describe_users(keys.items, spend=operator.may(Permission.SEE_SPEND))
    return Page(users, keys.next, keys.previous, keys.total, keys.more_than)


def _listing(wanted: Wanted, sort: str, operator: Actor) -> Listing:
    """Raises Refusal for an order that is none."""
    by = sort.removeprefix("-")
    if by not in SORTS:
        raise Refusal(f"Users cannot be sorted by {by}.", fields={"sort": f"One of {', '.join(SORTS)}."})
    if by == "month_spend":
        require(operator, Permission.SEE_SPEND)
    return Listing(wanted, by)


def _keys(listing: Listing, sort: str, cursor: str, limit: int) -> Page[int]:
    """A page of our keys."""

    def read(values: list[Any], backwards: bool, limit: int) -> list[Place]:
        after = _place(values, listing.by) if values else None
        return listing.places(descending=sort.startswith("-"), after=after, limit=limit, backwards=backwards)

    found, following, previous = turn(read, list, len(Place._fields), cursor, limit)
    more_than = COUNTED if listing.total is None else None
    return Page([place.id for place in found], following, previous, listing.total, more_than)


def _facets(any_status: Listing, status: Sequence[str]) -> Facets:
    if any_status.heads is None:
        return Facets({}, {}, {}, {}, COUNTED)
    heads = [each for each in any_status.heads if not status or each.status in status]
    names = dict(Connection.objects.filter(pk__in={each.connection_id for each in heads}).values_list("pk", "name"))
    return Facets(
        _counts(any_status.heads, lambda each: each.status),
        _counts([each for each in heads if each.role], lambda each: each.role),
        _counts(heads, lambda each: names[each.connection_id]),
        _counts(heads, lambda each: each.kind),
    )


def _wanted(
    connection: str = "",
    status: Sequence[str] = (),
    role: str = "",
    search: str = "",
    kind: str = "",
    used: str = "",
    departed: bool = False,
) -> Wanted:
    since = datetime.now(UTC) - timedelta(days=ACTIVE_DAYS)
    if used not in ("", *USED):
        raise Refusal(f"Users cannot be told by {plain(used)}.", fields={"used": f"One of {', '.join(USED)}."})
    return Wanted(
        connections=connections_called(connection),
        statuses=tuple(map(plain, status)),
        role=plain(role) or None,
        text=search,
        kinds=(plain(kind),) if kind else (),
        idle_before=since if used == "longer_ago" else None,
        used_since=since if used == "lately" else None,
        use_unknown=used == "unknown",
        departed=departed,
    )


def _place(values: list[Any], by: str) -> Place:
    """A cursor's values as a place. Raises Refusal for a cursor of another order, or one that was tampered with."""
    place = Place(*values)
    check_place(place.unknown, place.key, place.id, by)
    if not isinstance(place.group, str if by in GROUPED else NoneType):
        raise bad_cursor()
    if by == "month_spend" and place.key is not None and not _is_rank(place.key):
        raise bad_cursor()
    return place


def _is_rank(key: str) -> bool:
    return bool(re.fullmatch(r"-?\d{1,19}", key)) and abs(int(key)) < 2**63


def describe_users(keys: Sequence[int], *, spend: bool = False) -> list[UserInfo]:
    """Those of them who are here, in this order: with their projects in two more queries, and in up to four with what
    they spent this month."""
    rows = _rows(keys)
    projects = _projects(rows)
    return [
        UserInfo(**msgspec.structs.asdict(user), projects=projects.get(user.key, []))
        for user in _summaries(rows, spend=spend)
    ]


def _rows(keys: Sequence[int]) -> list[Any]:
    found = {row.pk: row for row in User.objects.filter(pk__in=keys).values_list(*READ, named=True)}
    return [found[key] for key in keys if key in found]


def _summaries(rows: Sequence[Any], *, spend: bool) -> list[UserSummary]:
    spent = month_spend(rows) if spend else {}
    licenses = {slug: [kind.name for kind in each.manifest.licenses] for slug, each in connectors().items()}
    return [
        UserSummary(
            key=row.pk,
            connection=row.connection__name,
            connection_id=row.connection_id,
            id=row.vendor_id,
            kind=row.kind,
            email=row.email,
            name=row.name,
            role=row.role,
            status=row.status,
            vendor_status=row.vendor_status,
            licenses=licenses[row.connection__integration] if row.kind == "user" and row.status == "active" else [],
            joined_at=row.joined_at,
            invited_at=row.invited_at,
            expires_at=row.expires_at,
            last_active_at=row.last_active_at,
            last_active_source=row.last_active_source,
            first_seen_at=row.first_seen_at,
            departed_at=row.departed_at,
            scim_managed=row.scim_managed,
            month_spend=spent.get(row.pk, (None, None))[0],
            month_spend_currency=spent.get(row.pk, (None, None))[1],
        )
        for row in rows
    ]


def _projects(rows: Sequence[Any]) -> dict[int, list[ProjectRole]]:
    """By our key: the projects each works in, or is invited to."""
    wanted: dict[tuple[int, str], list[tuple[str, str | None]]] = {}
    people = {(row.connection_id, row.vendor_id): row.pk for row in rows if row.kind != "invite"}
    members = ProjectMember.objects.filter(
        connection_id__in={row.connection_id for row in rows}, user_id__in={vendor_id for _, vendor_id in people}
    )
    # Sorted here: asked for the order, SQLite goes through all members of the connection by their projects instead.
    found = members.filter(departed_at=None).values_list("project_id", "connection_id", "user_id", "role")
    for project_id, connection_id, user_id, member_role in sorted(found, key=itemgetter(0)):
        wanted.setdefault((connection_id, user_id), []).append((project_id, member_role))
    for row in rows:
        if row.kind == "invite":
            wanted[row.connection_id, row.vendor_id] = [(str(p), r) for p, r in row.invited_projects or ()]
            people[row.connection_id, row.vendor_id] = row.pk
    ids = {project for places in wanted.values() for project, _ in places}
    named = Project.objects.filter(connection_id__in={row.connection_id for row in rows}, vendor_id__in=ids)
    names = {(c, p): name for c, p, name in named.values_list("connection_id", "vendor_id", "name")}
    return {
        people[place]: [ProjectRole(project, names.get((place[0], project)), role) for project, role in places]
        for place, places in wanted.items()
        if place in people
    }


def _counts(heads: Iterable[Heads], of: Callable[[Heads], str]) -> dict[str, int]:
    """The most frequent first."""
    found: Counter[str] = Counter()
    for each in heads:
        found[of(each)] += each.people
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
