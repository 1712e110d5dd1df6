"""The vendor's unpublished rate limit, as a bucket of tokens per organization."""

import math
from dataclasses import dataclass
from typing import Literal

from . import errors


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`requests` per `seconds`, after a first `burst`. `hint` is the header by which a 429 tells the time to wait."""

    requests: float = 60
    seconds: float = 1.0
    burst: int = 10
    hint: Literal["retry-after", "retry-after-ms"] | None = "retry-after-ms"


class Bucket:
    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self._tokens, self._at = float(limit.burst), now

    def take(self, now: float) -> None:
        """Take one token at `now` (monotonic seconds). Raises ApiError 429 where there is none."""
        pace = self.limit.requests / self.limit.seconds
        self._tokens = min(self.limit.burst, self._tokens + (now - self._at) * pace)
        self._at = now
        if self._tokens < 1:
            raise errors.too_many_requests(self._hint((1 - self._tokens) / pace))
        self._tokens -= 1

    def _hint(self, wait: float) -> dict[str, str]:
        if self.limit.hint == "retry-after":
            return {"Retry-After": str(math.ceil(wait))}
        return {"retry-after-ms": str(math.ceil(wait * 1000))} if self.limit.hint else {}
