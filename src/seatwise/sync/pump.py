"""The async side of a run: every stream's listing side by side on one event loop, as a plain iterator of what came.

Async ends here. The loop only turns while the engine waits for pages, in the engine's own thread; while it writes, the
requests already sent are under way. A second thread for writing was measured: it costs more than it gives, since SQLite
hands the interpreter over for every row.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from seatwise.sdk.connector import Client
from seatwise.sdk.errors import BadCredentials, Unexpected, VendorError
from seatwise.sdk.streams import Snapshot

SIDE_BY_SIDE = 32
"""Sub-listings (members of a project) begun at once; the client has fewer places than that."""


@dataclass(frozen=True)
class Came:
    """A page of records; or, with `records` None, the end of the stream: complete, or broken by `error`."""

    stream: Snapshot
    records: list[Any] | None = None
    error: VendorError | None = None


class Pump:
    """`wait(seconds)` gives what came meanwhile ([] for nothing), and None once all streams have ended."""

    def __init__(self, opening: AbstractAsyncContextManager[Client], streams: Sequence[Snapshot]) -> None:
        self._opening, self._streams = opening, streams
        self._client: Client | None = None
        self._came: asyncio.Queue[Came] = asyncio.Queue()

    @property
    def requests(self) -> int:
        return self._client.requests if self._client else 0

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

    async def _next(self, seconds: float) -> list[Came] | None:
        if self._came.empty() and not self._main.done():
            getting = asyncio.ensure_future(self._came.get())
            await asyncio.wait((getting, self._main), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                return [getting.result(), *self._rest()]
            getting.cancel()
        rest = self._rest()
        if not rest and self._main.done():
            self._main.result()
            return None
        return rest

    def _rest(self) -> list[Came]:
        return [self._came.get_nowait() for _ in range(self._came.qsize())]

    async def _all(self) -> None:
        async with self._opening as client:
            self._client = client
            try:
                async with asyncio.TaskGroup() as group:
                    for stream in self._streams:
                        if stream.parent not in self._streams:
                            group.create_task(self._stream(client, stream))
            except* BadCredentials as refused:
                raise _first(refused) from None

    async def _stream(self, client: Client, stream: Snapshot) -> None:
        """A stream and those that hang beneath it. A child begins with its parent's first page."""
        children = [_Child(child) for child in self._streams if child.parent is stream]
        error: VendorError | None = None
        async with asyncio.TaskGroup() as group:
            try:
                async with aclosing(cast(Any, stream.list(client))) as pages:
                    async for records in pages:
                        self._came.put_nowait(Came(stream, records))
                        for child in children:
                            for row in filter(child.stream.of, records):
                                group.create_task(self._sub(client, child, row))
            except VendorError as broken:
                error = _sorted(broken)
            except Exception as bug:  # noqa: BLE001 (a connector's own mistake ends its stream, not the others)
                error = Unexpected(f"Reading {stream.label.lower()} failed inside Seatwise.", detail=repr(bug))
            self._came.put_nowait(Came(stream, error=error))
        for child in children:
            if error and not child.error:
                child.error = type(error)(
                    f"{stream.label} could not be read to the end, so not all were asked for. {error}"
                )
            self._came.put_nowait(Came(child.stream, error=child.error))

    async def _sub(self, client: Client, child: "_Child", row: Any) -> None:
        async with child.places:
            if child.error:  # the stream has failed: no use in asking for the rest
                return
            try:
                async with aclosing(cast(Any, child.stream.list(client, row))) as pages:
                    async for records in pages:
                        self._came.put_nowait(Came(child.stream, records))
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


def _sorted(error: VendorError) -> VendorError:
    """Refused credentials end the run; anything else only the stream."""
    if isinstance(error, BadCredentials):
        raise error
    return error
