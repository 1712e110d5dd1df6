"""The one book of an organization's consumption. Usage and costs are two readings of it, so they cannot disagree.

Days are told from the workers when they are asked for; what a test does to a day afterwards stands beside them.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from decimal import Decimal
from fractions import Fraction

from .workers import DAY, Entry, Worker, entries

COST_LAG = 4 * 3600
"""Costs of the last hours are not known yet, where anything is late."""
_ENTRIES_KEPT = 150_000
_BYTES_KEPT = 160_000_000

Part = tuple[Worker, int, tuple[int, ...]]
"""A worker, its requests and its figures within some stretch of time."""


class Ledger:
    """`late`: some of a day becomes known days afterwards, and costs lag behind usage. `renamed_at`: from that day on
    the line items have other texts (None: never)."""

    def __init__(
        self, workers: list[Worker] | None = None, *, late: bool = False, renamed_at: int | None = None
    ) -> None:
        self.workers = workers if workers is not None else []
        self.late, self.renamed_at = late, renamed_at
        self._factors: dict[int, list[tuple[Fraction, str | None]]] = {}
        self._added: dict[int, list[Entry]] = {}
        self._days: OrderedDict[int, list[Entry]] = OrderedDict()
        self._buckets: dict[Hashable, bytes] = {}
        self._entries = self._bytes = 0
        self._as_of = 0
        self._lock = threading.RLock()

    def day(self, day: int) -> list[Entry]:
        """All entries of the UTC day that begins at `day`."""
        with self._lock:
            found = self._days.get(day)
            if found is None:
                found = self._days[day] = self._told(day)
                self._entries += len(found)
                while self._entries > _ENTRIES_KEPT and len(self._days) > 1:
                    self._entries -= len(self._days.popitem(last=False)[1])
            return found

    def _told(self, day: int) -> list[Entry]:
        told = list(entries(self.workers, day, late=self.late))
        for factor, project_id in self._factors.get(day, ()):
            told = [
                each.scaled(factor) if project_id in (None, each.worker.project_id) else each
                for each in told
            ]  # fmt: skip
        return [*told, *self._added.get(day, ())]

    def parts(self, start: int, end: int, now: int, family: str | None = None) -> Iterator[Part]:
        """What lies in [start, end) as known at `now`, of one family of usage or of all."""
        for day in range(start - start % DAY, end, DAY):
            for entry in self.day(day):
                if family is None or entry.worker.family == family:
                    part = entry.between(max(start, day), min(end, day + DAY), now)
                    if part is not None:
                        yield entry.worker, *part

    def billed(self, start: int, end: int, now: int) -> Iterator[Part]:
        """The parts of [start, end) that are on the bill at `now`; figures and the worker's lines go in pairs."""
        return self.parts(start, end, now - COST_LAG if self.late else now)

    def renamed(self, day: int) -> bool:
        return self.renamed_at is not None and day >= self.renamed_at

    # -- what is done to it ------------------------------------------------------------------------------------------

    def restate(self, day: int, factor: str | float | Decimal | Fraction, project_id: str | None = None) -> None:
        """Multiply every number of a day, of one project or of all. 0 makes the rows vanish."""
        day -= day % DAY
        self._factors.setdefault(day, []).append((Fraction(str(factor)), project_id))
        self.forget()

    def add(self, entry: Entry) -> None:
        self._added.setdefault(entry.day, []).append(entry)
        self.forget()

    def end(self, at: int, which: Callable[[Worker], bool]) -> None:
        """These workers stop at `at`; their past stays."""
        for worker in self.workers:
            if which(worker) and (worker.ended is None or worker.ended > at):
                worker.ended = at
        self.forget()

    def forget(self) -> None:
        """Tell every day anew."""
        with self._lock:
            self._days.clear()
            self._buckets.clear()
            self._entries = self._bytes = 0

    def bucket(self, question: Hashable, now: int, told: Callable[[], bytes]) -> bytes:
        """The encoded bucket that answers `question`, kept until the ledger or the time has changed."""
        with self._lock:
            if now != self._as_of or self._bytes > _BYTES_KEPT:
                self._buckets.clear()
                self._as_of, self._bytes = now, 0
            found = self._buckets.get(question)
            if found is None:
                found = self._buckets[question] = told()
                self._bytes += len(found)
            return found
