"""Writing one clip: a draft that grows by whole frames, then a finished file, or nothing.

All of it blocks: it runs in the clips' own thread. A sealed clip's plain bytes never touch the
disk. Its head is known only at the end and sealed last; whoever opens it puts it in front.
"""

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from porchlight.clips import avi, sealing
from porchlight.files import PRIVATE, sync_folder
from porchlight.frames import Frame
from porchlight.keys import PublicKey

DRAFT: Final = ".draft"
PLAIN: Final = ".avi"
SEALED: Final = ".sealed"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Finished:
    """A file that is whole, on disk under its name. `sha256` in hex, of the file as it lies there;
    `best`: where the frame in which most moved is."""

    path: Path
    bytes: int
    sha256: str
    shape: avi.Shape
    frames: int
    started_ms: int
    ended_ms: int
    best: tuple[int, int]


class Writer:
    """Makes FOLDER/ID.draft at once; OSError as the disk has it, then discard()."""

    def __init__(
        self, folder: Path, clip: str, shape: avi.Shape, reader: PublicKey | None = None
    ) -> None:
        self._draft = folder / f"{clip}{DRAFT}"
        self._final = folder / f"{clip}{SEALED if reader else PLAIN}"
        self._shape = shape
        self._places: list[avi.Place] = []
        self._at = avi.HEAD_BYTES
        self._sealer: sealing.Sealer | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file: BinaryIO = _create(self._draft)
        if reader is None:
            self._file.write(avi.head(shape))
        else:
            said = json.dumps(shape.about | {"head": avi.HEAD_BYTES}).encode()
            self._sealer = sealing.Sealer(reader, said)
            self._file.write(self._sealer.opening)

    @property
    def frames(self) -> int:
        """How many were added: finish() needs one."""
        return len(self._places)

    def add(self, frame: Frame) -> None:
        """Append a frame; it survives the end of this process when this returns."""
        self._put(avi.stamped(frame))
        place = avi.place(frame, self._at)
        self._places.append(place)
        self._at = place.end
        self._file.flush()

    def finish(self) -> Finished:
        """Index, head, fsync, rename: durable when this returns. OSError: discard()."""
        index = avi.index(self._places)
        self._put(index)
        head = avi.head(self._shape, self._places, len(index))
        if self._sealer is not None:
            self._file.write(self._sealer.add(head) + self._sealer.end())
        else:
            self._file.seek(0)
            self._file.write(head)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return settle(self._draft, self._final, self._shape, self._places)

    def discard(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):  # what a full disk did not take, it does not take now
            self._file.close()
        self._draft.unlink(missing_ok=True)

    def _put(self, plain: bytes) -> None:
        self._file.write(plain if self._sealer is None else self._sealer.add(plain))


def settle(draft: Path, final: Path, shape: avi.Shape, places: list[avi.Place]) -> Finished:
    """Give a draft that is whole and on disk its name."""
    digest, size = _digest(draft)
    draft.replace(final)
    sync_folder(final.parent)
    best = max(places, key=lambda place: place.stamp.score)
    return Finished(
        path=final,
        bytes=size,
        sha256=digest,
        shape=shape,
        frames=len(places),
        started_ms=places[0].stamp.captured_ms,
        ended_ms=places[-1].stamp.captured_ms,
        best=(best.at, best.size),
    )


def _create(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, PRIVATE), "wb")


def _digest(path: Path) -> tuple[str, int]:
    """(sha256 in hex, length)."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
