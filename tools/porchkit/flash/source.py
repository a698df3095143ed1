"""Where the firmware file comes from: --firmware, or the one download that its board pins."""

import io
import stat
import zipfile
from pathlib import Path

from porchkit import zips
from porchkit.errors import CommandError
from porchkit.flash import download
from porchkit.flash.errors import Refused
from porchkit.flash.firmware import Firmware, read
from porchkit.flash.target import RELEASES, Target

_MOST_BYTES = 32 << 20
_IN_ZIP = "firmware.bin"


def from_file(path: Path) -> Firmware:
    """A .bin, or the release's .zip with firmware.bin inside."""
    try:
        seen = path.stat()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    if not stat.S_ISREG(seen.st_mode):
        raise CommandError(f"{path} is no file; pass the .bin or the .zip itself")
    size = seen.st_size
    if size > _MOST_BYTES:
        raise Refused(f"{path.name} has {size >> 20} MB; no board has that much flash")
    return _parsed(path.read_bytes(), path.name)


def pinned(target: Target, cache: Path) -> Firmware:
    """The firmware that `target` pins, downloaded once. CommandError says where to get it when
    nothing is pinned: nothing else is ever taken in its place."""
    if target.pinned is None:
        raise CommandError(not_pinned(target))
    path = download.fetch(target.pinned.url, target.pinned.sha256, cache)
    return _parsed(path.read_bytes(), path.name)


def not_pinned(target: Target) -> str:
    """What to do for a board whose image has no checksum yet, in a line."""
    best = target.best_release
    known = [sensor for sensor, releases in target.releases.items() if best in releases]
    works = f", which works with {_listed(known)}" if known else ""
    return (
        f"no checksum is known yet for the firmware of {target.title}, so it is not downloaded; "
        f"get the file whose name ends in -{target.image}.zip from release {best}{works}: "
        f"{RELEASES}/tag/v{best}, then: porchlight flash --board {target.name} --firmware FILE.zip"
    )


def _listed(names: list[str]) -> str:
    """a, b and c."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else names[0]


def _parsed(contents: bytes, name: str) -> Firmware:
    if contents[:2] == b"PK":
        contents = _unzipped(contents, name)
        name = f"{_IN_ZIP} in {name}"
    return read(contents, name)


def _unzipped(contents: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            inside = [row for row in archive.infolist() if Path(row.filename).name == _IN_ZIP]
            if len(inside) != 1:
                raise Refused(f"{name} holds no {_IN_ZIP}; pass the .zip of one board")
            if inside[0].file_size > _MOST_BYTES:
                raise Refused(f"{_IN_ZIP} in {name} is larger than any board's flash")
            return archive.read(inside[0])
    except zips.UNREADABLE as error:
        raise Refused(
            f"{name} is a damaged .zip, or an encrypted one; get the file again"
        ) from error
