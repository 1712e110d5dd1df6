"""Faults on a schedule: which request fails, and how. No dice: the same requests in order meet the same faults."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, get_args

from .rows import MISSING

Kind = Literal[
    "rate_limit",  # 429, with the hint given by retry_after (seconds, also as text) or retry_after_ms, or without
    "server_error",  # `status` (500) as JSON, or as an HTML page with html=True
    "odd_error",  # `status` (404), a body that is not the envelope: {"code", "message"}; html=True: {"error": "text"}
    "html",  # 200 with an HTML page
    "cut",  # the connection closes in the middle of the body
    "truncated",  # a whole HTTP answer whose JSON ends in the middle
    "slow",  # the true answer after `seconds`
    "page_refused",  # 400: the page token is said to be another query's; strike the second page or a later one
    "hang",  # no answer until the client or the sandbox ends
    "revoke_key",  # the key of this request is revoked from now on
    "array",  # 200 with the rows in a bare array
    "empty_object",  # 200 with {}
    "null_data",  # a page whose data is null
    "empty_list",  # a list that ends here without rows
    "short_list",  # half the rows of the page, and no more to come
    "empty_more",  # a page without rows whose new cursor goes on where this page began: nothing is lost by following it
    "empty_stuck",  # a page without rows whose cursor is the one just sent; give times=None
    "missing_cursor",  # the rows, more to come, and no cursor
    "repeated_cursor",  # the rows, more to come, and the cursor just sent; strike the second page or a later one
    "duplicate_rows",  # the first three rows once more at the end of the page
    "malformed_row",  # in row number `row`, `field` is `value`; by default the first row has no id
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. It strikes the `nth` request it matches, counted from when it is added, and `times` in all (None:
    every one from there on). `path` is a glob on the path below the version; `organization` is an id, None is any."""

    kind: Kind
    path: str = "*"
    nth: int = 1
    times: int | None = 1
    organization: str | None = None
    status: int | None = None
    html: bool = False
    retry_after: float | str | None = None
    retry_after_ms: float | None = None
    seconds: float = 0.0
    field: str = "id"
    value: object = MISSING
    row: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind!r}; there are {', '.join(KINDS)}")

    def matches(self, path: str, organization_id: str | None) -> bool:
        return fnmatchcase(path, self.path) and self.organization in (None, organization_id)


class Faults:
    """The schedule. Where several faults are due at one request, the one added first strikes."""

    def __init__(self) -> None:
        self._met: list[tuple[Fault, list[int]]] = []

    def add(self, *faults: Fault) -> None:
        self._met.extend((fault, [0]) for fault in faults)

    def clear(self) -> None:
        """No request fails from now on."""
        self._met = []

    def due(self, path: str, organization_id: str | None) -> Fault | None:
        """The fault this request meets. Every call counts as a request."""
        struck = None
        for fault, met in self._met:
            if fault.matches(path, organization_id):
                met[0] += 1
                over = fault.times is not None and met[0] >= fault.nth + fault.times
                if struck is None and met[0] >= fault.nth and not over:
                    struck = fault
        return struck
