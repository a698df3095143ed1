"""Stand-in for MicroPython's `os`: the unix port's, as far as an ESP32 has it. Directories are told
with sizes, and the flash has an ESP32's size; a full one is not simulated."""

from uos import *  # noqa: F403
from uos import ilistdir as _ilistdir
from uos import stat as _stat
from uos import statvfs as _statvfs

_BLOCK = 4096
_BLOCKS = 512  # 2 MB, as on a board with 4 MB of flash
_DIRECTORY = 0x4000

# A board has no environment, and no shell.
del getenv, putenv, system, unsetenv  # noqa: F821


def ilistdir(path="."):
    """(name, type, inode, size) of each entry."""
    for row in _ilistdir(path):
        yield (row[0], row[1], 0, _size(path, row))


def statvfs(path):
    """As of a littlefs; what else is mounted speaks for itself."""
    if path != "/":
        return _statvfs(path)
    free = max(_BLOCKS - _used(path), 0)
    return (_BLOCK, _BLOCK, _BLOCKS, free, free, 0, 0, 0, 0, 255)


def _size(path, row):
    return 0 if row[1] == _DIRECTORY else _stat(path.rstrip("/") + "/" + row[0])[6]


def _used(path):
    """Blocks that the files below `path` take; a directory takes two."""
    blocks = 2
    for row in _ilistdir(path):
        below = path.rstrip("/") + "/" + row[0]
        blocks += _used(below) if row[1] == _DIRECTORY else -(-_size(path, row) // _BLOCK)
    return blocks
