"""The firmware's small stored records (agent/cell.py), read and made on this side of the cable.

{"check":"<SHA-256 of the rest>",<the rest, canonical>}
"""

from hashlib import sha256
from typing import Any

from accord import b64, canon

_CHECK_BYTES = len('{"check":"",') + 43


def sealed(values: dict[str, Any]) -> bytes:
    """The file of a record; `values` hold their "generation", 1 or higher."""
    rest = canon.dumps(values)
    return _check(rest) + rest[1:]


def opened(raw: bytes) -> dict[str, Any] | None:
    """The record in a file, None unless it is whole."""
    rest = b"{" + raw[_CHECK_BYTES:]
    if raw[:_CHECK_BYTES] != _check(rest):
        return None
    try:
        found = canon.loads(rest)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("generation", 0) > 0 else None


def _check(rest: bytes) -> bytes:
    return b'{"check":"%s",' % b64.encode(sha256(rest).digest()).encode()
