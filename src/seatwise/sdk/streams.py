"""Streams: what a vendor lists, declared once. Two kinds and no more.

A snapshot says what *is*: after a complete listing, a stored row that was not in it has departed. A series says what
*happened*: a day is replaced whole, up or down, and the engine remembers how far it has read. A stream function is an
async generator of pages; nothing outlives its page.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from .records import Record

Pages = AsyncIterator[Sequence[Any]]


class LazyPage(Sequence[Any]):
    """A page that becomes records when somebody looks into it, which raises VendorError. Two with the same `digest`
    become the same records: one that came before need not be looked into."""

    def __init__(self, digest: bytes, records: Callable[[], list[Any]]) -> None:
        self.digest = digest
        self._make = records

    @cached_property
    def _records(self) -> list[Any]:
        return self._make()

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, at: Any) -> Any:
        return self._records[at]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._records)


def label(name: str) -> str:
    """A stream's name for people: api_keys → API keys."""
    return name.replace("_", " ").capitalize().replace("Api ", "API ")


@dataclass(frozen=True)
class Window:
    """A half-open stretch of UTC days."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start} to {self.end - timedelta(days=1)}"


@dataclass(frozen=True)
class Day:
    """One UTC day of a series, whole: all its records. What a series yields, in lists. (Of events: what a page has of
    that day.) `lacks` are fields that the vendor could tell and did not: those it refused to group by, or one that
    some records came without, which are left out."""

    date: date
    records: list[Any]
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stream:
    """What both kinds have. `fields` are those a listing fills; `needs` is the permission in the vendor's words, as an
    admin would look for it."""

    name: str
    record: type[Record]
    fields: tuple[str, ...]
    needs: str
    list: Callable[..., Pages]
    summary: str

    @property
    def label(self) -> str:
        return label(self.name)


@dataclass(frozen=True)
class Snapshot(Stream):
    """A stream whose listing says what is.

    `list(client)` yields pages of `record`; with a `parent`, `list(client, row)` does so for each row of it that
    `of` accepts. A required stream cannot be switched off, and a key that cannot read it is refused.
    """

    parent: "Snapshot | None" = None
    of: Callable[[Any], bool] = lambda row: True
    required: bool = False


@dataclass(frozen=True)
class Series(Stream):
    """A stream of what happened. `list(client, window)` yields lists of Day, each day of the window once, in order.

    `history` is how far back the first syncs read, `restated` how many past days the vendor may still change, `step`
    how many days are read in one go. The days of `sums` are replaced whole, and a month is read once more after its
    end. Without it they hold events, each with an id of its own: those come in any order, are added, and stay when a
    later listing is short of them.
    """

    history: timedelta
    restated: timedelta
    step: timedelta
    sums: bool = True
    parent: None = None
    required: bool = False


AnyStream = Snapshot | Series


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


def series(
    record: type[Record],
    *,
    fields: tuple[str, ...],
    needs: str,
    history: timedelta = timedelta(days=365),
    restated: timedelta = timedelta(days=7),
    step: timedelta = timedelta(days=31),
    sums: bool = True,
) -> Callable[[Callable[..., Pages]], Series]:
    """Declares a series from an async generator over a client and a window."""

    def declare(function: Callable[..., Pages]) -> Series:
        summary = (function.__doc__ or "").strip()
        return Series(function.__name__, record, fields, needs, function, summary, history, restated, step, sums)

    return declare
