"""What an organization really lists, and how two such moments differ: what a sync is measured against."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from .rows import MISSING, Row

Id = TypeVar("Id", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Difference(Generic[Id]):
    """Ids that came and went, and for each changed row the fields that differ."""

    arrived: set[Id]
    changed: dict[Id, set[str]]
    departed: set[Id]

    @classmethod
    def between(cls, before: dict[Id, Row], after: dict[Id, Row]) -> "Difference[Id]":
        changed = {key: _fields(before[key], row) for key, row in after.items() if key in before and before[key] != row}
        return cls(after.keys() - before.keys(), changed, before.keys() - after.keys())


@dataclass(frozen=True, slots=True)
class Truth:
    """Rows by id as listed now, in the order of the listing. `members` goes by (project id, user id) and holds no
    archived project's, because the vendor lists those to nobody."""

    users: dict[str, Row]
    invites: dict[str, Row]
    projects: dict[str, Row]
    members: dict[tuple[str, str], Row]


@dataclass(frozen=True, slots=True)
class Drift:
    """How an organization changed: the net difference per listing, and the steps in words."""

    steps: tuple[str, ...]
    users: Difference[str]
    invites: Difference[str]
    projects: Difference[str]
    members: Difference[tuple[str, str]]

    @classmethod
    def between(cls, before: Truth, after: Truth, steps: tuple[str, ...] = ()) -> "Drift":
        return cls(
            steps,
            Difference.between(before.users, after.users),
            Difference.between(before.invites, after.invites),
            Difference.between(before.projects, after.projects),
            Difference.between(before.members, after.members),
        )


def _fields(before: Row, after: Row) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name, MISSING) != after.get(name, MISSING)}
