"""Who uses what: a worker is one user, key or account at one model, with a rhythm; an entry is one worker's day.

Every number of an entry follows from the worker and the day alone, so any day can be told again at any time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

DAY = 86_400
MINUTES = 1_440
HOLIDAY = 358
"""The day of a (365 day) year on which nobody works."""
_MASK = (1 << 64) - 1


def mix(number: int) -> int:
    """64 well-stirred bits that depend on `number` alone; much cheaper than a digest."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


@dataclass(frozen=True, slots=True)
class Line:
    """How one figure of a worker is billed: `price` is in millionths of a micro-dollar (1e-12 dollars) per unit of the
    figure, and `thousandths` says how much of `unit` that is."""

    text: str
    renamed: str
    price: int
    unit: str | None = None
    quantity: Fraction = Fraction(1)


@dataclass(slots=True)
class Worker:
    """`began` and `ended` are epoch seconds; `ended` None goes on. `requests` is a usual day's, `volume` how much of
    the family's figure one request takes. `tireless` knows no hours and hardly a weekend, `steady` no holiday either.
    """

    seed: int
    family: str
    lines: tuple[Line, ...]
    project_id: str | None = None
    user_id: str | None = None
    api_key_id: str | None = None
    model: str | None = None
    batch: bool = False
    service_tier: str = "default"
    api_source: str = "unlabeled"
    size: str | None = None
    source: str | None = None
    context_level: str | None = None
    vector_store_id: str | None = None
    began: int = 0
    ended: int | None = None
    requests: int = 40
    volume: int = 1_000
    tireless: bool = False
    steady: bool = False

    def works(self, day: int) -> bool:
        """Whether there is anything of this worker on the day beginning at `day`."""
        if day + DAY <= self.began or (self.ended is not None and self.ended <= day):
            return False
        if self.steady:
            return True
        if day // DAY % 365 == HOLIDAY:
            return False
        weekend = (day // DAY + 3) % 7 >= 5
        rate = (90 if weekend else 100) if self.tireless else (15 if weekend else 82)
        return mix(self.seed ^ (day // DAY)) % 100 < rate

    def entry(self, day: int, *, late: bool = False) -> "Entry | None":
        """What this worker does that day; None where nothing. `late`: some of it is reported days afterwards."""
        if not self.works(day):
            return None
        dice = mix(self.seed ^ (day // DAY) ^ 0x5DEECE66D)
        begins, ends = self._hours(dice)
        dice, lot = divmod(dice >> 12, 151)
        requests = max(1, self.requests * (25 + lot) // 100)
        dice, delay = divmod(dice, 16)
        made = Entry(self, day, requests, self._figures(requests, dice), begins, ends)
        if late and delay == 0:
            made.delay, made.at_first = 1 + dice % 4, (0, 60, 85)[dice % 3]
        return made

    def _hours(self, dice: int) -> tuple[int, int]:
        """The minutes of the day between which the requests lie."""
        if self.tireless:
            return 0, MINUTES
        begins = 420 + dice % 240
        return begins, begins + 180 + dice % 397

    def _figures(self, requests: int, dice: int) -> tuple[int, ...]:
        if self.family != "completions":
            return (requests * self.volume + dice % 17,)
        tokens = requests * (self.volume * (60 + dice % 80) // 100) + dice % 997
        cached = max(1, tokens * (5 + dice % 61) // 100)
        return tokens - cached, cached, 1 + tokens * (4 + dice % 40) // 100

    def last_activity(self, now: int) -> int | None:
        """The last moment up to `now` at which this worker did something, within 30 days of it."""
        now = now if self.ended is None else min(now, self.ended)
        day = now - now % DAY
        for _ in range(30):
            entry = self.entry(day)
            if entry is not None and entry.between(day, day + DAY, now) is not None:
                return min(now, day + entry.ends * 60)
            day -= DAY
        return None


@dataclass(slots=True)
class Entry:
    """`requests` and the worker's figures for one day, spread evenly over the minutes from `begins` to `ends`. Of a
    late one `at_first` per cent are known at once, and all of it `delay` days after the day."""

    worker: Worker
    day: int
    requests: int
    figures: tuple[int, ...]
    begins: int
    ends: int
    delay: int = 0
    at_first: int = 100

    def scaled(self, factor: Fraction) -> "Entry":
        """The same with every number restated; whole numbers again."""
        figures = tuple(round(figure * factor) for figure in self.figures)
        return replace(self, requests=round(self.requests * factor), figures=figures)

    def done(self, moment: int) -> int:
        """How many of the requests lie before `moment`."""
        minute = (moment - self.day) // 60
        if minute >= self.ends:
            return self.requests
        return max(0, self.requests * (minute - self.begins) // (self.ends - self.begins))

    def between(self, start: int, end: int, now: int) -> tuple[int, tuple[int, ...]] | None:
        """Requests and figures in [start, end) as known at `now`; None where there are none. Neighboring stretches sum
        to the whole exactly, because each is a difference of what was done until then."""
        worker = self.worker
        last = self.done(min(end, now) if worker.ended is None else min(end, now, worker.ended))
        first = self.done(max(start, worker.began))
        if self.delay and now < self.day + (1 + self.delay) * DAY:
            known = self.requests * self.at_first // 100
            first, last = min(first, known), min(last, known)
        if last <= first:
            return None
        whole = self.requests
        if first == 0 and last == whole:
            return whole, self.figures
        return last - first, tuple(f * last // whole - f * first // whole for f in self.figures)


def entries(workers: list[Worker], day: int, *, late: bool) -> Iterator[Entry]:
    for worker in workers:
        made = worker.entry(day, late=late)
        if made is not None:
            yield made
