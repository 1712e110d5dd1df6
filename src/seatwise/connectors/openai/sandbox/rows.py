"""Rows as the vendor writes them, and the ordered table that serves them: kept encoded, because pages are served far
more often than rows change. Safe to change from one thread while another serves."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import msgspec

Row = dict[str, Any]

encode = msgspec.json.encode
_decoder = msgspec.json.Decoder()


class Missing(Enum):
    """`MISSING` as a field's value takes the field out of the row; None writes null."""

    MISSING = "missing"


MISSING = Missing.MISSING


def decode(body: bytes) -> Any:
    return _decoder.decode(body)


def patched(row: Row, fields: Row) -> Row:
    """A copy of `row` with `fields` laid over it."""
    return {name: value for name, value in {**row, **fields}.items() if value is not MISSING}


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a table: encoded rows with their ids, and whether more rows follow them."""

    ids: list[str]
    rows: list[bytes]
    more: bool


class Table:
    """Rows by id in the order they were added. `key` names the field that serves as id; the vendor gives some rows
    none."""

    def __init__(self, rows: Iterable[Row] = (), *, key: str = "id") -> None:
        self.key = key
        self._rows: dict[str, bytes] = {row[key]: encode(row) for row in rows}
        self._order: list[str] | None = None
        self._position: dict[str, int] = {}
        self._views: dict[Callable[[Row], bool], Table] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __iter__(self) -> Iterator[Row]:
        """Decoded copies of all rows; changing one changes nothing here."""
        return map(decode, list(self._rows.values()))

    def ids(self) -> list[str]:
        return list(self._rows)

    def __getitem__(self, row_id: str) -> Row:
        """A decoded copy. KeyError where no row has that id."""
        return cast(Row, decode(self._rows[row_id]))

    def encoded(self, row_id: str) -> bytes | None:
        return self._rows.get(row_id)

    def put(self, row: Row) -> None:
        """Add a row at the end, or replace the one with its id where it stands."""
        with self._lock:
            if row[self.key] not in self._rows:
                self._order = None
            self._views.clear()
            self._rows[row[self.key]] = encode(row)

    def update(self, row_id: str, fields: Row) -> Row:
        """Lay `fields` over a row and answer the new row. KeyError where there is none."""
        row = patched(self[row_id], fields)
        self.put(row)
        return row

    def remove(self, row_id: str) -> Row:
        """Take a row out and answer it. KeyError where there is none."""
        with self._lock:
            self._order = None
            self._views.clear()
            return cast(Row, decode(self._rows.pop(row_id)))

    def slice(self, after: str | None, limit: int, *, descending: bool = False, before: str | None = None) -> Slice:
        """Up to `limit` rows behind the row `after`, or from the start; or the last ones ahead of the row `before`, and
        then `more` means still further ahead. KeyError where no row has that id."""
        with self._lock:
            order = self._ordered()
            start = 0 if after is None else self._position[after] + 1
            end = len(order) if before is None else self._position[before]
            if descending:
                order = order[::-1]
                start = 0 if after is None else len(order) - start + 1
                end = len(order) if before is None else len(order) - 1 - end
            if before is not None:
                start, more = max(start, end - limit), end - limit > start
            else:
                more = start + limit < end
            ids = order[start : min(end, start + limit)]
            return Slice(ids, [self._rows[row_id] for row_id in ids], more)

    def where(self, keep: Callable[[Row], bool]) -> "Table":
        """A table of the rows `keep` accepts, for filtered listings."""
        return Table((row for row in self if keep(row)), key=self.key)

    def view(self, keep: Callable[[Row], bool]) -> "Table":
        """As `where`, but made anew only after a change; `keep` must be the same function at every call."""
        with self._lock:
            view = self._views.get(keep)
            if view is None:
                view = self._views[keep] = self.where(keep)
            return view

    def _ordered(self) -> list[str]:
        if self._order is None:
            self._order = list(self._rows)
            self._position = {row_id: at for at, row_id in enumerate(self._order)}
        return self._order


class Shelf(dict[str, Table]):
    """Tables by the id of what they belong to, each made when it is first asked for."""

    def __init__(self, make: Callable[[str], Table]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, owner_id: str) -> Table:
        self[owner_id] = table = self._make(owner_id)
        return table
