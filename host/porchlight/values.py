"""One function per kind of value a setting can have: value in, checked value out, or ValueError.

The message reads on from the key's name: "must be a whole number from 0 to 65535".
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final

Check = Callable[[object], Any]

_DNS_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z"
)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
_DATABASES: Final = ("sqlite", "postgresql")
MAX_NAMES: Final = 32


def whole(low: int, high: int) -> Check:
    """An integer in low..high; booleans are no integers."""

    def check(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return check


def text(longest: int) -> Check:
    """Printable text, not empty."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            raise ValueError(f"must be 1 to {longest} printable characters")
        return value

    return check


def address(value: object) -> str:
    """An IP address to listen on."""
    try:
        return str(ipaddress.ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise ValueError('must be an IP address such as "0.0.0.0" or "192.168.1.5"') from None


def loopback(value: object) -> str:
    """An IP address of this machine that no other machine can reach."""
    checked = address(value)
    if not ipaddress.ip_address(checked).is_loopback:
        raise ValueError('must be a loopback address such as "127.0.0.1": it is not encrypted')
    return checked


def names(value: object) -> tuple[str, ...]:
    """Names and addresses under which boards and hubs reach this host, for its certificate."""
    if not isinstance(value, list) or len(value) > MAX_NAMES:
        raise ValueError(f"must be a list of at most {MAX_NAMES} host names or addresses")
    return tuple(host_name(item) for item in value)


def host_name(value: object) -> str:
    """A DNS name in lower case, or an IP address."""
    if isinstance(value, str):
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            if _DNS_NAME.match(value.lower()):
                return value.lower()
    raise ValueError(f"holds {value!r}, which is neither a host name nor an address")


def short_name(value: object) -> str:
    """A name that is safe as a file name: residents, hubs and cameras are called by it."""
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError("must be 1 to 32 of a-z 0-9 - _, beginning with a letter or digit")
    return value


def database_url(value: object) -> str:
    """Empty, or an SQLAlchemy URL. The message never repeats the value: it may hold a password."""
    kind = value.split(":", 1)[0].split("+", 1)[0] if isinstance(value, str) else None
    if not isinstance(value, str) or (value and (kind not in _DATABASES or "://" not in value)):
        raise ValueError("must be empty, sqlite:///PATH or postgresql+DRIVER://...")
    return value
