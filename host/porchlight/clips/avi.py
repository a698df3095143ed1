"""The file of a clip: MJPEG in AVI 1.0, laid out so that it is only ever appended to. Pure.

    RIFF AVI            the head: HEAD_BYTES, always the same length, patched once at the end
      LIST hdrl         what players need to know; our own JUNK tells what clip this is
      LIST movi
        JUNK stamp      of the frame that follows: when it was taken, and a sum over both
        00dc jpeg       byte for byte as its board sent it
        ...
      idx1              where the frames are; written last

Players skip JUNK. A file that was cut anywhere still tells by its stamps which frames are whole, so
the index and the head can be made again from what is there. Little-endian, as RIFF is.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from accord.wire import MAX_JPEG
from porchlight.frames import Frame

CONTENT_TYPE: Final = "video/x-msvideo"
HEAD_BYTES: Final = 1024
CHUNK_HEAD: Final = 8
ABOUT_BYTES: Final = 768  # JSON, filled up with blanks
_STAMP: Final = struct.Struct("<QIIHBB16s")
_SUM: Final = struct.Struct("<I")
STAMP_BYTES: Final = _STAMP.size + _SUM.size
BEFORE_JPEG: Final = CHUNK_HEAD + STAMP_BYTES + CHUNK_HEAD
_INDEX_ROW: Final = struct.Struct("<4sIII")
_KEYFRAME: Final = 0x10
_HAS_INDEX: Final = 0x10
_VIDEO: Final = b"00dc"
_MOVI_AT: Final = HEAD_BYTES - 4  # of the word "movi", which the index counts from
_MOST_BYTES: Final = 2 * MAX_JPEG  # of a picture that was masked or got a caption, too
_MOST_MS: Final = 24 * 3600 * 1000  # between two stamps that belong together


@dataclass(frozen=True)
class Stamp:
    """What is kept of a frame beside its picture: see frames.Frame."""

    captured_ms: int
    boot: int
    sequence: int
    score: int
    reason: int
    clock: int
    handle: bytes


@dataclass(frozen=True)
class Place:
    """Where a frame's JPEG is in the file, and what its stamp says."""

    at: int
    size: int
    stamp: Stamp

    @property
    def end(self) -> int:
        """Where the next frame's stamp begins: chunks are padded to even lengths."""
        return self.at + self.size + self.size % 2


@dataclass(frozen=True)
class Shape:
    """What the head says of the pictures."""

    width: int
    height: int
    about: dict[str, Any]


def head(shape: Shape, places: Sequence[Place] = (), index_bytes: int = 0) -> bytes:
    """The first HEAD_BYTES of a file with these frames and an index of that many bytes after them;
    without frames: of one that is being written. ValueError if `about` is too long."""
    end = places[-1].end if places else HEAD_BYTES
    about = json.dumps(shape.about, separators=(",", ":")).encode()
    if len(about) > ABOUT_BYTES:
        raise ValueError("a clip's own words are too long")
    stream = _chunk(b"strh", _stream_head(shape, places))
    stream += _chunk(b"strf", _bitmap(shape))
    lists = _chunk(b"avih", _main_head(shape, places)) + _chunk(b"LIST", b"strl" + stream)
    lists = _chunk(b"LIST", b"hdrl" + lists) + _chunk(b"JUNK", about.ljust(ABOUT_BYTES))
    begin = struct.pack("<4sI4s", b"RIFF", end + index_bytes - CHUNK_HEAD, b"AVI ") + lists
    fill = HEAD_BYTES - len(begin) - CHUNK_HEAD - 12
    movi = struct.pack("<4sI4s", b"LIST", end - _MOVI_AT, b"movi")
    return begin + _chunk(b"JUNK", bytes(fill)) + movi


def unsealed(plain: bytes) -> bytes:
    """The file, from what a sealed one holds: there the head comes last, for it is known last."""
    return plain[-HEAD_BYTES:] + plain[:-HEAD_BYTES]


def about(begin: bytes) -> Shape | None:
    """What the head of a file says; None if it is no head of ours, or not a whole one."""
    if len(begin) < HEAD_BYTES or begin[:4] != b"RIFF" or begin[8:16] != b"AVI LIST":
        return None
    width, height = struct.unpack_from("<II", begin, 64)
    at = 20 + struct.unpack_from("<I", begin, 16)[0]
    if begin[at : at + 4] != b"JUNK" or begin[_MOVI_AT:HEAD_BYTES] != b"movi":
        return None
    try:
        said = json.loads(begin[at + CHUNK_HEAD : at + CHUNK_HEAD + ABOUT_BYTES])
    except ValueError:
        return None
    return Shape(width, height, said) if isinstance(said, dict) else None


def stamped(frame: Frame) -> bytes:
    """What to append for a frame."""
    begin = _chunk(b"JUNK", _STAMP.pack(*_kept(frame)) + bytes(_SUM.size))
    check = _SUM.pack(check_of(begin, frame.jpeg))
    return begin[: -_SUM.size] + check + _chunk(_VIDEO, frame.jpeg)


def place(frame: Frame, at: int) -> Place:
    """Where the JPEG is once stamped(frame) was appended at `at`."""
    return Place(at + BEFORE_JPEG, len(frame.jpeg), Stamp(*_kept(frame)))


def stamp_of(begin: bytes) -> tuple[Stamp, int, int] | None:
    """(stamp, its sum, the JPEG's size) from the BEFORE_JPEG bytes before a frame; None if these
    are none."""
    if len(begin) < BEFORE_JPEG or begin[:8] != _STAMP_HEAD:
        return None
    name, size = struct.unpack_from("<4sI", begin, CHUNK_HEAD + STAMP_BYTES)
    if name != _VIDEO or not 0 < size <= _MOST_BYTES:
        return None
    values = _STAMP.unpack_from(begin, CHUNK_HEAD)
    (check,) = _SUM.unpack_from(begin, CHUNK_HEAD + _STAMP.size)
    return Stamp(*values), check, size


def check_of(begin: bytes, jpeg: bytes) -> int:
    """The sum that the stamp of an untouched frame holds: over the stamp and the picture."""
    stamp = begin[CHUNK_HEAD : CHUNK_HEAD + _STAMP.size]
    return zlib.crc32(jpeg, zlib.crc32(stamp))


def index(places: Sequence[Place]) -> bytes:
    """The idx1 chunk."""
    rows = (
        _INDEX_ROW.pack(_VIDEO, _KEYFRAME, place.at - CHUNK_HEAD - _MOVI_AT, place.size)
        for place in places
    )
    return _chunk(b"idx1", b"".join(rows))


def lasting_ms(places: Sequence[Place]) -> int:
    """From the first frame to the last; at least a millisecond."""
    if len(places) < 2:
        return 1
    return min(_MOST_MS, max(1, places[-1].stamp.captured_ms - places[0].stamp.captured_ms))


def _kept(frame: Frame) -> tuple[int, int, int, int, int, int, bytes]:
    """As in _STAMP, and in Stamp."""
    numbers = (frame.captured_ms, frame.boot, frame.sequence, frame.score)
    return (*numbers, frame.reason, frame.clock, frame.handle.ljust(16, b"\0"))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)


def _frame_us(places: Sequence[Place]) -> int:
    """The mean time from one frame to the next: AVI knows one rate for all of them."""
    if len(places) < 2:
        return 100_000
    return max(1, lasting_ms(places) * 1000 // (len(places) - 1))


def _largest(places: Sequence[Place]) -> int:
    return max((place.size for place in places), default=0) + CHUNK_HEAD


def _main_head(shape: Shape, places: Sequence[Place]) -> bytes:
    step = _frame_us(places)
    a_second = min(2**31 - 1, _largest(places) * 1_000_000 // step)
    counts = (step, a_second, 0, _HAS_INDEX, len(places), 0, 1, _largest(places))
    return struct.pack("<14I", *counts, shape.width, shape.height, 0, 0, 0, 0)


def _stream_head(shape: Shape, places: Sequence[Place]) -> bytes:
    rate = (0, _frame_us(places), 1_000_000, 0, len(places), _largest(places), 2**32 - 1, 0)
    bounds = struct.pack("<4H", 0, 0, shape.width, shape.height)
    return struct.pack("<4s4sIHH8I", b"vids", b"MJPG", 0, 0, 0, *rate) + bounds


def _bitmap(shape: Shape) -> bytes:
    size = shape.width * shape.height * 3
    colours = struct.pack("<HH4sI", 1, 24, b"MJPG", size)
    return struct.pack("<III", 40, shape.width, shape.height) + colours + bytes(16)


_STAMP_HEAD: Final = struct.pack("<4sI", b"JUNK", STAMP_BYTES)
