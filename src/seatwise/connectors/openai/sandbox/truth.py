"""What an organization really lists, and how two such moments differ: what a sync is measured against."""

from dataclasses import dataclass, field
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
    """Rows by id as listed now, in the order of the listing. What belongs to a project or a group goes by (its id, the
    row's id); nothing of an archived project is there, because the vendor lists that to nobody. `api_keys` are those of
    `owner_project_access=any`; `project_groups` have no id of their own and go by the group's."""

    users: dict[str, Row]
    invites: dict[str, Row]
    projects: dict[str, Row]
    members: dict[tuple[str, str], Row]
    service_accounts: dict[tuple[str, str], Row] = field(default_factory=dict)
    api_keys: dict[tuple[str, str], Row] = field(default_factory=dict)
    admin_keys: dict[str, Row] = field(default_factory=dict)
    groups: dict[str, Row] = field(default_factory=dict)
    group_members: dict[tuple[str, str], Row] = field(default_factory=dict)
    project_groups: dict[tuple[str, str], Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """How an organization changed: the net difference per listing, and the steps in words."""

    steps: tuple[str, ...]
    users: Difference[str]
    invites: Difference[str]
    projects: Difference[str]
    members: Difference[tuple[str, str]]
    service_accounts: Difference[tuple[str, str]] = field(default_factory=lambda: Difference(set(), {}, set()))
    api_keys: Difference[tuple[str, str]] = field(default_factory=lambda: Difference(set(), {}, set()))
    admin_keys: Difference[str] = field(default_factory=lambda: Difference(set(), {}, set()))
    groups: Difference[str] = field(default_factory=lambda: Difference(set(), {}, set()))
    group_members: Difference[tuple[str, str]] = field(default_factory=lambda: Difference(set(), {}, set()))

    @classmethod
    def between(cls, before: Truth, after: Truth, steps: tuple[str, ...] = ()) -> "Drift":
        return cls(
            steps,
            Difference.between(before.users, after.users),
            Difference.between(before.invites, after.invites),
            Difference.between(before.projects, after.projects),
            Difference.between(before.members, after.members),
            Difference.between(before.service_accounts, after.service_accounts),
            Difference.between(before.api_keys, after.api_keys),
            Difference.between(before.admin_keys, after.admin_keys),
            Difference.between(before.groups, after.groups),
            Difference.between(before.group_members, after.group_members),
        )


def _fields(before: Row, after: Row) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name, MISSING) != after.get(name, MISSING)}
