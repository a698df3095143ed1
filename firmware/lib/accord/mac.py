"""HMAC-SHA256 (RFC 2104) over several parts, without joining them: frames are not copied.

MicroPython has no `hmac` module; its sha256 takes update() from any buffer.
"""

from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Buffer = bytes | bytearray | memoryview

SIZE = 32
_BLOCK = 64


def hmac_sha256(key: bytes, *parts: "Buffer") -> bytes:
    """32 bytes; `key` at most one block (64 bytes), all of ours are 32."""
    padded = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes([b ^ 0x36 for b in padded]))
    for part in parts:
        inner.update(part)
    return sha256(bytes([b ^ 0x5C for b in padded]) + inner.digest()).digest()


def keyed(key: bytes) -> "Callable[..., bytes]":
    """hmac_sha256 with this key, for all that one direction of a session seals."""
    return lambda *parts: hmac_sha256(key, *parts)


def equal(a: bytes, b: bytes) -> bool:
    """Compare without telling by time where the first difference is."""
    difference = len(a) ^ len(b)
    for x, y in zip(a, b):
        difference |= x ^ y
    return difference == 0
