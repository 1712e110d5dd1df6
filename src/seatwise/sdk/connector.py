"""A connector: a frozen declaration plus functions. It keeps no state; everything else is derived from it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from .manifest import Manifest
from .streams import AnyStream

Credentials = Mapping[str, str]


class Client(Protocol):
    """An open session at the vendor. `requests` counts what was sent, `limited` how often the vendor said 'slower'."""

    @property
    def requests(self) -> int: ...

    @property
    def limited(self) -> int: ...


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

    def stream(self, name: str) -> AnyStream:
        """The stream of that name. Raises KeyError."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise KeyError(name)
