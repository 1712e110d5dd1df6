"""Streams: what a vendor lists, declared once.

A snapshot says what *is*: after a complete listing, a stored row that was not in it has departed. A stream function is
an async generator of pages; each page is a list of records, and nothing outlives its page.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from .records import Record

Pages = AsyncIterator[list[Any]]


@dataclass(frozen=True)
class Snapshot:
    """A stream whose listing says what is.

    `list(client)` yields pages of `record`; with a `parent`, `list(client, row)` does so for each row of it that
    `of` accepts. `needs` is the permission in the vendor's words, as an admin would look for it.
    """

    name: str
    record: type[Record]
    fields: tuple[str, ...]
    needs: str
    list: Callable[..., Pages]
    summary: str
    parent: "Snapshot | None" = None
    of: Callable[[Any], bool] = lambda row: True
    required: bool = False
    """A required stream cannot be switched off, and a key that cannot read it is refused."""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


def snapshot(
    record: type[Record],
    *,
    fields: tuple[str, ...],
    needs: str,
    parent: Snapshot | None = None,
    of: Callable[[Any], bool] = lambda row: True,
    required: bool = False,
) -> Callable[[Callable[..., Pages]], Snapshot]:
    """Declares a snapshot from an async generator; its name is the stream's, its docstring the summary."""

    def declare(function: Callable[..., Pages]) -> Snapshot:
        summary = (function.__doc__ or "").strip()
        return Snapshot(function.__name__, record, fields, needs, function, summary, parent, of, required)

    return declare
