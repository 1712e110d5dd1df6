"""How requests reach a vendor: one paced sender per connection, shared by all connectors.

It retries what is safe to repeat, bounds what it reads, follows no redirect, keeps no cookie and lets no secret into an
error. What an answer *means* is the connector's affair: answers come back as they are, but for 'slower' (429) and
'not now' (408, 5xx), which are retried and raised as RateLimited and Unavailable when they last.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from math import ceil
from time import time
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from yarl import URL

from seatwise import __version__

from .bucket import Turn
from .errors import RateLimited, TooLarge, Unavailable, VendorError
from .pace import Pace
from .proxy import proxy_for
from .redaction import redactor

TRIES = 6  # of a request that got no usable answer
BACKOFF, LONGEST_BACKOFF = 0.5, 8.0  # seconds before another try, doubling
LONGEST_HINT = 120.0  # seconds a run waits because the vendor asks it to; for longer, the next run comes back


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is as sent, unpacked; the names in `headers` are in any case. No traceback with locals shows them."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trouble:
    """No answer to give back. `wait` is what the vendor asked for, in seconds."""

    kind: Literal["limited", "failed", "hopeless", "too_large"]
    what: str
    detail: str = ""
    wait: float | None = None


class Transport:
    """An open session with one vendor, as an async context manager. Errors name it `vendor`.

    `headers` go with every request, `secrets` never into a message. `places` requests are under way at once at most,
    an attempt takes `timeout` seconds at most, an answer has `largest` bytes at most. After `give_up_after` seconds
    without a single good answer everyone who waits is told so. Raises Unavailable for an address or a proxy that cannot
    be used.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        vendor: str = "The vendor",
        places: int = 16,
        timeout: float = 45.0,
        give_up_after: float = 180.0,
        largest: int = 32 * 2**20,
        secrets: Sequence[str] = (),
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise Unavailable(
                f"{vendor} cannot be reached at the address that is set: it must read http(s)://host[:port][/path], "
                "without a user name or a password."
            )
        self.requests = self.limited = self.retried = 0
        self._vendor = vendor
        self._base = base_url.rstrip("/")
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"Seatwise/{__version__}",
            **headers,
        }
        self._timeout = timeout
        self._give_up_after = give_up_after
        self._largest = largest
        self._pace = Pace(places)
        self._proxy, password = proxy_for(base_url)
        self.redact = redactor((*secrets, password))
        self._bad_since: float | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # Bounded by the pace alone, so that the first chain always finds a connection.
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=min(15.0, self._timeout)),
            # trust_env would also read ~/.netrc, whose entry for the vendor's host makes every request fail.
            trust_env=False,
            proxy=self._proxy,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def get(
        self,
        path: str,
        params: Mapping[str, str | Sequence[str]] | None = None,
        *,
        first: bool = False,
        largest: int | None = None,
    ) -> Answer:
        """One answer, of any status but 408, 429 and 5xx. `path` is quoted already; `first` goes before all others.

        Raises TooLarge for more than `largest` bytes, RateLimited and Unavailable once further tries make no sense.
        """
        url = URL(
            self._base + path + ("?" + urlencode(params, doseq=True, quote_via=quote) if params else ""), encoded=True
        )
        tries = failures = 0
        since: float | None = None
        while True:
            turn = await self._pace.turn(first=first, tries=tries)
            tries += 1
            self.retried += tries > 1
            outcome = await self._attempt(url, turn, largest or self._largest)
            if isinstance(outcome, Answer):
                return outcome
            since = since or turn.at
            failures += outcome.kind == "failed"
            error = self._verdict(outcome, since, tries, failures, path)
            if error:
                raise error
            if outcome.kind == "failed":
                wait = min(BACKOFF * 2 ** (failures - 1), LONGEST_BACKOFF)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)

    async def _attempt(self, url: URL, turn: Turn, largest: int) -> Answer | Trouble:
        """Sends once, and tells the pace how it went, whatever happens."""
        self.requests += 1
        outcome: Answer | Trouble | None = None
        try:
            outcome = await self._send(url, largest)
        finally:
            self._settle(turn, outcome)
        return outcome

    def _settle(self, turn: Turn, outcome: Answer | Trouble | None) -> None:
        if outcome is None:
            self._pace.unused(turn)
        elif isinstance(outcome, Answer):
            self._bad_since = None
            self._pace.good(turn)
        else:
            self._bad_since = self._bad_since or turn.at
            wait = outcome.wait and min(outcome.wait, LONGEST_HINT)
            if outcome.kind == "limited":
                self.limited += 1
                self._pace.refused(turn, wait)
            else:
                self._pace.failed(turn, wait or 0.0)

    async def _send(self, url: URL, largest: int) -> Answer | Trouble:
        """No exception leaves here: those of aiohttp carry the request's headers, and with them the key."""
        assert self._session is not None, "open the transport with `async with`"
        try:
            # The headers are no headers of the session: those aiohttp shows to a proxy too, and among them is the key.
            async with self._session.get(url, headers=self._headers, allow_redirects=False) as response:
                body = await self._read(response, largest)
                if body is None:
                    response.close()
                    return Trouble("too_large", f"sent more than {largest >> 10} KiB in one answer")
                if response.status == 429 or response.status == 408 or response.status >= 500:
                    return self._not_now(response.status, response.headers, body)
                return Answer(response.status, response.headers, body)
        except aiohttp.ConnectionTimeoutError:
            return Trouble("failed", "could not be reached in time")
        except TimeoutError:
            return Trouble("failed", f"gave no whole answer within {self._timeout:g} seconds")
        except aiohttp.ClientConnectorCertificateError as error:
            return Trouble("hopeless", "showed a certificate this server does not trust", self._plain(error))
        except aiohttp.ClientHttpProxyError as error:
            return Trouble("failed", f"was not reached: the proxy answered {error.status}")
        except aiohttp.ClientConnectorError as error:
            return Trouble("failed", "could not be reached", self._plain(error))
        except (aiohttp.ClientError, OSError) as error:
            return Trouble("failed", "broke off", self._plain(error))

    async def _read(self, response: aiohttp.ClientResponse, largest: int) -> bytes | None:
        """The whole body; None if it is larger than allowed, packed or unpacked."""
        length = response.content_length
        if length is not None and length > largest:
            return None
        if length is not None and "Content-Encoding" not in response.headers:
            return await response.read()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > largest:
                return None
        return bytes(body)

    def _not_now(self, status: int, headers: Mapping[str, str], body: bytes) -> Trouble:
        detail = self.redact(body[:300].decode(errors="replace"))
        kind: Literal["limited", "failed"] = "limited" if status == 429 else "failed"
        return Trouble(kind, f"answered with status {status}", f"{status}: {detail}", retry_after(headers))

    def _verdict(self, trouble: Trouble, since: float, tries: int, failures: int, path: str) -> VendorError | None:
        """The error this request ends with; None if another try makes sense. Tells the others where it ends for all."""
        now = asyncio.get_running_loop().time()
        long = (trouble.wait or 0) > LONGEST_HINT
        asked = f"asks us to wait {spelled(trouble.wait or 0)}, longer than one sync waits" if long else ""
        for_all = now - (self._bad_since or now) > self._give_up_after or long
        hopeless = trouble.kind in ("hopeless", "too_large") or failures >= TRIES or now - since > self._give_up_after
        if not (for_all or hopeless):
            return None

        def error() -> VendorError:
            detail = self.redact(f"GET {path}, tried {tries} times. {trouble.detail}".strip())
            if trouble.kind == "limited":
                return RateLimited(
                    f"{self._vendor} says we ask too often, and {asked or 'did not let us through again in time'}. "
                    "The next sync goes on; if this lasts, sync less often or find out what else uses this key.",
                    retry_after=trouble.wait,
                    detail=detail,
                )
            if trouble.kind == "too_large":
                return TooLarge(
                    f"{self._vendor} {trouble.what}, which is more than any list should take. It was not read.",
                    detail=detail,
                )
            return Unavailable(
                f"{self._vendor} {trouble.what}{asked and f', and {asked}'}. The next sync tries again; if this lasts, "
                f"check {self._vendor}'s status page and this server's way to the internet.",
                detail=detail,
            )

        if for_all:
            self._pace.stop(error)
        return error()

    def _plain(self, error: Exception) -> str:
        return self.redact(f"{type(error).__name__}: {error}")[:300]


def spelled(seconds: float) -> str:
    """A wait of more than a minute in plain words, never shorter than it is."""
    minutes = ceil(seconds / 60)
    return f"{minutes} minutes" if minutes <= 120 else f"{ceil(minutes / 60):,} hours"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, by Retry-After-Ms or Retry-After (a number or a date); None without a sane hint."""
    for name, unit in (("Retry-After-Ms", 1000.0), ("Retry-After", 1.0)):
        if value := headers.get(name):
            try:
                seconds = float(value) / unit
            except ValueError:
                try:
                    seconds = parsedate_to_datetime(value).timestamp() - time()
                except ValueError:
                    continue
            if 0 < seconds < 1e9:
                return seconds
    return None
