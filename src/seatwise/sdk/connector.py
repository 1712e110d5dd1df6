"""A connector: a frozen declaration plus functions. It keeps no state; everything else is derived from it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .lookups import Lookup
from .manifest import Manifest
from .streams import AnyStream

Credentials = Mapping[str, str]


class Remark(NamedTuple):
    """For people, and what the vendor said word by word."""

    message: str
    detail: str = ""


class Client(Protocol):
    """An open session at the vendor. `requests` counts what was sent, `limited` how often the vendor said 'slower';
    `remarks` is what operators should know of a stream that was read, by its name."""

    remarks: dict[str, Remark]

    @property
    def requests(self) -> int: ...

    @property
    def limited(self) -> int: ...


@dataclass(frozen=True)
class Evidence:
    """Of rows of these kinds in this stream: which types of audit events say that one was removed, and that it came."""

    stream: str
    kinds: tuple[str, ...]
    removed: str
    added: str


@dataclass(frozen=True)
class Connector:
    """`open(credentials, base_url)` gives a client; `refuse(credentials)` maps a field's name to what is wrong with its
    shape, before any call; `address` is the vendor's own, where no other is set; `check(client)` makes one cheap call
    and raises a VendorError where the account is not ours.
    """

    manifest: Manifest
    address: str
    open: Callable[[Credentials, str | None], AbstractAsyncContextManager[Client]]
    refuse: Callable[[Credentials], dict[str, str]]
    check: Callable[[Client], Awaitable[None]]
    streams: tuple[AnyStream, ...]
    lookups: tuple[Lookup, ...] = ()
    """What is read for one project or user, when an operator asks."""
    evidence: tuple[Evidence, ...] = ()
    passive: tuple[str, ...] = ()
    """Types of audit events that name somebody who need not have been active: a sign-in that failed."""
    routine: tuple[str, ...] = ()
    """Types of audit events that would bury a user's story: sign-ins, sign-outs."""

    def stream(self, name: str) -> AnyStream:
        """The stream of that name. Raises KeyError."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise KeyError(name)

    def lookup(self, of: str) -> Lookup | None:
        """What can be read of one project, or of one user; None where the vendor tells nothing more."""
        return next((lookup for lookup in self.lookups if lookup.of == of), None)
