"""Firmware files made by the tests: laid out as the camera firmware's releases are."""

import hashlib
import random
import struct
from functools import reduce
from operator import xor

CHIP_IDS = {"esp32": 0, "esp32s3": 9}
OFFSETS = {"esp32": 0x1000, "esp32s3": 0}
NVS, NVS_SIZE, APP, APP_SIZE = 0x9000, 0x6000, 0x10000, 0x1F0000


def image(body: bytes, *, chip: str = "esp32", flash_mb: int = 4, hashed: bool = True) -> bytes:
    """One ESP image with two segments, checksum, and a SHA-256 if `hashed`."""
    size = (flash_mb.bit_length() - 1) << 4
    head = struct.pack(
        "<BBBBIIHBHHIB", 0xE9, 2, 2, size, 0x40080000, 0, CHIP_IDS[chip], 0, 0, 65535, 0, hashed
    )
    half = len(body) // 2 & ~3
    out = head
    for address, segment in ((0x3F400020, body[:half]), (0x400D0020, body[half:])):
        out += struct.pack("<II", address, len(segment)) + segment
    out += b"\0" * (15 - len(out) % 16)
    out += bytes([reduce(xor, body, 0xEF)])
    return out + hashlib.sha256(out).digest() if hashed else out


def table(app_size: int = APP_SIZE) -> bytes:
    """The partition table of a camera firmware."""
    rows = [
        (1, 2, NVS, NVS_SIZE, b"nvs"),
        (1, 1, 0xF000, 0x1000, b"phy_init"),
        (0, 0, APP, app_size, b"factory"),
    ]
    packed = b"".join(struct.pack("<2sBBII16sI", b"\xaa\x50", *row, 0) for row in rows)
    return packed + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(packed).digest()


def merged(
    *, chip: str = "esp32", flash_mb: int = 4, app_bytes: int = 100_000, seed: int = 1
) -> bytes:
    """A whole firmware.bin: boot loader, table, gap over the NVS, application."""
    dice = random.Random(seed)
    # More compressible than machine code: the mock boot loader is what takes the time.
    body = b"".join(dice.randbytes(20) + bytes(76) for _ in range(app_bytes // 96))
    loader = image(dice.randbytes(17_000), chip=chip, flash_mb=flash_mb)
    out = loader.ljust(0x8000 - OFFSETS[chip], b"\xff") + table()
    return out.ljust(APP - OFFSETS[chip], b"\xff") + image(body, chip=chip, flash_mb=flash_mb)
