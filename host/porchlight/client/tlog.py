"""A client's own check of Merkle trees and signed notes (RFC 6962, C2SP), a resident's as a hub's.
Pure.

Written apart from the host's (porchlight.audit), on purpose: what a host says is not checked with
that host's code.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from accord import b64, canon

LOG, WITNESS = 1, 4  # kinds of keys: Ed25519, timestamped cosignature
HASH_BYTES = 32
MAX_DIGITS = 18  # of a tree's size: no log is longer
PROOF_HEAD = "c2sp.org/tlog-proof@v1"
RECEIPT_HEAD = "porchlight-receipt/v1"


class Wrong(Exception):
    """Something does not hold; the text says what."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    stack: list[tuple[int, bytes]] = []  # size of a full subtree, its hash
    for leaf in leaves:
        stack.append((1, leaf))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            stack.append(_joined(stack))
    while len(stack) > 1:
        stack.append(_joined(stack))
    return stack[0][1] if stack else hashlib.sha256(b"").digest()


def included(leaf: bytes, index: int, size: int, steps: Sequence[bytes], expected: bytes) -> bool:
    """Whether `steps` lead from the leaf hash at `index` to the root of a tree of `size`."""
    if not 0 <= index < size:
        return False
    try:
        return _climb(leaf, index, size, list(steps)) == expected
    except IndexError:
        return False


@dataclass(frozen=True)
class Key:
    """A public key of a log or a witness."""

    name: str
    kind: int
    raw: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Key":
        """NAME+HEX+BASE64; Wrong otherwise."""
        name, _, rest = vkey.partition("+")
        stated, _, coded = rest.partition("+")
        raw = _bytes(coded)
        if len(raw) != 33 or raw[0] not in (LOG, WITNESS) or not name:
            raise Wrong("that is no key of a log or a witness (NAME+HEX+BASE64)")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != stated:
            raise Wrong("that key of a log is damaged")
        return key

    @property
    def vkey(self) -> str:
        """The key in one word."""
        coded = base64.b64encode(bytes([self.kind]) + self.raw).decode()
        return f"{self.name}+{self.id.hex()}+{coded}"

    @property
    def thumb(self) -> str:
        """RFC 7638; a host's key for its logs is what the host is called by."""
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64.encode(self.raw)}
        return b64.encode(hashlib.sha256(canon.dumps(jwk)).digest())

    @property
    def id(self) -> bytes:
        """What signature lines begin with."""
        named = f"{self.name}\n".encode() + bytes([self.kind]) + self.raw
        return hashlib.sha256(named).digest()[:4]

    def made(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed exactly that."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Head:
    """A checkpoint whose signature holds."""

    origin: str
    size: int
    root: bytes
    note: str


def opened(note: str, key: Key) -> Head:
    """The checkpoint in a note that the log's key signed; Wrong otherwise."""
    text, lines = _split(note)
    value = _signature(lines, key)
    if value is None or not key.made(value, text.encode()):
        raise Wrong("the checkpoint is not signed by the log")
    origin, size, hashed, *_ = [*text.split("\n"), "", ""]
    if origin != key.name or not _is_number(size) or len(_bytes(hashed)) != HASH_BYTES:
        raise Wrong("the checkpoint is not one of this log")
    return Head(origin, int(size), _bytes(hashed), note)


def cosigned_at(note: str, witness: Key) -> int | None:
    """When a witness cosigned this note (unix s); None if it did not."""
    text, lines = _split(note)
    value = _signature(lines, witness)
    if witness.kind != WITNESS or value is None or len(value) != 72:
        return None
    at = int.from_bytes(value[:8])
    seen = f"cosignature/v1\ntime {at}\n{text}".encode()
    return at if witness.made(value[8:], seen) else None


def proven(proof: str, entry: bytes, key: Key) -> tuple[int, Head]:
    """The index and the checkpoint of a c2sp.org/tlog-proof@v1 that holds for these very bytes."""
    head, _, note = proof.partition("\n\n")
    first, *lines = head.split("\n")
    lines = [line for line in lines if not line.startswith("extra ")]
    at = lines[0].removeprefix("index ") if lines else ""
    if first != PROOF_HEAD or not _is_number(at):
        raise Wrong("that is no proof of a log entry")
    checkpoint = opened(note, key)
    steps = [_bytes(line) for line in lines[1:]]
    if not included(leaf_hash(entry), int(at), checkpoint.size, steps, checkpoint.root):
        raise Wrong("the proof does not lead from the entry to the checkpoint")
    return int(at), checkpoint


def check_receipt(receipt: Mapping[str, Any], key: Key, to: str, view: str | None = None) -> Head:
    """The checkpoint of a receipt (as POST /views gives it) for `to`, and of this view where one is
    named; Wrong if any of it is not."""
    entry, proof = str(receipt.get("entry")), str(receipt.get("proof"))
    index, head = proven(proof, entry.encode(), key)
    said = [receipt.get(name) for name in ("to", "index", "log", "vkey")]
    if said != [to, index, head.origin, key.vkey]:
        raise Wrong("the receipt says other than its proof")
    try:
        signature = b64.decode(str(receipt.get("signature")))
    except ValueError:
        signature = b""
    if not key.made(signature, f"{RECEIPT_HEAD}\n{to}\n{entry}\n{proof}".encode()):
        raise Wrong("the receipt is not signed by the log")
    if view is not None and json.loads(entry).get("view") != view:
        raise Wrong("the receipt is of another view")
    return head


def _joined(stack: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    (right_size, right), (left_size, left) = stack.pop(), stack.pop()
    return left_size + right_size, _node(left, right)


def _climb(leaf: bytes, index: int, size: int, steps: list[bytes]) -> bytes:
    """The root that the steps lead to, taken from the far end; IndexError if they do not fit."""
    if size == 1:
        if steps:
            raise IndexError
        return leaf
    half = 1
    while half * 2 < size:
        half *= 2
    sibling = steps.pop()
    if index < half:
        return _node(_climb(leaf, index, half, steps), sibling)
    return _node(sibling, _climb(leaf, index - half, size - half, steps))


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(note: str) -> tuple[str, list[str]]:
    text, _, rest = note.rpartition("\n\n")
    return text + "\n", rest.splitlines()


def _signature(lines: Sequence[str], key: Key) -> bytes | None:
    """What the line of this key holds behind the key's id."""
    for line in lines:
        dash, name, coded = (*line.split(" "), "", "", "")[:3]
        if dash == "\u2014" and name == key.name and _bytes(coded)[:4] == key.id:
            return _bytes(coded)[4:]
    return None


def _is_number(text: str) -> bool:
    """Of a size that a tree may have: what climbs one must not run out of breath."""
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS


def _bytes(coded: str) -> bytes:
    """Nothing for what is not base64: no hash, key or signature is that short."""
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        return b""
