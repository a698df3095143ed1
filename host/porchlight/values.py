"""One function per kind of value a setting can have: value in, checked value out, or ValueError.

The message reads on from the key's name: "must be a whole number from 0 to 65535".
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final, TypeGuard

Check = Callable[[object], Any]

_DNS_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z"
)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
_VKEY: Final = re.compile(r"[^\s+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\Z")
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
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


def switch(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def file_name(value: object) -> str:
    """Empty, or the name of a file in the home folder."""
    if not isinstance(value, str) or (value and not _FILE.match(value)):
        raise ValueError("must be a file's name without folders, such as profile.toml")
    return value


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


def vkeys(value: object) -> tuple[str, ...]:
    """Keys of logs, each NAME+HEX+BASE64 in one word."""
    if not _is_texts(value):
        raise ValueError(f"must be a list of at most {MAX_NAMES} keys NAME+HEX+BASE64")
    return tuple(_vkey(word) for word in value)


def witnesses(value: object) -> tuple[tuple[str, ...], ...]:
    """Witnesses, each "URL KEY" or "URL KEY CA-FILE": where, as whom, and whom TLS trusts there."""
    if not _is_texts(value):
        raise ValueError(f'must be a list of at most {MAX_NAMES} texts "URL KEY" or with a CA file')
    found = [tuple(text.split()) for text in value]
    for words in found:
        if len(words) not in (2, 3) or not words[0].startswith(("https://", "http://")):
            raise ValueError('holds what is not "URL KEY" or "URL KEY CA-FILE"')
        _vkey(words[1])
    return tuple(found)


def _vkey(word: str) -> str:
    if not _VKEY.match(word):
        raise ValueError(f"holds {word[:80]!r}, which is not a key NAME+HEX+BASE64")
    return word


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return (
        isinstance(value, list)
        and len(value) <= MAX_NAMES
        and all(isinstance(item, str) for item in value)
    )


def database_url(value: object) -> str:
    """Empty, or an SQLAlchemy URL. The message never repeats the value: it may hold a password."""
    kind = value.split(":", 1)[0].split("+", 1)[0] if isinstance(value, str) else None
    if not isinstance(value, str) or (value and (kind not in _DATABASES or "://" not in value)):
        raise ValueError("must be empty, sqlite:///PATH or postgresql+DRIVER://...")
    return value
