"""Encryption at rest to a resident's key: what is written here only that resident can read.

    "PLCLIP1\\n"  ephemeral P-256 point (65)  length of `about` u32  about, JSON
    chunk: AES-256-GCM of CHUNK_BYTES, the last one of as many or fewer, 16 bytes of tag after each

The key comes from ECDH-ES (RFC 7518 §4.6's agreement) through HKDF-SHA256, new for each file. A
nonce is the chunk's number and whether it is the last one, so that chunks cannot be swapped, left
out or cut off (STREAM, Hoang et al. 2015); everything before the first chunk is authenticated too.
This host holds no key that opens it. Pure; unseal() is here for who does hold one.
"""

import struct
from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from porchlight.keys import PublicKey

CONTENT_TYPE: Final = "application/vnd.porchlight.sealed-clip"
MAGIC: Final = b"PLCLIP1\n"
CHUNK_BYTES: Final = 65_536
TAG_BYTES: Final = 16
MAX_ABOUT: Final = 4_096
_POINT_BYTES: Final = 65
_INFO: Final = b"porchlight clip 1"
_LENGTH: Final = struct.Struct(">I")


class Tampered(Exception):
    """These bytes are not what was sealed, or were sealed for another key."""


class Sealer:
    """Seals one file for `reader`, as its bytes come. `opening` goes before the first chunk."""

    def __init__(self, reader: PublicKey, about: bytes) -> None:
        if len(about) > MAX_ABOUT:
            raise ValueError("too long a description")
        own = ec.generate_private_key(ec.SECP256R1())
        peer = _point(reader.x, reader.y)
        point = _bytes(own.public_key())
        self.opening = MAGIC + point + _LENGTH.pack(len(about)) + about
        self._aes = AESGCM(_derive(own.exchange(ec.ECDH(), peer), point, _bytes(peer)))
        self._number = 0
        self._waiting = bytearray()

    def add(self, plain: bytes) -> bytes:
        """What to append to the file by now; the rest waits for more."""
        self._waiting += plain
        out = bytearray()
        while len(self._waiting) > CHUNK_BYTES:  # what may be the last one waits
            out += self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return bytes(out)

    def end(self) -> bytes:
        """The last chunk."""
        return self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> bytes:
        nonce = _nonce(self._number, last=last)
        self._number += 1
        return self._aes.encrypt(nonce, plain, self.opening)


def described(content: bytes) -> tuple[bytes, int] | None:
    """(about, where the first chunk begins) from the beginning of a file; None if it is no such
    file. Not authenticated: only unseal() is."""
    at = len(MAGIC) + _POINT_BYTES
    if content[: len(MAGIC)] != MAGIC or len(content) < at + _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(content, at)
    begin = at + _LENGTH.size + length
    if length > MAX_ABOUT or len(content) < begin:
        return None
    return content[at + _LENGTH.size : begin], begin


def unseal(content: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The bytes that were sealed; Tampered if a single bit differs, or the key is another."""
    found = described(content)
    if found is None:
        raise Tampered("not a sealed clip")
    opening = content[: found[1]]
    point = opening[len(MAGIC) : len(MAGIC) + _POINT_BYTES]
    try:
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = key.exchange(ec.ECDH(), sender)
        aes = AESGCM(_derive(shared, point, _bytes(key.public_key())))
        return b"".join(
            aes.decrypt(nonce, chunk, opening) for nonce, chunk in _chunks(content, len(opening))
        )
    except (InvalidTag, ValueError):
        raise Tampered("these are not the bytes that were sealed, or not for this key") from None


def _chunks(content: bytes, begin: int) -> Iterator[tuple[bytes, bytes]]:
    step = CHUNK_BYTES + TAG_BYTES
    number, at = 0, begin
    while True:
        last = at + step >= len(content)
        yield _nonce(number, last=last), content[at : at + step]
        if last:
            return
        number, at = number + 1, at + step


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def _derive(shared: bytes, point: bytes, reader: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=point + reader, info=_INFO).derive(shared)


def _point(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    numbers = (int.from_bytes(x, "big"), int.from_bytes(y, "big"))
    return ec.EllipticCurvePublicNumbers(*numbers, ec.SECP256R1()).public_key()


def _bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
