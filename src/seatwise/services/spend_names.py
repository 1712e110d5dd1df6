"""Names for the keys of sums: projects, users and keys, those that are gone too. An unknown id stays an id."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from seatwise.store.models import Key, Project, ServiceAccount, User

Keys = Mapping[int, Iterable[str]]
"""Connection: vendor ids."""
Place = tuple[int, str]


class Named(NamedTuple):
    """`about` is what else is known: an e-mail, a key's short form. `row` is our key of what has a page here."""

    name: str | None = None
    about: str | None = None
    row: int | None = None
    departed: bool = False


def names_of(dimension: str, keys: Keys) -> dict[Place, Named]:
    """What is known of each; what nothing is known of is left out."""
    of = {"project": _projects, "person": _persons, "api_key": _keys}.get(dimension)
    wanted = {connection: set(some) - {""} for connection, some in keys.items()}
    return of({connection: some for connection, some in wanted.items() if some}) if of else {}


def _projects(keys: Mapping[int, set[str]]) -> dict[Place, Named]:
    rows = _rows(Project, keys, "name", "departed_at", "pk")
    return {place: Named(name, None, pk, bool(gone)) for place, name, gone, pk in rows}


def _keys(keys: Mapping[int, set[str]]) -> dict[Place, Named]:
    rows = _rows(Key, keys, "name", "redacted_value", "departed_at", "pk", kinds=("project", "admin"))
    return {place: Named(name or value, value, pk, bool(gone)) for place, name, value, gone, pk in rows}


def _persons(keys: Mapping[int, set[str]]) -> dict[Place, Named]:
    """Users as listed; else machines' accounts, whose ids may be users'; else whom a key names as its owner."""
    found = {}
    columns = ("name", "email", "departed_at", "pk", "kind")
    for place, name, email, gone, pk, kind in _rows(User, keys, *columns, kinds=("user", "service_account")):
        about = "Service account" if kind == "service_account" else email
        found[place] = Named(name or email, about if about != (name or email) else None, pk, bool(gone))
    left = {connection: {key for key in some if (connection, key) not in found} for connection, some in keys.items()}
    for place, name, gone in _rows(ServiceAccount, left, "name", "departed_at"):
        found[place] = Named(name, "Service account", None, bool(gone))
    for connection, some in left.items():
        owned = Key.objects.filter(
            connection_id=connection, owner_id__in=[k for k in some if (connection, k) not in found]
        )
        for key, name, email in owned.values_list("owner_id", "owner_name", "owner_email"):
            if key and (name or email):
                found.setdefault((connection, key), Named(name or email, email if name else None, None, True))
    return found


def _rows(
    model: Any, keys: Mapping[int, Iterable[str]], *columns: str, kinds: Sequence[str] = ()
) -> Iterable[tuple[Any, ...]]:
    """By the unique index; `kinds` are those of a table that has them, for the index begins with it."""
    of_kind = {"kind__in": kinds} if kinds else {}
    for connection, some in keys.items():
        chosen = list(some)
        for begin in range(0, len(chosen), 500):
            ids = chosen[begin : begin + 500]
            rows = model.objects.filter(connection_id=connection, vendor_id__in=ids, **of_kind)
            for vendor_id, *row in rows.values_list("vendor_id", *columns):
                yield ((connection, vendor_id), *row)
