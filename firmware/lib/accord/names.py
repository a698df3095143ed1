"""Names of keys: RFC 7638 SHA-256 thumbprints, 43 characters of text or 32 raw bytes.

A camera is named after its board key (an oct JWK): 256 random bits, so the name gives nothing away
that could be guessed (RFC 7638 §7). Residents and hubs are named after their P-256 public key.
"""

from hashlib import sha256

from accord import b64

KEY_BYTES = 32


def camera_thumb(board_key: bytes) -> str:
    if len(board_key) != KEY_BYTES:
        raise ValueError("a board key has 32 bytes")
    return _thumb('{"k":"' + b64.encode(board_key) + '","kty":"oct"}')


def key_thumb(x: bytes, y: bytes) -> str:
    """The name of the P-256 key with these big-endian coordinates, 32 bytes each."""
    if len(x) != KEY_BYTES or len(y) != KEY_BYTES:
        raise ValueError("coordinates have 32 bytes")
    jwk = '{"crv":"P-256","kty":"EC","x":"' + b64.encode(x) + '","y":"' + b64.encode(y) + '"}'
    return _thumb(jwk)


def raw(thumb: str) -> bytes:
    """32 bytes; ValueError if `thumb` is not a thumbprint."""
    value = b64.decode(thumb)
    if len(value) != KEY_BYTES:
        raise ValueError("not a thumbprint")
    return value


def text(value: bytes) -> str:
    return b64.encode(value)


def _thumb(jwk: str) -> str:
    return b64.encode(sha256(jwk.encode()).digest())
