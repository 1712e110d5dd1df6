"""The pace against simulated vendors with limits nobody announced, on a clock that does not wait.

Each vendor's ideal time is known, so how much of it is lost, and how often we are refused, can be said exactly.
"""

import asyncio
import random
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pytest

from seatwise.sdk.pace import Pace

REQUESTS, CHAIN, PLACES = 1148, 100, 16  # an organization of 10,000 users: so many requests, so many by cursor


class Patience(selectors.SelectSelector):
    """Waits by setting the clock forward."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everybody waits for somebody else"
        self.now += timeout
        return []


class Clock(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.patience = Patience()
        super().__init__(self.patience)

    def time(self) -> float:
        return self.patience.now


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> float:
    """Seconds on the clock that the work took."""
    loop = Clock()
    began = loop.time()
    try:
        loop.run_until_complete(work())
        return loop.time() - began
    finally:
        loop.close()


@dataclass
class Bucket:
    """Lets `burst` through at once and `rate` a second; what it says when it does not, by `hint`."""

    rate: float
    burst: int
    hint: str
    at: float = 1000.0
    refused_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)

    def ask(self, now: float) -> tuple[bool, float | None]:
        self.tokens, self.at = min(self.burst, self.tokens + (now - self.at) * self.rate), now
        if self.tokens >= 1:
            self.tokens -= 1
            return True, None
        self.refused_at.append(now)
        wait = (1 - self.tokens) / self.rate
        return False, {"milliseconds": wait, "seconds": float(ceil(wait)), "none": None}[self.hint]


@dataclass
class Window:
    """Lets `most` through in every `seconds`, by the clock or counted back from now."""

    most: int
    seconds: float
    sliding: bool
    taken: deque[float] = field(default_factory=deque)
    refused_at: list[float] = field(default_factory=list)

    def ask(self, now: float) -> tuple[bool, float | None]:
        opened = now - self.seconds if self.sliding else now // self.seconds * self.seconds - 1e-9
        while self.taken and self.taken[0] <= opened:
            self.taken.popleft()
        if len(self.taken) < self.most:
            self.taken.append(now)
            return True, None
        self.refused_at.append(now)
        return False, float(ceil(self.taken[0] + self.seconds - now)) if self.sliding else None


@dataclass
class Sync:
    """Sends a whole sync's requests at `vendor`, which takes `latency` seconds for an answer."""

    vendor: Bucket | Window
    latency: float = 0.05
    jitter: float = 0.2
    requests: int = REQUESTS
    chain: int = CHAIN
    refusals_at_once: bool = False
    blocked: float = 0.0  # seconds the thread is busy elsewhere, ten times a second
    chain_ended: float = 0.0

    def __post_init__(self) -> None:
        self.pace = Pace(PLACES)
        self.random = random.Random(1)
        self.under_way = self.most_under_way = 0

    async def send(self, first: bool) -> None:
        loop, tries, taken = asyncio.get_running_loop(), 0, False
        while not taken:
            turn = await self.pace.turn(first=first, tries=tries)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            taken, hint = self.vendor.ask(loop.time())
            quick = self.refusals_at_once and not taken
            await asyncio.sleep(0.005 if quick else self.latency * (1 + self.random.uniform(-1, 1) * self.jitter))
            self.under_way -= 1
            self.pace.good(turn) if taken else self.pace.refused(turn, hint)
            tries += 1

    async def users(self) -> None:
        for _ in range(self.chain):
            await self.send(first=True)
        self.chain_ended = asyncio.get_running_loop().time() - 1000

    async def block(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0.1 - self.blocked)
            loop.patience.now += self.blocked  # type: ignore[attr-defined]

    async def all(self) -> None:
        blocker = asyncio.create_task(self.block()) if self.blocked else None
        await asyncio.gather(self.users(), *(self.send(first=False) for _ in range(self.requests - self.chain)))
        if blocker:
            blocker.cancel()

    @property
    def share_refused(self) -> float:
        refused = len(self.vendor.refused_at)
        return refused / (refused + self.requests)


@pytest.fixture(params=[False, True], ids=["refusals as slow as answers", "refusals at once"])
def at_once(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("hint", ["milliseconds", "seconds", "none"])
@pytest.mark.parametrize(("rate", "burst"), [(60, 60), (500 / 60, 8)], ids=["60 a second", "500 a minute"])
def test_an_unknown_limit_costs_little_time_and_few_refusals(rate, burst, hint, at_once):
    sync = Sync(Bucket(rate, burst, hint), refusals_at_once=at_once)
    took = run(sync.all)
    assert took <= 1.06 * (REQUESTS - burst) / rate
    assert sync.share_refused <= 0.07


@pytest.mark.parametrize("latency", [0.001, 0.15])
def test_the_vendors_speed_makes_no_difference(latency):
    sync = Sync(Bucket(60, 60, "milliseconds"), latency=latency)
    assert run(sync.all) <= 1.06 * (REQUESTS - 60) / 60
    assert sync.share_refused <= 0.07


def test_without_a_limit_places_are_the_only_bound():
    sync = Sync(Bucket(10_000, 1_000, "none"))
    took = run(sync.all)
    assert not sync.vendor.refused_at
    assert sync.most_under_way == PLACES + 1  # the first chain needs none
    assert took <= 1.05 * sync.chain_ended


def test_a_thread_that_is_busy_elsewhere_loses_nothing():
    sync = Sync(Bucket(60, 60, "milliseconds"), blocked=0.04)
    assert run(sync.all) <= 1.06 * (REQUESTS - 60) / 60
    assert sync.share_refused <= 0.07


def test_the_longest_chain_is_not_held_up_by_a_limit():
    sync = Sync(Bucket(60, 60, "milliseconds"))
    took = run(sync.all)
    assert sync.chain_ended < 0.6 * took


@pytest.mark.parametrize("sliding", [False, True], ids=["by the clock", "sliding"])
def test_a_limit_by_the_minute_is_kept_to(sliding, at_once):
    sync = Sync(Window(500, 60.0, sliding), refusals_at_once=at_once)
    assert run(sync.all) <= 140
    assert sync.share_refused <= 0.07


@pytest.mark.parametrize("hint", ["milliseconds", "seconds", "none"])
def test_a_vendor_that_takes_eight_a_minute_is_waited_for(hint):
    sync = Sync(Bucket(8 / 60, 8, hint), requests=60, chain=5)
    assert run(sync.all) <= 1.1 * (60 - 8) / (8 / 60)
    assert sync.share_refused <= 0.7


def test_a_limit_used_up_by_somebody_else_is_found_from_below():
    vendor = Bucket(60, 60, "milliseconds")
    vendor.tokens = 0.0
    sync = Sync(vendor)
    assert run(sync.all) <= 1.2 * REQUESTS / 60
    assert sync.share_refused <= 0.07


def test_a_refusal_without_a_hint_wakes_no_herd():
    vendor = Bucket(0.5, 20, "none")
    sync = Sync(vendor, requests=40, chain=0)
    run(sync.all)
    after_the_first_herd = [at for at in vendor.refused_at if at > vendor.refused_at[0] + 0.3]
    assert after_the_first_herd
    for at in after_the_first_herd:
        assert sum(at <= other < at + 0.2 for other in after_the_first_herd) <= 2


def test_a_limit_that_is_lifted_is_used():
    vendor = Bucket(10, 10, "milliseconds")
    sync = Sync(vendor, requests=4000, chain=0)

    async def lifted() -> None:
        work = asyncio.create_task(sync.all())
        await asyncio.sleep(30)
        vendor.rate = vendor.burst = 100
        await work

    assert run(lifted) < 200  # at the old limit: 400


def test_who_stops_waiting_does_not_hold_up_the_others():
    async def work() -> None:
        pace = Pace(4)
        taken = [await pace.turn() for _ in range(4)]
        waiting = [asyncio.create_task(pace.turn()) for _ in range(6)]
        await asyncio.sleep(0)
        for task in waiting[:3]:
            task.cancel()
        pace.good(taken[0])  # the turn goes to a task that is cancelled before it can take it
        waiting[3].cancel()
        await asyncio.sleep(0.1)
        assert waiting[4].done()
        pace.good(waiting[4].result())
        await waiting[5]

    run(work)


def test_after_a_stop_everybody_is_told():
    async def work() -> None:
        pace = Pace(1)
        await pace.turn()
        waiting = [asyncio.create_task(pace.turn(first=False)) for _ in range(3)]
        await asyncio.sleep(0)
        pace.stop(lambda: ConnectionError("over"))
        results = await asyncio.gather(*waiting, pace.turn(), return_exceptions=True)
        assert [type(result) for result in results] == [ConnectionError] * 4
        assert len({id(result) for result in results}) == 4

    run(work)
