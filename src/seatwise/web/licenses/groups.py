"""The groups a license's users fall into, as the screens name them."""

from collections.abc import Sequence
from typing import NamedTuple

from seatwise.services.licenses import LicenseInfo

GROUPS = {"assigned": "Assigned", "idle": "Idle", "invited": "Invited", "unknown": "No use known"}
"""In the order of the screens. Idle and unknown users are among the assigned."""


class Group(NamedTuple):
    name: str
    label: str
    number: int
    rule: str


def groups(license: LicenseInfo) -> list[Group]:
    return [Group(name, label, getattr(license, name), license.rules[name]) for name, label in GROUPS.items()]


def total(licenses: Sequence[LicenseInfo]) -> list[Group]:
    """The groups of one license over several connections, which share its rules."""
    return [
        Group(name, label, sum(getattr(held, name) for held in licenses), licenses[0].rules[name] if licenses else "")
        for name, label in GROUPS.items()
    ]
