"""base64url without padding (RFC 7515 §2), strict: one text for one byte string.

binascii ignores characters outside the alphabet and non-zero trailing bits on both runtimes, so
decode() encodes again and compares: what is not exactly our own encoding is refused.
"""

from binascii import a2b_base64, b2a_base64


def encode(raw: bytes) -> str:
    text = b2a_base64(raw).decode().rstrip("\n").rstrip("=")
    return text.replace("+", "-").replace("/", "_")


def decode(text: str) -> bytes:
    """The bytes of `text`; ValueError unless it is exactly what encode() would give."""
    standard = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        raw = a2b_base64(standard.encode())
    except ValueError:
        raise ValueError("not base64url")
    if encode(raw) != text:
        raise ValueError("not base64url")
    return raw
