"""Keys: found, listed, counted and exported, each with what is wrong with it and how that is known.

A key's value is never known here; vendors show a short form of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from seatwise.store.key_listing import ISSUES, KINDS, KeyListing, KeysWanted, Place
from seatwise.store.key_listing import SORTS as COLUMNS
from seatwise.store.models import Change, Connection, Key, Project, User

from .audit import operation
from .changes import ChangeInfo, describe
from .errors import NotFound, Refusal
from .key_issues import SOON, Issue, KeyInfo, describe_keys, issue_rules
from .key_spend import KeySpend, spend_of_keys
from .paging import check_place, rows_at, turn
from .rights import Actor, Permission, require
from .settings import value_of
from .texts import connections_called, plain

__all__ = [
    "ISSUES", "KINDS", "SORTS", "Issue", "KeyDetail", "KeyFacets", "KeyInfo", "KeyPage", "KeySpend", "export_keys",
    "get_key", "issue_rules", "key_facets", "key_projects", "key_spend", "list_keys",
]  # fmt: skip
SORTS = tuple(COLUMNS)
EXPORTED_AT_ONCE = 500
CHOICES = 500


class KeyFacets(msgspec.Struct, frozen=True):
    """How many keys there are of each issue, kind and connection, all other filters kept; `total` without an issue."""

    total: int
    issues: dict[str, int]
    kinds: dict[str, int]
    connections: dict[str, int]


class KeyPage(msgspec.Struct, frozen=True):
    """A page of keys as of all listings, with the counts of the filter bar, of the same moment."""

    items: list[KeyInfo]
    next: str | None
    previous: str | None
    total: int
    facets: KeyFacets


class KeyDetail(msgspec.Struct, frozen=True):
    key: KeyInfo
    timeline: list[ChangeInfo]


def list_keys(
    operator: Actor,
    *,
    connection: str = "",
    kind: str = "",
    project: str = "",
    owner: str = "",
    search: str = "",
    issue: str = "",
    sort: str = "name",
    cursor: str = "",
    limit: int = 50,
) -> KeyPage:
    """Keys that are present. `project` is its id or name, `owner` an id or an e-mail; `issue` one of ISSUES; `sort` one
    of SORTS, with - the other way round; `total` is exact. Raises Refusal for an order, an issue or a cursor that is
    none."""
    require(operator, Permission.SEE_USERS)
    by, descending = _order(sort)
    wanted = _wanted(connection, kind, project, owner, search, issue)
    listing = KeyListing(wanted)

    def read(values: list[Any], backwards: bool, limit: int) -> list[Place]:
        after = _place(values, by) if values else None
        return listing.places(by, descending=descending, after=after, limit=limit, backwards=backwards)

    found, following, previous = turn(read, list, 3, cursor, limit)
    return KeyPage(describe_keys(_rows_at(found), wanted.now), following, previous, listing.total, _facets(listing))


def key_facets(
    operator: Actor,
    *,
    connection: str = "",
    kind: str = "",
    project: str = "",
    owner: str = "",
    search: str = "",
    issue: str = "",
) -> KeyFacets:
    """Counts for the filter bar; `issue` does not narrow the issues themselves."""
    require(operator, Permission.SEE_USERS)
    return _facets(KeyListing(_wanted(connection, kind, project, owner, search, issue)))


def _facets(listing: KeyListing) -> KeyFacets:
    issue, counts = listing.wanted.issue, listing.counts
    names = dict(Connection.objects.filter(pk__in={pk for pk, _ in counts}).values_list("pk", "name"))
    kinds, connections = Counter[str](), Counter[str]()
    for (pk, kind), of in counts.items():
        kinds[kind] += of[issue]
        connections[names[pk]] += of[issue]
    return KeyFacets(
        sum(of[""] for of in counts.values()),
        {name: sum(of[name] for of in counts.values()) for name in ISSUES},
        dict(kinds),
        dict(connections),
    )


def key_projects(operator: Actor, *, connection: str = "") -> list[tuple[str, str]]:
    """The projects to choose from, by name: (the vendor's id, what people call it); at most CHOICES of them."""
    require(operator, Permission.SEE_USERS)
    rows = Project.objects.filter(departed_at=None).exclude(status="archived")
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    found = [(vendor_id, name or vendor_id) for vendor_id, name in rows.values_list("vendor_id", "name")[:CHOICES]]
    return sorted(found, key=lambda project: project[1].casefold())


def get_key(operator: Actor, *, key: int) -> KeyDetail:
    """One key with its history, by our key; one that departed too. Raises NotFound."""
    require(operator, Permission.SEE_USERS)
    row = _row(key)
    stream = "admin_keys" if row.kind == "admin" else "api_keys"
    changes = Change.objects.filter(connection_id=row.connection_id, stream=stream, vendor_id=row.vendor_id)
    (info,) = describe_keys([row], datetime.now(UTC))
    return KeyDetail(info, describe(changes.select_related("connection").order_by("-at", "-id")[:200]))


def key_spend(operator: Actor, *, key: int, days: int = 30) -> KeySpend:
    """What a key cost on each of the last days. Raises NotFound."""
    require(operator, Permission.SEE_SPEND)
    row = _row(key)
    return spend_of_keys(row.connection, [row.vendor_id], days)


def export_keys(
    operator: Actor,
    *,
    connection: str = "",
    kind: str = "",
    project: str = "",
    owner: str = "",
    search: str = "",
    issue: str = "",
    sort: str = "name",
) -> Iterator[KeyInfo]:
    """Exactly the keys that `list_keys` lists, in its order, one after the other in flat memory."""
    filters = {"connection": connection, "kind": kind, "project": project, "owner": owner, "search": search}
    filters |= {"issue": issue}
    with operation(operator, Permission.EXPORT, "export_keys", "keys", **{k: v for k, v in filters.items() if v}):
        require(operator, Permission.SEE_USERS)
        order = _order(sort)
        wanted = _wanted(connection, kind, project, owner, search, issue)
    return _exported(wanted, *order)


def _exported(wanted: KeysWanted, by: str, descending: bool) -> Iterator[KeyInfo]:
    listing, after = KeyListing(wanted), None
    while places := listing.places(by, descending=descending, after=after, limit=EXPORTED_AT_ONCE):
        yield from describe_keys(_rows_at(places), wanted.now)
        after = places[-1]


def _wanted(connection: str, kind: str, project: str, owner: str, search: str, issue: str) -> KeysWanted:
    if issue and issue not in ISSUES:
        raise Refusal(f"There is no issue {plain(issue)}.", fields={"issue": f"One of {', '.join(ISSUES)}."})
    if kind and kind not in KINDS:
        raise Refusal(f"There is no kind of key {plain(kind)}.", fields={"kind": f"One of {', '.join(KINDS)}."})
    now = datetime.now(UTC)
    return KeysWanted(
        now=now,
        idle_before=now - timedelta(days=int(value_of("idle_days"))),
        soon=now + SOON,
        connections=connections_called(connection),
        kind=kind,
        projects=_projects(plain(project)) if project else None,
        owners=_owners(plain(owner)) if owner else None,
        text=search,
        issue=issue,
    )


def _projects(called: str) -> tuple[str, ...]:
    """The vendor's ids of the projects meant by an id or a name."""
    named = Project.objects.filter(name__iexact=called).values_list("vendor_id", flat=True)
    return tuple({called, *named})


def _owners(called: str) -> tuple[str, ...]:
    """The vendor's ids of the owners meant by an id or an e-mail."""
    mail = called.strip().lower()
    if "@" not in mail:
        return (called,)
    users = User.objects.filter(email_key=mail, kind="user").values_list("vendor_id", flat=True)
    keys = Key.objects.filter(owner_key=mail).values_list("owner_id", flat=True)  # of owners who are no user here
    return tuple({called, *users, *(owner for owner in keys if owner)})


def _order(sort: str) -> tuple[str, bool]:
    column = sort.removeprefix("-")
    if column not in SORTS:
        raise Refusal(f"Keys cannot be sorted by {plain(column)}.", fields={"sort": f"One of {', '.join(SORTS)}."})
    return column, sort.startswith("-")


def _place(values: list[Any], by: str) -> Place:
    unknown, value, pk = values
    check_place(unknown, value, pk, by)
    return unknown, value, pk


def _rows_at(places: Sequence[Place]) -> list[Key]:
    return rows_at(Key, [pk for _, _, pk in places])


def _row(key: int) -> Key:
    row = Key.objects.select_related("connection").filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no key with the number {key}.")
    return row
