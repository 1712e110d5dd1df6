"""Sending to an address that somebody typed in: never to what only this machine or its network can reach.

The address is looked at when a socket is made for it, after the name was resolved and before anything is sent. What is
looked at is what is connected to: a name that answers differently a moment later changes nothing. No redirect is
followed, no cookie kept, no credential of this machine sent along.
"""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from seatwise import __version__

from .proxy import proxy_for
from .redaction import redactor
from .transport import retry_after

SECONDS = 15.0
"""For one message in all."""
LARGEST_ANSWER = 2048
"""Bytes of an answer that are read: enough to say what the other side minds."""
NAT64 = IPv6Network("64:ff9b::/96")
SPECIAL = tuple(
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16")
)
"""Set aside for something else than hosts of the internet; Python's own list differs between its versions."""
OWN = "its address is not public"


class NotPublic(OSError):
    """The host leads to this machine, its network, or nowhere at all."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went. `done` is that the other side took it; else `reason` is for operators, `again` whether another try
    makes sense, `wait` the seconds the other side asked for."""

    done: bool
    reason: str = ""
    again: bool = False
    wait: float | None = None


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet's: what it carries inside counts as well."""
    address = ip_address(text.partition("%")[0])
    inner = carried(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    special = any(address in network for network in SPECIAL if network.version == address.version)
    return address.is_global and not odd and not special


def carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end at: mapped, translated (NAT64) or 6to4."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def host_of(url: str) -> str:
    """The host an address names, as hosts are compared. Raises ValueError for what is no address to post to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Write a whole address, beginning with https://.")
    if "@" in parts.netloc:
        raise ValueError("Write it without a user name or a password.")
    if any(letter.isspace() or not letter.isprintable() for letter in url) or "\\" in url:
        raise ValueError("There is a letter in it that no address has.")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("Its port is no port.") from None
    return same_host(parts.hostname)


def same_host(host: str) -> str:
    return host.strip().rstrip(".").lower().removeprefix("[").removesuffix("]")


class Gate:
    """Makes sockets to public addresses, and to those of a host that is allowed; to no other. `refused` are the
    addresses it turned away."""

    def __init__(self, host: str, allowed: Collection[str]) -> None:
        self.open = same_host(host) in {same_host(each) for each in allowed}
        self.refused: list[str] = []

    def check(self, address: str) -> None:
        """Raises NotPublic."""
        if not (self.open or is_public(address)):
            self.refused.append(address)
            raise NotPublic(OWN)

    def make(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        self.check(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A connected socket, the first address that answers. Raises OSError."""
        last: OSError | None = None
        for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                made = self.make(info)
            except NotPublic as error:
                last = error
                continue
            try:
                made.settimeout(timeout)
                made.connect(info[4])
                return made
            except OSError as error:
                made.close()
                last = error
        raise last or OSError("the name has no address")

    def why(self) -> str:
        return (
            f"Not sent: {', '.join(dict.fromkeys(self.refused))} is no public address. An owner can allow the host "
            "under Settings, Channels."
        )


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str], secrets: Collection[str] = ()
) -> Sent:
    """Posts once and tells how it went; never raises for what the network does. `secrets` stay out of the reason. Not
    to be called where an event loop runs."""
    return asyncio.run(_post(url, body, headers, allowed, redactor([url, *secrets])))


async def _post(
    url: str, body: bytes, headers: Mapping[str, str], allowed: Collection[str], redact: Callable[[str], str]
) -> Sent:
    host_of(url)
    target = URL(url)
    gate = Gate(target.raw_host or "", allowed)  # the host as it will be asked for, whoever else reads it otherwise
    proxy, _ = proxy_for(url)
    if why := _beforehand(url, gate, proxy):
        return Sent(False, why)
    if proxy:
        gate.open = True  # from here on addresses are the proxy's, which no operator typed in here
    connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver(), socket_factory=gate.make, force_close=True)
    own = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
    own["User-Agent"] = f"Seatwise/{__version__}"
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                trust_env=False,
                auto_decompress=False,
                proxy=proxy,
            ) as session,
            session.post(target, data=body, headers=own, allow_redirects=False) as answer,
        ):
            said = await answer.content.read(LARGEST_ANSWER)
            return _meant(answer.status, answer.headers, redact(said.decode(errors="replace")))
    except aiohttp.InvalidURL:
        return Sent(False, "Its host is written in a way that names no host.")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Sent(False, gate.why()) if gate.refused else Sent(False, network_reason(error), again=True)


def _beforehand(url: str, gate: Gate, proxy: str | None) -> str:
    """Why it is not even tried."""
    if gate.open:
        return ""
    if urlsplit(url).scheme != "https":
        return (
            "Not sent: without https:// everybody on the way could read it. An owner can allow the host under "
            "Settings, Channels."
        )
    if proxy:
        return (
            "Not sent: this server reaches the internet by a proxy, which resolves names itself, so the address cannot "
            "be checked. An owner can allow the host under Settings, Channels."
        )
    return ""


def _meant(status: int, headers: Mapping[str, str], said: str) -> Sent:
    if 200 <= status < 300:
        return Sent(True, f"{status}")
    if 300 <= status < 400:
        return Sent(False, f"{status}: it answered with another address, and redirects are not followed.")
    text = " ".join(said.split())[:200]
    reason = f"{status}: {text}" if text.isprintable() and text else f"{status}"
    again = status in (408, 425, 429) or status >= 500
    return Sent(False, reason, again=again, wait=retry_after(headers) if again else None)


def network_reason(error: Exception, who: str = "It") -> str:
    """What the network did to `who`, in our own words: those of libraries can hold the address."""
    if isinstance(error, TimeoutError):
        return f"{who} did not answer within {SECONDS:g} seconds."
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return f"{who} showed a certificate that this server does not trust."
    if isinstance(error, ssl.SSLError):
        return f"{who} and this server could not agree on TLS: look at its port."
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return f"{who} has a name that could not be resolved."
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionError) or type(error) is OSError:
        return f"{who} could not be reached."
    return "The connection broke off."


def mail_class(gate: Gate, *, implicit_tls: bool) -> type[smtplib.SMTP]:
    """smtplib's client whose sockets come from the gate."""

    class Plain(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            return gate.connect(host, port, timeout)

    class Tls(smtplib.SMTP_SSL):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            return self.context.wrap_socket(gate.connect(host, port, timeout), server_hostname=host)

    return Tls if implicit_tls else Plain
