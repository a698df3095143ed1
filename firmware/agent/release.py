"""What an update says of itself, and what its resident says of it: two tokens, verified.

A release is a token by the release key, small enough for the one envelope (accord.envelope), and a
list of its files, named by its SHA-256 in the token:

    {"iss", "v": 1, "version": n, "name", "files": n, "bytes": n, "list": SHA-256, "list_bytes": n}

    agent/gate.py 5510 <SHA-256, base64url>\\n          one line a file, in the order they are sent

The approval is the resident's, of one release for one camera, for a while:

    {"iss", "sub": camera, "release": SHA-256 of the release's token, "iat", "exp"}

Refused carries the reason word. No I/O, no clock.
"""

from hashlib import sha256

from accord import b64, claims, envelope
from accord.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Check = Callable[[Any, bytes, bytes], bool]

RELEASE_TYP, APPROVAL_TYP = "porch-release+jws", "porch-update+jws"
MAX_FILES, MAX_BYTES, MAX_LIST_BYTES = 160, 524_288, 16_384
MAX_PATH = 64
APPROVAL_S = 7 * 86_400  # no approval lasts longer
AHEAD_S = 60  # the resident's clock may be before ours
PROGRAM = "agent/program"  # what the loader runs
_TOP = ("agent", "lib")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

_RELEASE = {
    "iss": claims.thumb,
    "v": claims.whole(1, 1),
    "version": claims.whole(1, 2**31 - 1),
    "name": claims.text(32),
    "files": claims.whole(1, MAX_FILES),
    "bytes": claims.whole(1, MAX_BYTES),
    "list": claims.thumb,
    "list_bytes": claims.whole(1, MAX_LIST_BYTES),
}
_APPROVAL = {
    "iss": claims.thumb,
    "sub": claims.thumb,
    "release": claims.thumb,
    "iat": claims.moment,
    "exp": claims.moment,
}
_VERIFIED = object()


class File:
    """One file of a release; `digest`: SHA-256 of its content."""

    def __init__(self, path: str, size: int, digest: bytes) -> None:
        self.path = path
        self.size = size
        self.digest = digest


class Release:
    """Comes out of verify() only. `list`: the list of its files, as a file to be fetched."""

    def __init__(self, proof: object, token: bytes, found: "dict[str, Any]") -> None:
        if proof is not _VERIFIED:
            raise Refused("not-verified")
        self.digest = digest_of(token)
        self.handle = self.digest[:16]
        self.version: int = found["version"]
        self.name: str = found["name"]
        self.files: int = found["files"]
        self.bytes: int = found["bytes"]
        self.list = File("", found["list_bytes"], b64.decode(found["list"]))


class Approval:
    """Comes out of verify_approval() only. `iat`, `exp`: unix s."""

    def __init__(self, proof: object, found: "dict[str, Any]") -> None:
        if proof is not _VERIFIED:
            raise Refused("not-verified")
        self.camera: str = found["sub"]
        self.release: str = found["release"]
        self.iat: int = found["iat"]
        self.exp: int = found["exp"]

    def check(self, release: Release, camera: str, now: "int | None", after: int) -> None:
        """Refused unless it is of this release, for this camera, good at `now` (unix s, None:
        nobody knows) and newer than `after`, the newest that was ever used."""
        if self.camera != camera:
            raise Refused("wrong-camera")
        if self.release != b64.encode(release.digest):
            raise Refused("other-release")
        if self.exp - self.iat > APPROVAL_S:
            raise Refused("too-long")
        if now is None:
            raise Refused("no-clock")
        if self.iat > now + AHEAD_S:
            raise Refused("not-yet-valid")
        if now >= self.exp:
            raise Refused("expired")
        if self.iat <= after:
            raise Refused("used")


def digest_of(token: bytes) -> bytes:
    """What names a release, verified or not; its first 16 bytes are the handle in an Answer."""
    return sha256(token).digest()


def verify(token: bytes, keys: "dict[str, Any]", check: "Check") -> Release:
    """The release in `token`, signed by one of `keys` (thumb -> key)."""
    found = envelope.open_verified(token, RELEASE_TYP, keys, check)
    claims.check(found, _RELEASE, {})
    return Release(_VERIFIED, token, found)


def verify_approval(token: bytes, keys: "dict[str, Any]", check: "Check") -> "Approval":
    """The approval in `token`, signed by one of `keys`, the resident's."""
    found = envelope.open_verified(token, APPROVAL_TYP, keys, check)
    claims.check(found, _APPROVAL, {})
    return Approval(_VERIFIED, found)


def read_list(raw: bytes, release: Release) -> "list[File]":
    """The files of a release's list; Refused unless they are as many and as large as it says, each
    once, each inside agent/ or lib/."""
    try:
        lines = raw.decode().split("\n")
    except UnicodeError:
        raise Refused("bad-list") from None
    if lines.pop() != "" or len(lines) != release.files:
        raise Refused("bad-list")
    files = [_file(line) for line in lines]
    if len({file.path for file in files}) != len(files):
        raise Refused("bad-list")
    if sum([file.size for file in files]) != release.bytes:
        raise Refused("too-large")
    if not [file for file in files if file.path.split(".")[0] == PROGRAM]:
        raise Refused("no-program")
    return files


def _file(line: str) -> File:
    words = line.split(" ")
    if len(words) != 3 or not words[1] or words[1].strip("0123456789") or len(words[1]) > 6:
        raise Refused("bad-list")
    path = words[0]
    if not _is_inside(path):
        raise Refused("bad-path")
    try:
        digest = b64.decode(words[2])
    except ValueError:
        raise Refused("bad-list") from None
    if len(digest) != 32:
        raise Refused("bad-list")
    return File(path, int(words[1]), digest)


def _is_inside(path: str) -> bool:
    """Is it a plain name below agent/ or lib/, of a program?"""
    parts = path.split("/")
    if len(path) > MAX_PATH or len(parts) < 2 or parts[0] not in _TOP:
        return False
    if path[-3:] != ".py" and path[-4:] != ".mpy":
        return False
    return all(part and not part.startswith(".") and not part.strip(_LETTERS) for part in parts)
