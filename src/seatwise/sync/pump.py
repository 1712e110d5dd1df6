"""The async side of a run: every stream's listing side by side on one event loop, as a plain iterator of what came.

Async ends here. The loop only turns while the engine waits for pages, in the engine's own thread; while it writes, the
requests already sent are under way. A second thread for writing was measured: it costs more than it gives, since SQLite
hands the interpreter over for every row.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

from seatwise.sdk.connector import Client, Remark
from seatwise.sdk.errors import BadCredentials, MissingPermission, NotFound, Unexpected, VendorError
from seatwise.sdk.streams import LazyPage, Series, Snapshot, Stream, Window

SIDE_BY_SIDE = 32
"""Sub-listings (members of a project) begun at once; the client has fewer places than that."""
ENOUGH, GATHER = 500, 0.05
"""Rows worth a transaction of their own, and seconds to wait for so many once the first have come."""
NAMED = 3
"""Of those that were not found, in a message."""
TURNS = 12
"""Of the loop, from an answer that has come to the next request that leaves."""


@dataclass(frozen=True)
class Came:
    """A page of records (of days, in a series); or the end of a `window`; or, with neither, the end of the stream:
    complete, or broken by `error`. A page that came before has its `digest` and no records. Where only some of what a
    list hangs beneath was not found, the `error` says so and `absent` holds their ids: the rest is complete."""

    stream: Stream
    records: Sequence[Any] | None = None
    digest: bytes = b""
    error: VendorError | None = None
    window: Window | None = None
    absent: frozenset[str] = frozenset()
    in_vain: bool = False
    """Of a window: it was read once more, and is not told any better."""

    @property
    def ended(self) -> bool:
        return self.records is None and self.window is None


class Wanted(NamedTuple):
    """What a series is to read: windows, and then those of days that lack something, once more."""

    stream: Series
    windows: Sequence[Window]
    once_more: Sequence[tuple[Window, frozenset[str]]] = ()


class Pump:
    """`wait(seconds)` gives what came meanwhile ([] for nothing), and None once all streams have ended. `again` says of
    a stream and a page's digest whether there is no use in looking into that page."""

    def __init__(
        self,
        opening: AbstractAsyncContextManager[Client],
        streams: Sequence[Snapshot],
        windows: Sequence[Wanted] = (),
        again: Callable[[Snapshot, bytes], bool] = lambda stream, digest: False,
    ) -> None:
        self._again = again
        self._opening, self._streams, self._windows = opening, streams, windows
        self._listed = asyncio.Event()
        """What is has been listed, but for one last list perhaps, whose pages go one after another and leave room: from
        here on the past may take its time."""
        self._open = 0
        """Listings that have not ended."""
        self._client: Client | None = None
        self._came: list[Came] = []
        self._rows = 0
        self._some, self._enough = asyncio.Event(), asyncio.Event()

    @property
    def requests(self) -> int:
        return self._client.requests if self._client else 0

    def remark(self, stream: str) -> Remark | None:
        return self._client.remarks.get(stream) if self._client else None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._main = self._loop.create_task(self._all())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._main.cancel()
        self._loop.run_until_complete(asyncio.gather(self._main, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def wait(self, seconds: float) -> list[Came] | None:
        """Raises BadCredentials, with which all streams end."""
        return self._loop.run_until_complete(self._next(seconds))

    def turn(self) -> None:
        """Lets the loop go on for a moment, between two transactions: the longest list asks for its next page. Not
        while much waits to be written: nothing piles up."""
        if self._rows < 2 * ENOUGH:
            self._loop.run_until_complete(self._turns())

    async def _turns(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _next(self, seconds: float) -> list[Came] | None:
        await self._until(self._some, seconds)
        if self._came:
            await self._until(self._enough, GATHER)
        elif self._main.done():
            self._main.result()
            return None
        came, self._came, self._rows = self._came, [], 0
        self._some.clear()
        self._enough.clear()
        return came

    async def _until(self, event: asyncio.Event, seconds: float) -> None:
        """Waits for the event, for the end of everything, or so long."""
        if not event.is_set() and not self._main.done():
            happens = asyncio.ensure_future(event.wait())
            await asyncio.wait((happens, self._main), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            happens.cancel()

    def _put(self, came: Came) -> None:
        self._came.append(came)
        days = isinstance(came.stream, Series)
        self._rows += sum(len(day.records) for day in came.records or ()) if days else len(came.records or ())
        self._some.set()
        if self._rows >= ENOUGH:
            self._enough.set()

    async def _all(self) -> None:
        async with self._opening as client:
            self._client = client
            try:
                async with asyncio.TaskGroup() as group:
                    for wanted in self._windows:
                        group.create_task(self._series(client, wanted))
                    async with asyncio.TaskGroup() as listing:
                        for stream in self._streams:
                            if stream.parent not in self._streams:
                                self._begin(listing, self._stream(client, stream))
                    self._listed.set()
            except* BadCredentials as refused:
                raise _first(refused) from None

    def _begin(self, group: asyncio.TaskGroup, listing: Coroutine[Any, Any, None]) -> None:
        self._open += 1
        group.create_task(listing)

    def _end(self) -> None:
        self._open -= 1
        if self._open <= 1:
            self._listed.set()

    async def _stream(self, client: Client, stream: Snapshot) -> None:
        """A stream and those that hang beneath it. A child begins with its parent's first page."""
        children = [_Child(child) for child in self._streams if child.parent is stream]
        error: VendorError | None = None
        async with asyncio.TaskGroup() as group:
            try:
                async with aclosing(cast(Any, stream.list(client))) as pages:
                    async for page in pages:
                        self._put(self._page(stream, page, look=bool(children)))
                        for child in children:
                            for row in filter(child.stream.of, page):
                                self._begin(group, self._sub(client, child, row))
            except VendorError as broken:
                error = _sorted(broken)
            except Exception as bug:  # noqa: BLE001 (a connector's own mistake ends its stream, not the others)
                error = Unexpected(f"Reading {stream.label.lower()} failed inside Seatwise.", detail=repr(bug))
            self._put(Came(stream, error=error))
            self._end()
        for child in children:
            if error and not child.error:
                child.error = _because(stream, error)
            absent = {} if child.error else child.absent
            self._put(
                Came(child.stream, error=_absent(stream, absent) if absent else child.error, absent=frozenset(absent))
            )

    def _page(self, stream: Snapshot, page: Sequence[Any], *, look: bool = False) -> Came:
        if look or not isinstance(page, LazyPage):
            return Came(stream, page[:])
        return Came(stream, [] if self._again(stream, page.digest) else page[:], digest=page.digest)

    async def _series(self, client: Client, wanted: Wanted) -> None:
        """The first window beside the listings, the others after them: a backfill never delays users and keys."""
        error: VendorError | None = None
        series, in_vain = wanted.stream, frozenset[str]()
        try:
            for number, window in enumerate(wanted.windows):
                if number:
                    await self._listed.wait()
                lacks = await self._window(client, series, window)
                in_vain = in_vain if number else lacks
            for window, before in wanted.once_more:
                await self._listed.wait()
                if not before <= in_vain:
                    in_vain |= await self._window(client, series, window, before)
        except VendorError as broken:
            error = _sorted(broken)
        except Exception as bug:  # noqa: BLE001
            error = Unexpected(f"Reading {series.label.lower()} failed inside Seatwise.", detail=repr(bug))
        self._put(Came(series, error=error))

    async def _window(
        self, client: Client, series: Series, window: Window, before: frozenset[str] | None = None
    ) -> frozenset[str]:
        """What its last day lacks. A window that was read `before`, lacking that, is given up where it is told no
        better; then the same."""
        lacks = frozenset[str]()
        async with aclosing(cast(Any, series.list(client, window))) as pages:
            async for days in pages:
                if before and not all(before > set(day.lacks) for day in days):
                    self._put(Came(series, window=window, in_vain=True))
                    return before
                lacks = frozenset(days[-1].lacks) if days else lacks
                self._put(Came(series, days))
        self._put(Came(series, window=window))
        return lacks

    async def _sub(self, client: Client, child: "_Child", row: Any) -> None:
        try:
            await self._listing(client, child, row)
        finally:
            self._end()

    async def _listing(self, client: Client, child: "_Child", row: Any) -> None:
        async with child.places:
            if child.error:  # the stream has failed: no use in asking for the rest
                return
            try:
                async with aclosing(cast(Any, child.stream.list(client, row))) as pages:
                    async for page in pages:
                        self._put(self._page(child.stream, page))
            except NotFound as error:
                child.absent[row.id] = (row, error)
            except VendorError as broken:
                child.error = _sorted(broken)
            except Exception as bug:  # noqa: BLE001
                child.error = Unexpected(
                    f"Reading {child.stream.label.lower()} failed inside Seatwise.", detail=repr(bug)
                )


def _first(group: BaseExceptionGroup[BadCredentials]) -> BadCredentials:
    """Streams hang beneath each other, and so do their groups of errors."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


class _Child:
    def __init__(self, stream: Snapshot) -> None:
        self.stream = stream
        self.places = asyncio.Semaphore(SIDE_BY_SIDE)
        self.error: VendorError | None = None
        self.absent: dict[str, tuple[Any, NotFound]] = {}


def _absent(parent: Snapshot, absent: Mapping[str, tuple[Any, NotFound]]) -> NotFound:
    """What it means that some of those a list has just named were not found: nothing about what they hold."""
    named = [f"{getattr(row, 'name', None) or 'unnamed'} ({row.id})" for row, _ in absent.values()]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    _, first = next(iter(absent.values()))
    return NotFound(
        f"{parent.label} listed, but not found when asked for: {', '.join(named[:NAMED])}{more}. They may be only just "
        "created, or removed a moment ago. What is stored of them stays; the next sync asks again.",
        detail=first.detail,
    )


def _because(parent: Snapshot, error: VendorError) -> VendorError:
    """What a parent's error means for those beneath it; the parent's own line says why."""
    message = f"{parent.label} could not be read to the end, so not all were asked for."
    if isinstance(error, MissingPermission):
        return MissingPermission(message, permission=error.permission)
    return type(error)(message)


def _sorted(error: VendorError) -> VendorError:
    """Refused credentials end the run; anything else only the stream."""
    if isinstance(error, BadCredentials):
        raise error
    return error
