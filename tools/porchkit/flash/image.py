"""One ESP image, as the boot loader reads it: checked before anything is written.

    E9 segments mode size|freq  entry(4)  pins(4)  chip(2)  revisions(9)  hash-appended(1)
    then per segment: address(4) length(4) bytes; pad to 15 mod 16, checksum(1), SHA-256(32)?

Little-endian. The checksum is the XOR of all segment bytes and 0xEF.
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

from porchkit.flash.errors import Refused

MAGIC = 0xE9
CHIPS = {
    0: "esp32",
    2: "esp32s2",
    5: "esp32c3",
    9: "esp32s3",
    12: "esp32c2",
    13: "esp32c6",
    16: "esp32h2",
    18: "esp32p4",
    23: "esp32c5",
}
_HEADER = struct.Struct("<BBBBIIHBHHIB")
_SEGMENT = struct.Struct("<II")
_MOST_SEGMENTS = 16
_CHECKSUM_SEED = 0xEF


@dataclass(frozen=True)
class Image:
    """`length` in bytes, checksum and hash included; `flash_mb` is what its header expects."""

    chip: str
    length: int
    flash_mb: int


def read(contents: bytes, what: str) -> Image:
    """Read and check the image that `contents` begins with. Refused names `what` and the fault."""
    if len(contents) < _HEADER.size:
        raise Refused(f"{what} is truncated: {len(contents)} bytes; get the file again")
    magic, segments, _, size_freq, *_, chip_id, _, _, _, _, hashed = _HEADER.unpack_from(contents)
    if magic != MAGIC:
        raise Refused(
            f"{what} is not an ESP image (it begins with 0x{magic:02X}, not 0xE9); "
            "the file to pass is firmware.bin of the camera firmware, or the .zip it came in"
        )
    if chip_id not in CHIPS:
        raise Refused(f"{what} is for a chip that nobody here knows (id {chip_id})")
    if not 1 <= segments <= _MOST_SEGMENTS:
        raise Refused(f"{what} is damaged: {segments} segments; get the file again")
    end = _checked_segments(contents, segments, what)
    if hashed:
        end = _checked_hash(contents, end, what)
    return Image(CHIPS[chip_id], end, 1 << (size_freq >> 4))


def _checked_segments(contents: bytes, count: int, what: str) -> int:
    """Where the checksum ends."""
    at, total = _HEADER.size, _CHECKSUM_SEED
    for _ in range(count):
        if at + _SEGMENT.size > len(contents):
            raise _truncated(what, at + _SEGMENT.size, contents)
        _, length = _SEGMENT.unpack_from(contents, at)
        at += _SEGMENT.size
        if at + length > len(contents):
            raise _truncated(what, at + length, contents)
        total ^= _folded(contents[at : at + length])
        at += length
    at |= 15
    if at >= len(contents):
        raise _truncated(what, at + 1, contents)
    if contents[at] != total:
        raise Refused(f"{what} is damaged: its checksum is wrong; get the file again")
    return at + 1


def _checked_hash(contents: bytes, at: int, what: str) -> int:
    """Where the appended SHA-256 ends."""
    end = at + hashlib.sha256().digest_size
    if end > len(contents):
        raise _truncated(what, end, contents)
    if hashlib.sha256(contents[:at]).digest() != contents[at:end]:
        raise Refused(f"{what} is damaged: its SHA-256 is wrong; get the file again")
    return end


def _folded(piece: bytes) -> int:
    """XOR of all bytes: eight at a time, as megabytes in a loop of bytes would take a second."""
    whole = len(piece) & ~7
    words = struct.unpack(f"<{whole // 8}Q", piece[:whole])
    word = reduce(xor, words, 0)
    return reduce(xor, word.to_bytes(8, "little") + piece[whole:], 0)


def _truncated(what: str, needed: int, contents: bytes) -> Refused:
    return Refused(
        f"{what} is truncated: it needs at least {needed} bytes and has {len(contents)}; "
        "get the file again"
    )
