"""TLS to a vendor: the certificates this machine trusts, read once, when a vendor is first reached over TLS.

aiohttp reads them twice as it is imported, 20 ms of CPU each, whoever is reached. So import it from here: what it reads
is nothing then, and `trusted` stands in for it. Who forgets that trusts nobody, and gets no connection.
"""

import ssl
from functools import cache

__all__ = ["aiohttp", "trusted"]


@cache
def trusted() -> ssl.SSLContext:
    """The context aiohttp uses for HTTPS where it is given none."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    return context


ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]
try:
    import aiohttp
finally:
    del ssl.SSLContext.set_default_verify_paths  # what it inherits is there again
