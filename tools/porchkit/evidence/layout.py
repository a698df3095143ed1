"""How a bundle lies in its file: every byte is accounted for, so all programs find the same in it.

A ZIP names its files twice, before each and in the list at its end. What unpacks it may go by
either, and by anything that lies between, before or behind. Here the two agree, nothing lies
anywhere else, and the list is short: it is read before zipfile reads it.
"""

import struct
import zipfile
from typing import IO

MAX_FILES = 32
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_LISTED_BYTES = 46 + 160  # of one file in the list, at most: its name is a short one
_SIZES = struct.Struct("<HHQQ")  # the ZIP64 field that a size of 0xFFFFFFFF points to
_ELSEWHERE = 0xFFFFFFFF


def listed(file: IO[bytes]) -> int:
    """Where the list at the end begins. ValueError unless it is short and the file ends with it."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    if len(end) < _END.size:
        raise ValueError("no ZIP file")
    mark, *disks, length, begins, comment = _END.unpack(end)
    count = disks[2]
    if mark != b"PK\5\6" or disks != [0, 0, count, count] or comment:
        raise ValueError("something lies behind the list")
    if count > MAX_FILES or length > count * _LISTED_BYTES or begins + length + len(end) != size:
        raise ValueError("something lies around the list")
    return int(begins)


def check(file: IO[bytes], found: zipfile.ZipFile, begins: int) -> None:
    """ValueError unless the list begins there, and the files lie one behind the other before it."""
    at = 0
    for info in found.infolist():
        if info.header_offset != at or info.extra or info.comment or info.flag_bits:
            raise ValueError("the list tells of another file")
        at = _behind(file, info)
    if not at == begins == found.start_dir:
        raise ValueError("something lies before the list")


def _behind(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Where a file's content ends; ValueError unless its own head says what the list does."""
    file.seek(info.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        raise ValueError("the file is cut short")
    mark, _, flags, method, _, _, crc, packed, size, name_bytes, more_bytes = _LOCAL.unpack(head)
    name, more = file.read(name_bytes), file.read(more_bytes)
    if more and len(more) == _SIZES.size and packed == size == _ELSEWHERE:
        field, length, size, packed = _SIZES.unpack(more)
        more = b"" if (field, length) == (1, 16) else more
    said = mark, flags, method, crc, packed, size, name, more
    listed = (info.CRC, info.compress_size, info.file_size, info.filename.encode())
    if said != (b"PK\3\4", 0, zipfile.ZIP_STORED, *listed, b""):
        raise ValueError("the list tells of another file")
    return file.tell() + info.file_size
