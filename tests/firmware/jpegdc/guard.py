"""Memory between two pages that fault on any access. MicroPython's unix port on x86-64 Linux only.

The port has no ffi, so a viper function lends its executable page to a system call in machine code.
An array or bytearray moves by its items pointer; the garbage collector leaves foreign memory alone.
"""

import struct

import micropython
import uctypes

PAGE = 4096
CANARY = 0xA5
_RING = 64  # bytes looked at on the side where the page does not end with the object

_READ_WRITE = 3
_PRIVATE_ANONYMOUS = 0x22
_MMAP = 9
_MPROTECT = 10

# The arguments are small integers behind rcx: untag seven into rax, rdi, rsi, rdx, r10, r8, r9,
# syscall, tag the result.
_CODE = bytes.fromhex(
    "5351488bd9488b0348d1f8488b7b0848d1ff488b731048d1fe488b531848d1fa"
    "4c8b532049d1fa4c8b432849d1f84c8b4b3049d1f90f0548d1e04883c801595bc3"
)


@micropython.viper
def _system(call: int, a: int, b: int, c: int, d: int, e: int, f: int) -> int:
    # Never runs as written: only its page is wanted, and this many bytes of it.
    x = a * b + c * d + e * f + call
    if x > a:
        x += b * c - d * e
    if x > b:
        x += c * d - e * f
    return x * a - b * x + c * x - d * x


def _arm() -> None:
    page = struct.unpack("PPPP", uctypes.bytearray_at(id(_system), 32))[3]
    uctypes.bytearray_at(page, len(_CODE))[:] = _CODE


class Region:
    """Room for one object of at most `size` bytes, flush against a forbidden page."""

    def __init__(self, size: int, at_end: bool) -> None:
        self._size = (size + PAGE - 1) // PAGE * PAGE
        self._at_end = at_end
        start = _system(_MMAP, 0, self._size + 2 * PAGE, _READ_WRITE, _PRIVATE_ANONYMOUS, -1, 0)
        for page in (start, start + PAGE + self._size):
            if start <= 0 or _system(_MPROTECT, page, PAGE, 0, 0, 0, 0):
                raise OSError("no guard pages")
        self._start = start + PAGE
        self._ring = uctypes.bytearray_at(self._start, 0)
        self._whole = bytes([CANARY]) * _RING

    def place(self, size: int) -> int:
        """The address for an object of `size` bytes, with a ring of canaries on its free side."""
        if size > self._size:
            raise ValueError("too large for its region")
        free = min(_RING, self._size - size)
        at = self._start + (self._size - size if self._at_end else 0)
        self._ring = uctypes.bytearray_at(at - free if self._at_end else at + size, free)
        for i in range(free):
            self._ring[i] = CANARY
        return at

    def put(self, content) -> bytearray:
        """A bytearray here with that content."""
        there = uctypes.bytearray_at(self.place(len(content)), len(content))
        there[:] = content
        return there

    def adopt(self, owner):
        """Move the items of an array or a bytearray here; returns it."""
        content = bytes(owner)
        at = self.place(len(content))
        uctypes.bytearray_at(at, len(content))[:] = content
        struct.pack_into("P", uctypes.bytearray_at(id(owner), 32), 24, at)
        return owner

    def check(self) -> None:
        """AssertionError when something has written beside the object."""
        if self._ring != self._whole[: len(self._ring)]:
            raise AssertionError("a canary is dead")


_arm()
