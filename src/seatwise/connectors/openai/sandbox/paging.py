"""The vendor's list envelopes, and the cursor each of them hands out.

A   `first_id`, `last_id`; the next page is `after=<last_id>`.
A'  the same body; clients send `after=<id of the last row>`, which is the same id here.
B   `next`; the next page is `after=<next>`.
C   buckets of time, `next_page`; the next page is `page=<next_page>` with every other parameter unchanged.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zlib import crc32

from . import errors
from .rows import Slice, Table, encode

Envelope = Callable[[Slice], bytes]
CURSORS = ("last_id", "next", "next_page")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of `limit` at one endpoint; the vendor states no upper bound for some."""

    least: int = 1
    most: int | None = 100
    default: int = 20

    def read(self, query: Mapping[str, str]) -> int:
        text = query.get("limit")
        if text is None:
            return self.default
        limit = int(text) if text.isascii() and text.isdigit() else -1
        if limit < self.least or (self.most is not None and limit > self.most):
            bounds = f"between {self.least} and {self.most}" if self.most is not None else f"at least {self.least}"
            raise errors.bad_parameter(
                "limit", f"Invalid 'limit': expected an integer {bounds}, but got '{text}' instead."
            )
        return limit


def id_cursor(page: Slice) -> bytes:
    """Envelope A, and A'."""
    first, last = (encode(page.ids[0]), encode(page.ids[-1])) if page.ids else (b"null", b"null")
    return b'{"object":"list","data":[%b],"first_id":%b,"last_id":%b,"has_more":%b}' % (
        b",".join(page.rows),
        first,
        last,
        b"true" if page.more else b"false",
    )


def next_cursor(page: Slice) -> bytes:
    """Envelope B."""
    following = encode(page.ids[-1]) if page.more and page.ids else b"null"
    return b'{"object":"list","data":[%b],"has_more":%b,"next":%b}' % (
        b",".join(page.rows),
        b"true" if page.more else b"false",
        following,
    )


def list_page(
    table: Table,
    query: Mapping[str, str],
    limits: Limits,
    envelope: Envelope,
    *,
    ordered: bool,
    order: str = "asc",
    backwards: bool = False,
) -> bytes:
    """One page of a table as `query` asks for it. `ordered` where `order` may be chosen, `backwards` where `before` is
    taken. Raises ApiError 400 for bad parameters."""
    limit = limits.read(query)
    order = query.get("order", order) if ordered else order
    if order not in ("asc", "desc"):
        raise errors.bad_parameter("order", f"Invalid 'order': expected 'asc' or 'desc', but got '{order}' instead.")
    after = original(query.get("after"))
    before = original(query.get("before")) if backwards else None
    try:
        return envelope(table.slice(after, limit, descending=order == "desc", before=before))
    except KeyError as missing:
        cursor = missing.args[0]
    name = "after" if cursor == after else "before"
    raise errors.bad_parameter(name, f"Invalid '{name}': no object with id '{cursor}'.")


def time_page(buckets: list[bytes], following: str | None) -> bytes:
    """Envelope C."""
    return b'{"object":"page","data":[%b],"has_more":%b,"next_page":%b}' % (
        b",".join(buckets),
        b"false" if following is None else b"true",
        encode(following),
    )


def page_token(issued_at: int, query: str, start: int) -> str:
    """A token for the page whose first bucket begins at `start`, good for exactly this `query`."""
    raw = issued_at.to_bytes(8) + crc32(query.encode()).to_bytes(4) + start.to_bytes(8)
    return f"page_{urlsafe_b64encode(raw).decode()}"


def read_page_token(token: str, query: str) -> int:
    """The start of the page a token stands for. Raises ApiError 400 where the token belongs to another query."""
    try:
        raw = urlsafe_b64decode(token.removeprefix("page_"))
    except ValueError:
        raw = b""
    if len(raw) != 20 or raw[8:12] != crc32(query.encode()).to_bytes(4):
        raise errors.page_refused()
    return int.from_bytes(raw[12:])


def another(cursor: str | None) -> str:
    """A cursor not handed out before that continues where `cursor` does (None: at the start)."""
    base, _, count = (cursor or "").partition("~")
    return f"{base}~{int(count or 0) + 1}"


def original(cursor: str | None) -> str | None:
    """The cursor behind `another`."""
    return cursor.partition("~")[0] or None if cursor else None
