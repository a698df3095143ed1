"""Bundle: one release with its files and the resident's approval, as it is handed in.

Everything here is as unverified as it came: only the board knows whose signatures count. What is
checked is that the parts fit each other, so that a mistake is told at once and not by the board.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from accord import b64, canon, claims, envelope
from accord.errors import Refused
from porchlight.errors import BadRequest

MAX_FILES: Final = 160
MAX_BYTES: Final = 524_288
CHUNK_BYTES: Final = 4_096  # one Update message
_SHAPE: Final = {
    "version": claims.whole(1, 2**31 - 1),
    "name": claims.text(32),
    "files": claims.whole(1, MAX_FILES),
    "bytes": claims.whole(1, MAX_BYTES),
    "list": claims.thumb,
    "list_bytes": claims.whole(1, 16_384),
}


@dataclass(frozen=True)
class Line:
    """One file as the release's list names it."""

    path: str
    size: int
    digest: bytes


@dataclass
class Bundle:
    """`files`: content by path, as far as it was handed in; they are few enough for memory."""

    token: bytes
    approval: bytes | None
    listing: bytes
    name: str
    version: int
    lines: list[Line]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def handle(self) -> bytes:
        """What the board's answers name it by."""
        return hashlib.sha256(self.token).digest()[:16]

    @property
    def missing(self) -> list[str]:
        """Paths whose content is not here yet."""
        return [line.path for line in self.lines if line.path not in self.files]

    @property
    def size(self) -> int:
        """All bytes that a board is sent of it."""
        return len(self.listing) + sum(line.size for line in self.lines)

    def add(self, path: str, content: bytes) -> None:
        """Take one file; BadRequest unless it is what the list says."""
        line = next((line for line in self.lines if line.path == path), None)
        if line is None:
            raise BadRequest("unknown-file", "the release's list has no such file")
        if len(content) != line.size or hashlib.sha256(content).digest() != line.digest:
            raise BadRequest("wrong-file", f"{path} is not what the release's list says")
        self.files[path] = content

    def piece(self, index: int, offset: int) -> bytes | None:
        """The bytes that a board asks for; None if there are none."""
        if not 0 <= index <= len(self.lines):
            return None
        content = self.files[self.lines[index - 1].path] if index else self.listing
        return content[offset : offset + CHUNK_BYTES] or None

    def place(self, index: int, offset: int) -> int:
        """How many bytes a board has that wants these next."""
        before = sum(line.size for line in self.lines[: max(0, index - 1)])
        return offset + (len(self.listing) + before if index else 0)


def read(token: str, listing: str, approval: str | None) -> Bundle:
    """A bundle without its files yet; BadRequest says which part is no part of a release."""
    raw, listed = token.encode("ascii", "replace"), listing.encode()
    said = _claims(raw)
    if len(listed) != said["list_bytes"] or _digest(listed) != said["list"]:
        raise BadRequest("wrong-list", "the list of files is not the one this release names")
    lines = [_line(text) for text in listing.splitlines()]
    if len({line.path for line in lines}) != len(lines):
        raise BadRequest("bad-list", "the list names a file twice")
    if len(lines) > MAX_FILES or sum(line.size for line in lines) > MAX_BYTES:
        raise BadRequest("too-large", f"a release has {MAX_FILES} files and {MAX_BYTES} bytes")
    return Bundle(
        token=raw,
        approval=None if approval is None else approval.encode("ascii", "replace"),
        listing=listed,
        name=said["name"],
        version=said["version"],
        lines=lines,
    )


def _claims(token: bytes) -> dict[str, Any]:
    """What a release says of itself. Nobody has checked the signature."""
    try:
        found = canon.loads(envelope.split(token)[1])
        claims.check({name: found[name] for name in _SHAPE}, _SHAPE, {})
    except (Refused, ValueError, KeyError, TypeError):
        raise BadRequest("bad-release", "this is no release's token") from None
    said: dict[str, Any] = found
    return said


def _line(text: str) -> Line:
    path, _, rest = text.partition(" ")
    size, _, digest = rest.partition(" ")
    try:
        return Line(path, int(size), b64.decode(digest))
    except ValueError:
        raise BadRequest("bad-list", "a line of the list is not: path size sha256") from None


def _digest(content: bytes) -> str:
    return b64.encode(hashlib.sha256(content).digest())
