"""Checkpoints, inclusion proofs and proofs for witnesses as text (c2sp.org tlog-checkpoint,
tlog-proof, tlog-witness). Pure: signatures are note.py's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from porchlight.audit import note
from porchlight.audit.tree import HASH_BYTES

PROOF_HEAD: Final = "c2sp.org/tlog-proof@v1"
MAX_STEPS: Final = 63
MAX_SIZE: Final = 2**63 - 1


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: so many entries of the log `origin` have this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{note.b64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """From a note's text; lines after the third are of no concern. ValueError if it is none."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise ValueError("not a checkpoint")
        return cls(lines[0], decimal(lines[1]), _hash(lines[2]))


@dataclass(frozen=True)
class Submission:
    """What a log sends to a witness: the size it knows, the steps from there, its checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: note.Note

    @property
    def body(self) -> str:
        """As it goes over the wire."""
        steps = "".join(f"{note.b64(step)}\n" for step in self.proof)
        return f"old {self.old}\n{steps}\n{self.note}"

    @classmethod
    def parse(cls, body: str) -> Self:
        """ValueError if it is none."""
        head, gap, rest = body.partition("\n\n")
        first, *steps = head.split("\n")
        if not gap or not first.startswith("old ") or len(steps) > MAX_STEPS:
            raise ValueError("not a submission to a witness")
        return cls(decimal(first[4:]), tuple(map(_hash, steps)), note.parse(rest))


def inclusion_text(index: int, proof: Sequence[bytes], signed: note.Note) -> str:
    """A proof that can be checked without asking anybody."""
    steps = "".join(f"{note.b64(step)}\n" for step in proof)
    return f"{PROOF_HEAD}\nindex {index}\n{steps}\n{signed}"


def decimal(text: str) -> int:
    """A whole number without leading zeroes, below 2**63; ValueError for anything else."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or text != str(int(text)):
        raise ValueError("not a decimal number")
    if int(text) > MAX_SIZE:
        raise ValueError("not a number below 2**63")
    return int(text)


def _hash(text: str) -> bytes:
    raw = note.unb64(text)
    if len(raw) != HASH_BYTES:
        raise ValueError("not a hash")
    return raw
