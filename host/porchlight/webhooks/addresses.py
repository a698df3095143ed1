"""Where a webhook may lead: not into the network that this host is in.

An owner chooses a name; what the name means is asked once for each delivery, judged, and connected
to as it was judged. Asking twice would let the name mean another machine the second time.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from porchlight import values
from porchlight.sections import WebhookRules

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
LONGEST: Final = 512
_PLAIN: Final = re.compile(r"[!-~]+")
_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A URL taken apart. `path`: with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the Host header names it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def parse(url: str, rules: WebhookRules) -> Target:
    """What a URL names; ValueError (reading on from "url") for one that may never be used."""
    if len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url or "#" in url:
        raise ValueError(f"must be 1 to {LONGEST} printable characters of ASCII, without # or \\")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and rules.plain_loopback):
        raise ValueError("must begin with https://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or a password")
    port = parts.port
    host = values.host_name(parts.hostname or "")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)
    literal = _literal(host)
    if literal is not None and not may_reach(literal, target.scheme, rules):
        raise ValueError("leads to an address that this host does not send to")
    return target


def may_reach(address: Address, scheme: str, rules: WebhookRules) -> bool:
    """Whether this host connects there."""
    inner = _unwrapped(address)
    if inner.is_multicast or inner.is_unspecified or inner.is_link_local:
        return False
    if scheme == "http":
        return rules.plain_loopback and inner.is_loopback
    return inner.is_global or rules.private


async def choose(target: Target, resolve: Resolve, rules: WebhookRules) -> str:
    """The address to connect to; LookupError if there is none, PermissionError if the name means
    any machine that may not be reached."""
    literal = _literal(target.host)
    found = [str(literal)] if literal else list(await resolve(target.host, target.port))
    if not found:
        raise LookupError("the name means no address")
    if not all(may_reach(ipaddress.ip_address(each), target.scheme, rules) for each in found):
        raise PermissionError("the name means an address that this host does not send to")
    return found[0]


async def system(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
