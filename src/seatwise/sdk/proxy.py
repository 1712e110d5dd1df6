"""The way out: the proxy a company's servers must take, from the variables everybody sets for it.

Read here rather than by aiohttp's `trust_env`, because that brings ~/.netrc along.
"""

import os
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from .errors import Unavailable


def proxy_for(url: str) -> tuple[str | None, str]:
    """The proxy for this URL by HTTPS_PROXY, HTTP_PROXY and NO_PROXY (in either case), and its password, if it has one.

    Never one for this machine itself. Raises Unavailable for a proxy of a kind that cannot be used.
    """
    target = urlsplit(url)
    proxy = setting(f"{target.scheme}_proxy")
    if not proxy or is_here(target.hostname or "") or is_exempt(target.hostname or "", target.port):
        return None, ""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unavailable(
            f"The proxy in {target.scheme.upper()}_PROXY is of a kind that cannot be used. Set an http:// proxy there."
        )
    return parts.geturl(), unquote(parts.password or "")


def setting(name: str) -> str:
    return (os.environ.get(name) or os.environ.get(name.upper()) or "").strip()


def is_here(host: str) -> bool:
    """This machine itself, which no proxy can reach for us."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_exempt(host: str, port: int | None) -> bool:
    """NO_PROXY names this host, a domain it is in, or everything."""
    for name in setting("no_proxy").lower().split(","):
        domain = name.strip().removeprefix("*.").lstrip(".")
        if domain == "*" or domain in (host, f"{host}:{port}") or (domain and host.endswith(f".{domain}")):
            return True
    return False
