"""The one file where OpenAI's wire enters: its pages, its rows and its refusals. They leave as rows and as our errors.

Nothing is guessed: a listing that does not say where it ends, or ends oddly, is an error and never a complete listing.
QUIRKS.md says what OpenAI does that nobody would expect, and how we know.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from seatwise import __version__
from seatwise.sdk import connector
from seatwise.sdk.connector import Remark
from seatwise.sdk.errors import BadCredentials, Unexpected, VendorError

from .credentials import refuse, stripped
from .refusals import Archived, Invalid, TokenRefused, meaning, other_organization
from .rows import (
    AssignedRoleRow,
    CostBucket,
    CostResult,
    Flag,
    GroupRow,
    GroupUserRow,
    InviteRow,
    KeyRow,
    ModelsRow,
    ProjectGroupRow,
    ProjectRow,
    ProjectUserRow,
    RateLimitRow,
    RetentionRow,
    RoleRow,
    ServiceAccountRow,
    SpendAlertRow,
    SpendLimitRow,
    Text,
    UsageBucket,
    UsageResult,
    UserRow,
)

if TYPE_CHECKING:
    from seatwise.sdk.transport import Answer, Transport

__all__ = [
    "Archived",
    "AssignedRoleRow",
    "Client",
    "CostBucket",
    "CostResult",
    "GroupRow",
    "GroupUserRow",
    "Invalid",
    "InviteRow",
    "KeyRow",
    "ModelsRow",
    "Page",
    "ProjectGroupRow",
    "ProjectRow",
    "ProjectUserRow",
    "RateLimitRow",
    "RetentionRow",
    "RoleRow",
    "ServiceAccountRow",
    "SpendAlertRow",
    "SpendLimitRow",
    "TokenRefused",
    "UsageBucket",
    "UsageResult",
    "UserRow",
    "check",
    "classify",
    "open_client",
    "path",
    "refuse",
]

BASE_URL = "https://api.openai.com/v1"
ANSWER_WITHIN = 45.0  # seconds, of one answer
GIVE_UP_AFTER = 180.0  # seconds without one good answer
LARGEST_PAGE = "100"
MOST_PAGES = 20_000  # of one listing: two million rows
BROKEN_OFF = "Input data was truncated"  # msgspec's word for JSON that ends in the middle

Row = TypeVar("Row")
Params = Mapping[str, str | Sequence[str]]
Cursor = Literal["last_id", "last_row", "next", "next_page"]
CURSORS = {"last_id": "after", "last_row": "after", "next": "after", "next_page": "page"}
"""What the next page is asked by, for each kind of cursor."""


class Listing(Struct, Generic[Row]):
    data: list[Row]


class Tail(Struct):
    """All of a page but its rows, which stay as they are."""

    data: Raw = Raw(b"")
    has_more: Flag = None
    last_id: Text = None
    next: Text = None
    next_page: Text = None


class Identified(Struct):
    id: str


_tail = msgspec.json.Decoder(Tail)
_ids = msgspec.json.Decoder(list[Identified])


@cache
def _listing(row_type: Any) -> Any:
    return msgspec.json.Decoder(Listing[row_type])


@cache
def _object(row_type: Any) -> Any:
    return msgspec.json.Decoder(row_type)


class Page(Generic[Row]):
    """One page of a listing: the `number`th, from 1. `raw` are its bytes as sent, decoded when asked for."""

    __slots__ = ("_path", "_row_type", "number", "raw")

    def __init__(self, raw: bytes, path: str, row_type: type[Row], number: int) -> None:
        self.raw, self.number = raw, number
        self._path, self._row_type = path, row_type

    def rows(self) -> list[Row]:
        """Raises Unexpected if one row is not what OpenAI describes."""
        try:
            return cast(list[Row], _listing(cast(Any, self._row_type)).decode(self.raw).data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            wrong = str(error)
        raise not_a_list(self._path, wrong, f"page {self.number}")

    @property
    def digest(self) -> bytes:
        """Of what was asked, what came, and the release that reads it: 16 bytes."""
        digest = blake2b(f"{__version__} {self._path}\n".encode(), digest_size=16)
        digest.update(self.raw)
        return digest.digest()


class Client:
    """A session with one organization, as an async context manager. Made by `open_client`."""

    def __init__(self, transport: "Transport", organization: str) -> None:
        self._transport = transport
        self._organization = organization
        self.remarks: dict[str, Remark] = {}
        self.fitting: dict[str, int] = {}
        """How many days of an endpoint fit into an answer, where the most that may be asked for do not."""
        self.refused: dict[str, list[str]] = {}
        """Of an address the parameters that this organization may not send."""
        self.coarser: dict[str, int] = {}
        """Of each stream how many ways of grouping it this organization may not ask for."""
        self.organization_seen: str | None = None
        """What the last answer said whose it is: the organization's id or, mostly, a short form of its name."""

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    @property
    def requests(self) -> int:
        return self._transport.requests

    @property
    def limited(self) -> int:
        return self._transport.limited

    @property
    def retried(self) -> int:
        return self._transport.retried

    async def pages(
        self,
        path: str,
        row_type: type[Row],
        *,
        params: Params | None = None,
        first: bool = False,
        by: Cursor = "last_id",
        largest: int | None = None,
    ) -> AsyncGenerator[Page[Row], None]:
        """All pages of a listing that goes on `by` a cursor of OpenAI's; the next is asked for before this is given.

        Close it (contextlib.aclosing). `first` is for the longest listing. Raises Unexpected rather than end early or
        never, TooLarge for a page of more than `largest` bytes, and whatever the answers mean.
        """
        query: dict[str, str | Sequence[str]] = {"limit": LARGEST_PAGE, **(params or {})}
        cursors: set[str] = set()
        asked: asyncio.Task[tuple[bytes, str | None]] | None = None
        try:
            for number in range(1, MOST_PAGES + 1):
                body, cursor = await (asked or self._page(path, query, first, by, largest))
                asked = None
                if cursor is not None:
                    if cursor in cursors:
                        raise not_a_list(path, "it goes in a circle", f"page {number} again ends with the same cursor")
                    cursors.add(cursor)
                    asked = asyncio.create_task(self._page(path, {**query, CURSORS[by]: cursor}, first, by, largest))
                    await asyncio.sleep(0)  # it is on its way before anyone looks at this page
                yield Page(body, path, row_type, number)
                if cursor is None:
                    return
            raise not_a_list(path, f"it has no end within {MOST_PAGES} pages", "")
        finally:
            if asked:
                asked.cancel()
                await asyncio.gather(asked, return_exceptions=True)

    async def one(self, path: str, row_type: type[Row]) -> Row | None:
        """An object that is no list; None where OpenAI says that none is set (404). Raises as `pages` does."""
        answer = await self._answer(path, {}, first=False, largest=None, absent=True)
        if answer.status == 404:
            return None
        try:
            return cast(Row, _object(cast(Any, row_type)).decode(answer.body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            wrong = str(error)
        raise Unexpected(f"OpenAI's answer for {path} is not what it should be. Please report this.", detail=wrong)

    async def peek(self, path: str) -> None:
        """Lists one row and drops it: the cheapest question whether this may be read."""
        await self._page(path, {"limit": "1"}, first=False)

    async def _page(
        self, path: str, query: Params, first: bool, by: Cursor = "last_id", largest: int | None = None
    ) -> tuple[bytes, str | None]:
        """A page's bytes and the cursor of the next; None where this is the last."""
        for last_try in (False, False, True):
            answer = await self._answer(path, query, first, largest)
            try:
                return answer.body, next_cursor(_tail.decode(answer.body), path, by)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                wrong = str(error)
            if last_try or wrong != BROKEN_OFF:  # cut on its way, though whole by its length: worth another try
                break
        kind = answer.headers.get("content-type", "no type")
        raise not_a_list(path, wrong, f"{len(answer.body)} bytes of {kind}")

    async def _answer(
        self, path: str, query: Params, first: bool, largest: int | None, *, absent: bool = False
    ) -> "Answer":
        """An answer with what was asked for; where it may be `absent`, OpenAI's own 404 too. Raises what it means."""
        answer = await self._transport.get(path, query, first=first, largest=largest)
        if answer.status == 404 and absent and is_own(decoded(answer.body)):
            return answer
        if answer.status != 200:
            raise classify(answer, path, self._transport.redact)
        seen = answer.headers.get("openai-organization")
        if seen is not None:
            self.organization_seen = seen
            # Mostly a short form of the name, which proves nothing; only an id can be another one.
            if seen != self._organization and re.fullmatch(r"org-[A-Za-z0-9]{16,}", seen):
                raise other_organization(f"The answer is from {seen}.")
        return answer


def open_client(credentials: Mapping[str, str], base_url: str | None = None) -> Client:
    """A client for `admin_key` and `organization_id`, to be entered with `async with`. No variable changes them.

    Raises BadCredentials for values that cannot be right, before any call.
    """
    if wrong := refuse(credentials):
        raise BadCredentials(" ".join(wrong.values()))
    from seatwise.sdk.transport import Transport  # a fifth of a second, not needed to show what OpenAI is

    key, organization = stripped(credentials)
    headers = {"Authorization": f"Bearer {key}", "OpenAI-Organization": organization}
    transport = Transport(
        base_url or BASE_URL,
        headers,
        vendor="OpenAI",
        timeout=ANSWER_WITHIN,
        give_up_after=GIVE_UP_AFTER,
        secrets=(key,),
    )
    return Client(transport, organization)


async def check(client: connector.Client) -> None:
    """One cheap call: proves the key, its organization and the right to list users. Raises what the answer means."""
    assert isinstance(client, Client)
    await client.peek("/organization/users")


def path(*parts: str) -> str:
    """A path of these parts, each quoted, as ids are opaque. Raises Unexpected for an id that would lead elsewhere."""
    if any(part in ("", ".", "..") for part in parts):
        raise Unexpected("OpenAI listed something with an id that cannot be asked for. Please report this.")
    return "/" + "/".join(quote(part, safe="") for part in parts)


def classify(answer: "Answer", path: str = "", redact: Callable[[str], str] = str) -> VendorError:
    """The error that an answer other than 200 means. It tolerates any body."""
    said = decoded(answer.body)
    told = said.get("error", said) if isinstance(said, dict) else said
    problem = told if isinstance(told, dict) else {"message": told}
    code, words = (value if isinstance(value, str) else "" for value in (problem.get("code"), problem.get("message")))
    told_or_body = words or answer.body[:200].decode(errors="replace")
    request = answer.headers.get("x-request-id", "none")
    detail = redact(f"{answer.status} {code} for {path}: {told_or_body} (request {request})")
    error = meaning(
        answer.status, code, words, path=path, detail=detail, in_json=isinstance(said, dict), own=is_own(said)
    )
    if isinstance(error, Invalid):
        error.param = str(problem.get("param") or "")
    return error


def decoded(body: bytes) -> Any:
    """What a body says; None where it is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def is_own(said: Any) -> bool:
    """Whether this is an error of OpenAI's own, and not of somebody on the way: an object under `error`, or a code with
    its message."""
    return isinstance(said, dict) and (isinstance(said.get("error"), dict) or said.keys() >= {"code", "message"})


def next_cursor(tail: Tail, path: str, by: Cursor = "last_id") -> str | None:
    """Where a page says the listing goes on; None where it says that it ends. Raises Unexpected if it says neither."""
    if not bytes(tail.data).startswith(b"["):
        raise not_a_list(path, "it holds no list of rows", "")
    if not isinstance(tail.has_more, bool):
        raise not_a_list(path, "it does not say whether it goes on", "")
    if not tail.has_more:
        return None
    if by == "last_row":  # admin keys: the SDK goes by the last row, and so does the server
        rows = _ids.decode(tail.data)
        cursor: Text = rows[-1].id if rows else None
    else:
        cursor = getattr(tail, by)
    if not isinstance(cursor, str) or not cursor:
        raise not_a_list(path, "it goes on, but does not say where", "")
    return cursor


def not_a_list(path: str, wrong: str, detail: str) -> Unexpected:
    return Unexpected(
        f"OpenAI's answer for {path} is not the list it should be: {wrong}. Nothing was removed here. "
        "The next sync tries again; if this stays, please report it.",
        detail=detail,
    )
