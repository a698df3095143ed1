"""base64url without padding (RFC 7515 §2), strict: one text for one byte string.

binascii ignores characters outside the alphabet and non-zero trailing bits, and its errors differ
between runtimes: decode() checks the alphabet first, and encodes again to compare.
"""

from binascii import a2b_base64, b2a_base64

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def encode(raw: bytes) -> str:
    text = b2a_base64(raw).decode().rstrip("\n").rstrip("=")
    return text.replace("+", "-").replace("/", "_")


def decode(text: str) -> bytes:
    """The bytes of `text`; ValueError unless it is exactly what encode() would give."""
    known = all(char in _ALPHABET for char in text.encode())
    if not known or len(text) % 4 == 1:
        raise ValueError("not base64url")
    standard = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    raw = a2b_base64(standard.encode())
    if encode(raw) != text:
        raise ValueError("not base64url")
    return raw
