"""The vendor's unpublished limit, worked out from what it lets through.

A bucket like the vendor's: it fills at a rate, holds so much, and every request takes one. At a refusal the vendor's is
empty. So what was let through between two refusals, over the time between them, *is* its rate. From just below that the
rate creeps up until it is refused again: faster, the fewer requests the measurement rests on.
"""

from dataclasses import dataclass

LET_THROUGH = 8  # so many between two refusals measure the rate to about an eighth
BELOW = 0.97  # of the rate measured: where to go on
FIRST_GUESS = 0.5  # of the speed that met the limit, for much of that was the burst a full bucket allows
MOSTLY = 0.7
CREEP = 40.0  # seconds of full use that double the rate; it grows by the square of the time
SLOWEST = 1 / 60  # requests a second
ENOUGH = 1 - 1e-6  # of a token: no clock strikes the exact moment


@dataclass(slots=True)
class Turn:
    """Leave to send one request, given at `at`, as number `number`. `early` is sooner than the rate alone allows."""

    first: bool
    number: int
    at: float
    early: bool = False


class Bucket:
    """Made at the first refusal, of the turn `met`; requests had gone out since `began`, in the loop's seconds."""

    def __init__(self, met: Turn, began: float, now: float) -> None:
        self.rate = FIRST_GUESS * max(met.number, 1) / max(met.at - began, 0.05)
        self._size = self._most = float(max(met.number, 1))  # what a full bucket gives at once, at most
        self._doubt = 1.0  # how far off the rate may be, as a share of it: so much it may grow in a second
        self._through, self._seconds = 0, 0.0  # let through in all the measurements that agree
        self._mark = met  # the refusal the measurement under way began with
        self._lost = 0  # of the requests sent since
        self._pauses, self._held = 0, 0.0  # how often, and for how many seconds since, nobody left
        self._released = 0  # number of the first request after the last such pause
        self._tokens = self._creeping = 0.0
        self._filled_at = self._taken_at = now

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 if there is one."""
        self._fill(now)
        return 0.0 if self._tokens >= ENOUGH else (1 - self._tokens) / self.rate

    def take(self, now: float) -> bool:
        """One request leaves. Answers whether it is early: one that could not have left without tokens saved up."""
        self._tokens -= 1
        early = (now - self._taken_at) * self.rate < 0.9
        self._taken_at = now
        return early

    def lost(self) -> None:
        """A request of the time being measured was not let through, or nobody knows."""
        self._lost += 1

    def held(self, seconds: float, number: int) -> None:
        """Nobody leaves for so many seconds; the next to leave has this number."""
        self._held += seconds
        self._pauses += 1
        self._released = number

    def refused(self, turn: Turn, now: float) -> None:
        """The vendor's bucket was empty when this turn was used: measure, and go on from there."""
        through = turn.number - self._mark.number - 1 - self._lost
        if turn.early:  # tokens we thought were saved up are not there: the vendor's bucket holds less
            self._most = max(1.0, min(self._most, turn.number - self._released))
        else:
            self._most = min(self._most * 1.25, self._size)
        if through >= LET_THROUGH:
            seconds = turn.at - self._mark.at
            if self._held > MOSTLY * seconds:  # it may be no more than the pause had saved up: the rate may be higher
                self.rate = max(BELOW * through / seconds, 0.5 * self.rate)
                self._doubt = 0.1
            else:
                # What a full bucket would have gained in a pause was lost.
                overflowing = self._held - self._pauses * self._most * seconds / through
                self._measured(through, max(seconds - max(overflowing, 0.0), 0.05))
            self._mark, self._lost, self._pauses, self._held = turn, 0, 0, 0.0
        else:
            self.rate *= 0.9 if turn.early else 0.5
            self._doubt = 0.1 if turn.early else 0.25
            self._lost += 1
        self.rate = max(self.rate, SLOWEST)
        self._tokens = self._creeping = 0.0
        self._filled_at = self._taken_at = now

    def _measured(self, through: int, seconds: float) -> None:
        """Adds to the measurements before, unless they tell of another rate: limits change."""
        if abs(through * self._seconds / (seconds * self._through or 1) - 1) > 0.1 + 1 / through:
            self._through, self._seconds = 0, 0.0
        self._through += through
        self._seconds += seconds
        self.rate = BELOW * self._through / self._seconds
        self._doubt = 1 / self._through

    def _fill(self, now: float) -> None:
        seconds, self._filled_at = now - self._filled_at, now
        tokens = self._tokens + seconds * self.rate
        if tokens < self._most:  # a rate that is not used up proves nothing, so it does not grow
            before = self._growth()
            self._creeping += seconds
            self.rate *= self._growth() / before
        self._tokens = min(tokens, self._most)

    def _growth(self) -> float:
        growth: float = (1 + self._doubt) ** self._creeping
        return growth + (self._creeping / CREEP) ** 2
