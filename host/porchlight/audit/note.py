"""Signed notes (c2sp.org/signed-note), with Ed25519 signatures and witnesses' cosignatures.

    text, of whole lines
    <empty line>
    — NAME base64(key id, 4 bytes || signature)

A cosignature (c2sp.org/tlog-cosignature, type 0x04) says when: 8 bytes of unix seconds before the
signature, which is made over "cosignature/v1", that time, and the text.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_BYTES: Final = 65_536
MAX_SIGNATURES: Final = 64
_DASH: Final = "\u2014 "
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_TIME_BYTES: Final = 8


@dataclass(frozen=True)
class Signature:
    """A signature as it came: not checked yet."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {b64(self.key_id + self.value)}\n"


@dataclass(frozen=True)
class Note:
    """A note that was taken apart. The text means nothing before a key was asked."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(each.line for each in self.signatures)}"


@dataclass(frozen=True)
class Verifier:
    """A public key under a name. `kind`: ED25519 for logs, COSIGNATURE for witnesses."""

    name: str
    kind: int
    raw: bytes

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """NAME+HEX+BASE64; ValueError for anything else."""
        name, _, rest = vkey.partition("+")
        stated, _, key = rest.partition("+")
        raw = unb64(key)
        if not _is_name(name) or len(raw) != 1 + _KEY_BYTES or raw[0] not in (ED25519, COSIGNATURE):
            raise ValueError("not an Ed25519 key of a log or a witness")
        found = cls(name, raw[0], raw[1:])
        if found.key_id.hex() != stated:
            raise ValueError("the key is not the one it says it is")
        return found

    @property
    def vkey(self) -> str:
        """The key in one word."""
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.kind]) + self.raw)}"

    @cached_property
    def key_id(self) -> bytes:
        """4 bytes that tell keys of one name apart."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.raw
        return hashlib.sha256(named).digest()[:4]

    def find(self, note: Note) -> Signature | None:
        """The first signature that says it is of this key, if it holds; None otherwise."""
        for each in note.signatures:
            if (each.name, each.key_id) == (self.name, self.key_id):
                return each if self._holds(note.text, each.value) else None
        return None

    def cosigned_at(self, note: Note) -> int | None:
        """When this witness saw the note (unix s), if it did."""
        found = self.find(note) if self.kind == COSIGNATURE else None
        return None if found is None else int.from_bytes(found.value[:_TIME_BYTES], "big")

    def check(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made a bare signature over a message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _holds(self, text: str, value: bytes) -> bool:
        if self.kind == ED25519:
            return self.check(text.encode(), value)
        if len(value) != _TIME_BYTES + _SIGNATURE_BYTES or value[0] & 0x80:
            return False
        at = int.from_bytes(value[:_TIME_BYTES], "big")
        return self.check(_cosigned(text, at), value[_TIME_BYTES:])


class Signer:
    """A private key under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> None:
        if not _is_name(name):
            raise ValueError("a key's name has no spaces and no plus")
        raw = key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self._key = key
        self.verifier = Verifier(name, kind, raw)

    def sign(self, text: str) -> Note:
        """The text with the log's signature."""
        return Note(text, (self._signature(self._key.sign(text.encode())),))

    def cosign(self, text: str, now: int) -> Signature:
        """A witness's word that it saw this text at `now` (unix s), and nothing against it."""
        value = now.to_bytes(_TIME_BYTES, "big") + self._key.sign(_cosigned(text, now))
        return self._signature(value)

    def sign_bytes(self, message: bytes) -> bytes:
        """A bare signature. The message must begin so that no note can be mistaken for it."""
        return self._key.sign(message)

    def _signature(self, value: bytes) -> Signature:
        return Signature(self.verifier.name, self.verifier.key_id, value)


def parse(raw: str) -> Note:
    """Take a note apart; ValueError if it is none."""
    if len(raw.encode()) > MAX_BYTES or any(char < " " and char != "\n" for char in raw):
        raise ValueError("not a note")
    text, gap, rest = raw.rpartition("\n\n")
    if not gap or not rest.endswith("\n"):
        raise ValueError("not a note")
    lines = rest[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ValueError("not a note: too many signatures")
    return Note(text + "\n", tuple(signature(line) for line in lines))


def signature(line: str) -> Signature:
    """A signature from its line, without the newline; ValueError if it is none."""
    name, space, value = line.removeprefix(_DASH).partition(" ")
    raw = unb64(value)
    if not line.startswith(_DASH) or not space or not _is_name(name) or len(raw) <= 4:
        raise ValueError("not a signature")
    return Signature(name, raw[:4], raw[4:])


def b64(raw: bytes) -> str:
    """Base 64 of RFC 4648 §4."""
    return base64.b64encode(raw).decode()


def unb64(text: str) -> bytes:
    """The bytes; ValueError unless it is exactly what b64() makes."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None
    if b64(raw) != text:
        raise ValueError("not base64")
    return raw


def _cosigned(text: str, now: int) -> bytes:
    return f"cosignature/v1\ntime {now}\n{text}".encode()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)
