"""TLS to a vendor: the certificates this machine trusts, read once, when a vendor is first reached over TLS.

aiohttp reads them twice as it is imported, 20 ms of CPU each, whoever is reached. Imported inside `unread` it reads
none, and `trusted` stands in for what it would have. Who forgets that trusts nobody, and gets no connection.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """The context aiohttp uses for HTTPS where it is given none."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    return context


@contextmanager
def unread() -> Iterator[None]:
    """For the import of aiohttp alone: meanwhile no context finds this machine's certificates."""
    ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths  # what it inherits is there again
