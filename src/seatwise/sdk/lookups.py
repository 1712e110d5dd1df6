"""Lookups: what a vendor tells about one thing only, so that reading it for all would take thousands of calls.

An operator asks for one project or one user; what comes is stored with the time it was read. A lookup has parts, and
each is read on its own: one that is refused or breaks off does not keep the others back.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .records import Record

Reader = Callable[[Any, str, str | None], Awaitable[list[Any]]]


@dataclass(frozen=True)
class Part:
    """One question. `read(client, id, project_id)` gives its records; `record` is what they are, and a part of limits
    is named as `what` they are. `needs` is the permission in the vendor's words. Where `per_project`, it is asked once
    for each project the user is in, else once with None."""

    name: str
    label: str
    summary: str
    record: type[Record]
    needs: str
    read: Reader
    per_project: bool = False


@dataclass(frozen=True)
class Lookup:
    """`of` is what it is about: project or user."""

    name: str
    of: str
    summary: str
    parts: Sequence[Part]
