"""Stamped pictures: JPEGs that say in a comment when they were sent, so that any viewer can tell
how old a picture is, whoever carried it there.

    FF D8  FF E0 (JFIF, 18 bytes)  FF FE length "TS=" 19 digits (ns since 1970)  ...
    0      2                       20           24    27

A file of them is `FRM1`, their number, then length and bytes of each, u32 little-endian: the form
that the C tools of ../shared/bench read. Lengths are multiples of 4, for a WebSocket mask to begin
anew behind each picture.
"""

import struct
import time
from collections.abc import Sequence
from pathlib import Path

from porchkit.errors import CommandError

APP0_END = 20
DIGITS_AT, DIGITS_END = 27, 46
HEAD_BYTES = DIGITS_END  # enough of a picture to read its stamp, here or in an earlier comment
_JFIF = b"\xff\xd8\xff\xe0\x00\x10"
_MAGIC = b"FRM1"


def stampable(jpeg: bytes) -> bytes:
    """`jpeg` with a comment of zeros for the stamp. ValueError unless it begins as JFIF does."""
    if not jpeg.startswith(_JFIF):
        raise ValueError("not a JFIF file")
    comment = b"TS=" + b"0" * (DIGITS_END - DIGITS_AT)
    comment += b" " * (-(len(jpeg) + 4 + len(comment)) % 4)
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return jpeg[:APP0_END] + segment + jpeg[APP0_END:]


def stamped(jpeg: bytes, ns: int) -> bytes:
    """`jpeg` (from stampable) as sent at `ns` since 1970."""
    return b"%b%019d%b" % (jpeg[:DIGITS_AT], ns, jpeg[DIGITS_END:])


def sent_ns(head: bytes | bytearray | memoryview) -> int:
    """The stamp in the first HEAD_BYTES of a picture; 0 where there is none."""
    at = bytes(head).find(b"TS=") + 3
    digits = bytes(head[at : at + 19])
    return int(digits) if at >= 3 and len(digits) == 19 and digits.isdigit() else 0


def write(path: Path, shown: Sequence[bytes] | None = None) -> Path:
    """A file of `shown`; without any, of the built-in street at about 25 KB each."""
    if shown is None:
        from porchkit.bench import pictures  # viewers and boards, who only read, do without

        shown = pictures.street()
    made = [stampable(jpeg) for jpeg in shown]
    parts = [struct.pack("<I", len(jpeg)) + jpeg for jpeg in made]
    path.write_bytes(_MAGIC + struct.pack("<I", len(made)) + b"".join(parts))
    return path


def read(path: Path) -> list[bytes]:
    """The pictures of such a file; CommandError for any other."""
    raw = path.read_bytes()
    found: list[bytes] = []
    try:
        (count,) = struct.unpack_from("<I", raw, 4)
        at = 8
        for _ in range(count):
            (length,) = struct.unpack_from("<I", raw, at)
            found.append(raw[at + 4 : at + 4 + length])
            at += 4 + length
    except struct.error:
        at = -1
    if raw[:4] != _MAGIC or at != len(raw) or not found:
        raise CommandError(f"{path} is no file of frames")
    return found


def now_ns() -> int:
    """The clock of stamps."""
    return time.time_ns()
