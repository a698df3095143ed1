"""A whole firmware file, as releases hold it: boot loader, partition table and application in one.

    flash   0x0 or 0x1000   0x8000            nvs                    application
            boot loader     partition table   left out when writing  ...

The release pads the gaps with 0xFF. The gap over `nvs` is never written: that would erase what the
board keeps there (Wi-Fi calibration, a board's own key).
"""

import hashlib
import struct
from dataclasses import dataclass

from porchkit.flash import image
from porchkit.flash.errors import Refused

SECTOR = 0x1000
MB = 1 << 20
TABLE_AT, _TABLE_BYTES = 0x8000, 0xC00
_ROW = struct.Struct("<2sBBII16sI")
_ROW_MAGIC = b"\xaa\x50"
_APP, _DATA = 0, 1
_NVS = 2
# Where each chip's ROM looks for the boot loader.
OFFSETS = {"esp32": 0x1000, "esp32s2": 0x1000, "esp32c5": 0x2000, "esp32p4": 0x2000}


@dataclass(frozen=True)
class Partition:
    """One row of the partition table; bytes."""

    kind: int
    subtype: int
    offset: int
    size: int
    name: str

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class Firmware:
    """A checked file. `offset` is where its first byte goes; `needs` is the flash it expects."""

    contents: bytes
    name: str
    chip: str
    offset: int
    needs: int
    nvs: Partition

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.offset + len(self.contents)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.contents).hexdigest()

    def regions(self, *, with_nvs: bool) -> list[tuple[int, bytes]]:
        """[(address, bytes)] to write: all of it, or all around the NVS."""
        if with_nvs:
            return [(self.offset, self.contents)]
        before = self.contents[: self.nvs.offset - self.offset]
        after = self.contents[self.nvs.end - self.offset :]
        return [(self.offset, before), (self.nvs.end, after)]


def read(contents: bytes, name: str) -> Firmware:
    """Check a firmware file from front to back. Refused says what is wrong with it."""
    loader = image.read(contents, name)
    offset = OFFSETS.get(loader.chip, 0)
    table = _table(contents, offset, name)
    apps = [row for row in table if row.kind == _APP]
    stores = [row for row in table if (row.kind, row.subtype) == (_DATA, _NVS)]
    if not apps or not stores:
        raise Refused(f"{name} has no application or no NVS in its partition table")
    _check_application(contents, offset, apps[0], loader.chip, name)
    _check_nvs(contents, offset, stores[0], name)
    return Firmware(
        contents=contents,
        name=name,
        chip=loader.chip,
        offset=offset,
        needs=max(loader.flash_mb * MB, *(row.end for row in table)),
        nvs=stores[0],
    )


def _table(contents: bytes, offset: int, name: str) -> list[Partition]:
    at = TABLE_AT - offset
    rows = contents[at : at + _TABLE_BYTES]
    found = []
    for start in range(0, len(rows) - _ROW.size + 1, _ROW.size):
        magic, kind, subtype, begin, size, label, _ = _ROW.unpack_from(rows, start)
        if magic != _ROW_MAGIC:
            break
        text = label.rstrip(b"\0").decode("ascii", "replace")
        found.append(Partition(kind, subtype, begin, size, text))
    if not found:
        raise Refused(
            f"{name} has no partition table: an application alone, or a truncated file; "
            "the file to pass is firmware.bin (the merged one), not micropython.bin"
        )
    return found


def _check_application(contents: bytes, offset: int, row: Partition, chip: str, name: str) -> None:
    what = f"the application in {name}"
    application = image.read(contents[row.offset - offset :], what)
    if application.chip != chip:
        raise Refused(f"{what} is for {application.chip}, its boot loader for {chip}")
    if application.length > row.size:
        raise Refused(f"{what} is too large: {application.length} bytes for {row.size}")
    if len(contents) + offset > row.end:
        raise Refused(f"{name} is too large: it would run into what lies behind the application")


def _check_nvs(contents: bytes, offset: int, nvs: Partition, name: str) -> None:
    if nvs.offset % SECTOR or nvs.size % SECTOR or nvs.offset < TABLE_AT + SECTOR:
        raise Refused(f"{name} is damaged: its NVS is where none can be; get the file again")
    held = contents[nvs.offset - offset : nvs.end - offset]
    if held.strip(b"\xff"):
        raise Refused(f"{name} would overwrite the board's NVS; that is no camera firmware")
