"""Canonical JSON: the one way to write a token's claims.

Compact, keys sorted, integers only, printable ASCII without quotes or backslashes in strings.
json.loads differs between runtimes (MicroPython takes `01`, trailing commas, missing colons; both
take doubled keys and 1e400), so loads() writes the value again and compares: bytes that are not
exactly their own canonical form are refused, the same on every runtime.
"""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_DEPTH = 6  # a grant needs 5


def dumps(value: "Any") -> bytes:
    """Canonical bytes; ValueError for what has no canonical form (floats, control characters)."""
    return _write(value, _MAX_DEPTH).encode()


def loads(raw: bytes) -> "Any":
    """The value of canonical JSON; ValueError for any other bytes."""
    if raw.count(b"[") + raw.count(b"{") > 64:
        raise ValueError("too deep")  # before json.loads recurses
    try:
        value = json.loads(raw.decode())
    except (ValueError, TypeError):  # TypeError: MicroPython, for a list as a key
        raise ValueError("not JSON") from None
    if dumps(value) != raw:
        raise ValueError("not canonical JSON")
    return value


def _write(value: "Any", depth: int) -> str:
    if depth < 0:
        raise ValueError("too deep")
    if value is None:
        return "null"
    kind = type(value)  # not isinstance: True is an int on CPython only
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is str:
        return _write_text(value)
    if kind is list:
        return "[" + ",".join([_write(item, depth - 1) for item in value]) + "]"
    if kind is dict:
        return "{" + ",".join(_members(value, depth)) + "}"
    raise ValueError("no canonical form")


def _members(value: "dict[Any, Any]", depth: int) -> "list[str]":
    if not all(type(key) is str for key in value):  # MicroPython's json takes numbers as keys
        raise ValueError("no canonical form")
    return [_write_text(key) + ":" + _write(value[key], depth - 1) for key in sorted(value)]


def _write_text(value: "Any") -> str:
    if type(value) is not str:
        raise ValueError("no canonical form")
    for char in value:
        if not " " <= char <= "~" or char in '"\\':
            raise ValueError("no canonical form")
    return '"' + value + '"'
