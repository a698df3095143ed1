"""Putting the firmware on the flash: what differs, verified piece by piece and once more whole."""

import hashlib
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from porchkit.flash.chip import Link
from porchkit.flash.errors import BrokeOff, LinkFault
from porchkit.flash.esplog import EspLog, Progress
from porchkit.flash.firmware import SECTOR, TABLE_AT, Firmware

# Small enough that a broken run loses little, large enough that the overhead does not show.
# A multiple of the 64 KB that flash chips erase fastest.
PIECE = 0x40000


@dataclass(frozen=True)
class Written:
    """Bytes of the firmware that are now on the flash, and whether the NVS is as it was."""

    verified_bytes: int
    nvs: str


class Held(Enum):
    """What was on the board before."""

    BLANK = "nothing"
    SAME = "firmware with the same layout: its files will be found again"
    OTHER = "something else"


def held(link: Link, firmware: Firmware) -> Held:
    """What the board's partition table says of it; nothing is written."""
    now = link.md5(TABLE_AT, SECTOR)
    at = TABLE_AT - firmware.offset
    if now == _md5(firmware.contents[at : at + SECTOR]):
        return Held.SAME
    return Held.BLANK if now == _md5(b"\xff" * SECTOR) else Held.OTHER


def write(
    link: Link, log: EspLog, firmware: Firmware, progress: Progress, *, erase: bool
) -> Written:
    """Write and verify all of it; pieces that are there already are skipped. LinkFault when the
    line fails or what is read back is not what was written."""
    if erase:
        link.erase_all()
    nvs_before = _nvs_md5(link, firmware)
    regions = firmware.regions(with_nvs=erase)
    total = sum(len(contents) for _, contents in regions)
    done = 0
    for address, contents in regions:
        for at in _cuts(address, address + len(contents)):
            piece = contents[at.start - address : at.stop - address]
            log.progress = _within(progress, done, len(piece), total)
            link.write(at.start, piece)
            done += len(piece)
            progress(done, total)
    _verify(link, regions)
    # Answers of the chip carry no checksum: one that differs is asked for twice.
    if not erase and nvs_before not in (_nvs_md5(link, firmware), _nvs_md5(link, firmware)):
        raise BrokeOff("the board's NVS changed while the firmware was written; please report it")
    return Written(done, "erased" if erase else "kept")


def _cuts(start: int, end: int) -> list[range]:
    """The pieces of [start, end), cut where addresses are multiples of PIECE."""
    inner = range((start // PIECE + 1) * PIECE, end, PIECE)
    edges = [start, *inner, end]
    return [range(a, b) for a, b in pairwise(edges)]


def _within(progress: Progress, before: int, size: int, total: int) -> Progress:
    """A piece's own progress, in compressed bytes, as progress of the whole in plain bytes."""
    return lambda done, of: progress(before + size * done // max(of, 1), total)


def _verify(link: Link, regions: list[tuple[int, bytes]]) -> None:
    for address, contents in regions:
        if link.md5(address, len(contents)) != _md5(contents):
            raise LinkFault(f"what is on the flash from 0x{address:x} is not what was written")


def _nvs_md5(link: Link, firmware: Firmware) -> str:
    return link.md5(firmware.nvs.offset, firmware.nvs.size)


def _md5(contents: bytes) -> str:
    """What the chip's loader can compute; it guards against accidents, not attackers."""
    return hashlib.md5(contents, usedforsecurity=False).hexdigest()
