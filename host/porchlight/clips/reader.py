"""Reading a clip's file: its bytes, its frames in order, and which of them are whole.

All of it blocks. Frames are found by walking from stamp to stamp, and each is checked against its
sum: the index is for players.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from porchlight.clips import avi

MAX_FRAMES: Final = 36_000  # in one file: ten minutes of sixty a second


def walk(file: BinaryIO) -> Iterator[tuple[avi.Place, bytes]]:
    """The whole frames from the head on, with their JPEGs; ends at the first that is not."""
    at = avi.HEAD_BYTES
    for _ in range(MAX_FRAMES):
        file.seek(at)
        begin = file.read(avi.BEFORE_JPEG)
        found = avi.stamp_of(begin)
        if found is None:
            return
        stamp, check, size = found
        jpeg = file.read(size)
        if len(jpeg) < size or avi.check_of(begin, jpeg) != check:
            return
        place = avi.Place(at + avi.BEFORE_JPEG, size, stamp)
        yield place, jpeg
        at = place.end


class ClipReader:
    """One finished file. A context manager; FileNotFoundError if it is gone.

    It may be closed by one thread while another reads: to whoever gave up, the file has ended.
    """

    def __init__(self, path: Path, *, sealed: bool = False) -> None:
        self._lock = threading.Lock()
        self._file: BinaryIO = path.open("rb")
        self.sealed = sealed
        self.bytes = self._file.seek(0, 2)

    def read(self, at: int, size: int) -> bytes:
        """`size` bytes from `at`; fewer at the end of the file."""
        with self._lock:
            if self._file.closed:
                return b""
            self._file.seek(at)
            return self._file.read(size)

    def frames(self) -> Iterator[tuple[avi.Place, bytes]]:
        """The frames, oldest first, each with its place and its JPEG. None of a sealed clip."""
        found = iter(()) if self.sealed else walk(self._file)
        while (frame := self._next(found)) is not None:
            yield frame

    def _next(self, found: Iterator[tuple[avi.Place, bytes]]) -> tuple[avi.Place, bytes] | None:
        with self._lock:
            return None if self._file.closed else next(found, None)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> "ClipReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
