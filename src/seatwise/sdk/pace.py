"""When the next request may leave: one pace for all requests of a connection.

Until somebody says 'slower', a window of requests under way grows with every good answer. From the first refusal on,
`bucket` knows the rate. A refusal holds everyone at once, then one request goes ahead alone and the window grows again
from two, so that no herd wakes. Nothing here needs a clock on time: who is woken late finds what was saved up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from math import inf

from .bucket import Bucket, Turn

WINDOW = 8  # requests under way at the start
FIRST_WAIT, LONGEST_WAIT = 0.5, 32.0  # seconds, doubling, after refusals that do not say for how long

Leave = asyncio.Future[Turn]


class Pace:
    """Hands out turns. Every turn must come back by `good`, `failed`, `refused` or `unused`."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._window = min(WINDOW, places)
        self._taken = 0  # places in use; requests of the first chain take none
        self._sent = 0
        self._began = self._cut_at = -inf
        self._bucket: Bucket | None = None  # None: no limit was met
        self._first: deque[Leave] = deque()
        self._others: deque[Leave] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._held_until = -inf
        self._wait = FIRST_WAIT
        self._alone = False  # the next request goes ahead alone
        self._scout: Turn | None = None  # it is under way
        self._stopped: Callable[[], Exception] | None = None

    @property
    def rate(self) -> float | None:
        """Requests a second that the vendor is thought to bear; None as long as no limit was met."""
        return self._bucket.rate if self._bucket else None

    async def turn(self, *, first: bool = False, tries: int = 0) -> Turn:
        """Waits for leave to send. `first` needs no place and goes before all others, a second try before its own kind.

        From the third try on somebody else goes ahead: it may be this request alone that is refused. Raises what `stop`
        was given.
        """
        if self._stopped:
            raise self._stopped()
        loop = asyncio.get_running_loop()
        first = first and tries < 2
        queue = self._first if first else self._others
        if not self._first and (first or not queue) and self._delay(first, loop.time()) <= 0:
            return self._go(first, loop.time())
        leave: Leave = loop.create_future()
        queue.insert(min(tries - 1, 1) if tries else len(queue), leave)
        self._wake()
        try:
            return await leave
        except asyncio.CancelledError:
            if leave.done() and not leave.cancelled() and not leave.exception():
                self.unused(leave.result())  # nobody is left to take it
            raise

    def good(self, turn: Turn) -> None:
        """The vendor took this request."""
        self._back(turn)
        self._wait = FIRST_WAIT
        self._window = min(self._window + 1, self._places)
        self._wake()

    def unused(self, turn: Turn) -> None:
        """Nobody waits for the answer any more."""
        self._back(turn)
        self._lost()
        self._wake()

    def failed(self, turn: Turn, hold: float = 0.0) -> None:
        """No answer, or none that tells whether the vendor counted it. Everyone waits for `hold` seconds."""
        self._back(turn)
        self._lost()
        self._window = max(2, self._window // 2)
        if hold > 0:
            self._hold(hold)
        self._wake()

    def refused(self, turn: Turn, hold: float | None) -> None:
        """The vendor said 'slower', and perhaps for how many seconds."""
        self._back(turn)
        now = asyncio.get_running_loop().time()
        news = turn.at > self._cut_at  # else it left before the brake was pulled
        if not news:
            self._lost()
        elif self._bucket:
            self._bucket.refused(turn, now)
        else:
            self._bucket = Bucket(turn, self._began, now)
        if news:
            self._cut_at = now
        if hold is not None:
            self._hold(hold)
        elif news:
            self._hold(self._wait)
            self._wait = min(self._wait * 2, LONGEST_WAIT)
        self._wake()

    def stop(self, error: Callable[[], Exception]) -> None:
        """Nobody gets a turn any more: all who wait and all who will ask get this error."""
        self._stopped = error
        for leave in (*self._first, *self._others):
            if not leave.done():
                leave.set_exception(error())
        self._first.clear()
        self._others.clear()

    def _hold(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        if (until := now + seconds) > self._held_until:
            if self._bucket:
                self._bucket.held(until - max(now, self._held_until), self._sent)
            self._held_until = until
        self._alone, self._window = True, 1

    def _lost(self) -> None:
        if self._bucket:
            self._bucket.lost()

    def _back(self, turn: Turn) -> None:
        if turn is self._scout:
            self._scout = None
        if not turn.first:
            self._taken -= 1

    def _go(self, first: bool, now: float) -> Turn:
        turn = Turn(first, self._sent, now)
        if self._bucket:
            turn.early = self._bucket.take(now)
        elif not self._sent:
            self._began = now
        self._sent += 1
        self._taken += not first
        if self._alone:
            self._alone, self._scout = False, turn
        return turn

    def _delay(self, first: bool, now: float) -> float:
        """Seconds until the next request may leave; infinite where an answer must come back before."""
        if now < self._held_until:
            return self._held_until - now
        if self._scout or (not first and self._taken >= self._window):
            return inf
        return self._bucket.wait(now) if self._bucket else 0.0

    def _wake(self) -> None:
        """Lets everyone go who may, and sets the clock for the next."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while queue := self._first or self._others:
            if queue[0].done():  # cancelled while it waited
                queue.popleft()
                continue
            delay = self._delay(queue is self._first, now)
            if delay > 0:
                if delay < inf:
                    self._timer = loop.call_at(now + delay, self._wake)
                return
            queue.popleft().set_result(self._go(queue is self._first, now))
