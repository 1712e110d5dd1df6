"""The groups that the users of a license fall into. What a screen lists and what a day's line counts is the same."""

from dataclasses import replace
from datetime import datetime

from .wanted import Wanted

GROUPS = ("assigned", "idle", "invited", "unknown")
"""Idle and unknown are among the assigned."""


def holders(group: str, connections: tuple[int, ...], idle_before: datetime) -> Wanted:
    """Who is in a group. Raises KeyError for one that is none."""
    active = Wanted(connections=connections, kinds=("user",), statuses=("active",))
    return {
        "assigned": active,
        "idle": replace(active, idle_before=idle_before),
        "invited": Wanted(connections=connections, kinds=("invite",), statuses=("invited",)),
        "unknown": replace(active, use_unknown=True),
    }[group]
