"""Receipts: what a hub holds in its hands before the first picture, and can show to anybody.

A receipt proves with the log's own checkpoint that the entry is in the resident's tree; the host's
signature says to whom it was given. It is made once the entry is on disk: a checkpoint that was
signed for a transaction that failed would be a fork.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from accord import b64
from porchlight.audit.checkpoint import Checkpoint, inclusion_text
from porchlight.audit.logkeys import LogKeys

DOMAIN: Final = "porchlight-receipt/v1"  # first line of what is signed; no checkpoint begins so


@dataclass(frozen=True)
class Logged:
    """An entry's place in its resident's tree, as the transaction that wrote it left the tree."""

    resident: str
    index: int
    leaf: bytes
    proof: Sequence[bytes]
    size: int
    root: bytes


@dataclass(frozen=True)
class Receipt:
    """`entry`: the leaf's very bytes. `proof`: c2sp.org/tlog-proof@v1, with the checkpoint. `vkey`:
    the log's key; who knows this host's thumb needs nothing else to check it."""

    log: str
    vkey: str
    index: int
    entry: bytes
    proof: str
    to: str
    signature: bytes

    def describe(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "log": self.log,
            "vkey": self.vkey,
            "index": self.index,
            "entry": self.entry.decode(),
            "proof": self.proof,
            "to": self.to,
            "signature": b64.encode(self.signature),
        }


def make(keys: LogKeys, logged: Logged, to: str) -> Receipt:
    """The receipt for `to` (a thumb) of an entry that is on disk."""
    signer = keys.signer(logged.resident)
    origin = signer.verifier.name
    signed = signer.sign(Checkpoint(origin, logged.size, logged.root).text)
    proof = inclusion_text(logged.index, logged.proof, signed)
    signature = signer.sign_bytes(signed_bytes(to, logged.leaf, proof))
    vkey = signer.verifier.vkey
    return Receipt(origin, vkey, logged.index, logged.leaf, proof, to, signature)


def signed_bytes(to: str, leaf: bytes, proof: str) -> bytes:
    """What the host's signature is over. The leaf has no newline: it is canonical JSON."""
    return f"{DOMAIN}\n{to}\n{leaf.decode()}\n{proof}".encode()
