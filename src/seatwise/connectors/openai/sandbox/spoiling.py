"""Bodies that go wrong while the status stays 200: each takes a true page and answers what is sent instead."""

from collections.abc import Callable, Mapping
from typing import Any

from .faults import Fault
from .paging import CURSORS, another
from .rows import Row, decode, encode, patched

Spoil = Callable[[Row, str | None, Fault], Any]
"""From a decoded page, the cursor that was sent and the fault to what goes out."""


def spoiled(body: bytes, query: Mapping[str, str], fault: Fault) -> bytes:
    """The body of a list answer after `fault`. Other kinds of fault, and answers that are no page, change nothing."""
    spoil = _SPOILS.get(fault.kind)
    page = decode(body)
    if spoil is None or "data" not in page:
        return body
    return encode(spoil(page, query.get("after") or query.get("page"), fault))


def _with_cursor(page: Row, cursor: str | None, **fields: Any) -> Row:
    """The page announcing more behind `cursor`, whichever envelope it is."""
    return {**page, **{name: cursor for name in CURSORS if name in page}, "has_more": True, **fields}


def _ended(page: Row, rows: list[Any]) -> Row:
    """The page as if the list ended with `rows`."""
    cursors: Row = {name: None for name in ("next", "next_page") if name in page}
    if "last_id" in page:
        cursors = {"first_id": rows[0]["id"] if rows else None, "last_id": rows[-1]["id"] if rows else None}
    return {**page, "data": rows, "has_more": False, **cursors}


def _malformed(page: Row, sent: str | None, fault: Fault) -> Row:
    rows = list(page["data"])
    if fault.row < len(rows):
        rows[fault.row] = patched(rows[fault.row], {fault.field: fault.value})
    return {**page, "data": rows}


_SPOILS: dict[str, Spoil] = {
    "array": lambda page, sent, fault: page["data"],
    "empty_object": lambda page, sent, fault: {},
    "null_data": lambda page, sent, fault: {**page, "data": None},
    "empty_list": lambda page, sent, fault: _ended(page, []),
    "short_list": lambda page, sent, fault: _ended(page, page["data"][: len(page["data"]) // 2]),
    "empty_more": lambda page, sent, fault: _with_cursor(page, another(sent), data=[]),
    "empty_stuck": lambda page, sent, fault: _with_cursor(page, sent or another(sent), data=[]),
    "missing_cursor": lambda page, sent, fault: _with_cursor(page, None),
    "repeated_cursor": lambda page, sent, fault: _with_cursor(page, sent or another(sent)),
    "duplicate_rows": lambda page, sent, fault: {**page, "data": page["data"] + page["data"][:3]},
    "malformed_row": _malformed,
}
