"""Keys as a table and as a file show them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from django.urls import reverse

from seatwise.services.keys import Issue, KeyInfo

COLUMNS = (
    "connection", "id", "kind", "name", "redacted_value", "project_id", "project", "owner_kind", "owner_id",
    "owner_name", "owner_email", "owner_standing", "owner_has_access", "created_at", "used", "last_used_at",
    "last_use_at", "last_use_source", "expires", "expires_at", "first_seen_at", "departed_at", "issues",
)  # fmt: skip
"""The names that the command line and the API use too."""


class Row(NamedTuple):
    """`title` is the best name there is; `owner` what its owner is called, `owner_link` where that leads; `told` the
    issue whose evidence the list is about."""

    key: KeyInfo
    title: str
    owner: str
    owner_link: str
    told: Issue | None


def row(key: KeyInfo, issue: str = "") -> Row:
    owner = key.owner_email or key.owner_name or key.owner_id or ""
    page = "service_account" if key.owner_kind == "service_account" else "user"
    link = reverse(page, args=[key.owner_row]) if key.owner_row else ""
    told = next((each for each in key.issues if each.name == issue), None)
    return Row(key, key.name or key.id, owner, link, told)


def rows(keys: Iterable[KeyInfo], issue: str = "") -> list[Row]:
    return [row(key, issue) for key in keys]


def cells(keys: Iterable[KeyInfo]) -> Iterator[list[Any]]:
    """The lines of the file; the issues of a key are one cell of JSON, as on the command line."""
    for key in keys:
        yield [_cell(name, getattr(key, name)) for name in COLUMNS]


def _cell(name: str, value: Any) -> Any:
    if name != "issues":
        return value
    return msgspec.json.encode([{"name": each.name, "evidence": each.evidence} for each in value]).decode()
