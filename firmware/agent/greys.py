"""Arithmetic on grey pictures of one byte a pixel. Viper where there is viper."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Buffer = bytes | bytearray | memoryview
    Halve = Callable[[Buffer, int, int, bytearray], None]
    Luma = Callable[[Buffer, int, bytearray], None]


def halve_plain(grey: "Buffer", cols: int, rows: int, into: bytearray) -> None:
    """The mean of each 2x2 box, halves up, of `cols` * `rows` pixels. At an odd edge the last
    column or row counts twice: the mean of what is there. `into` may be `grey` itself: nothing is
    written before it was read."""
    at = 0
    for top in range(0, rows, 2):
        upper = top * cols
        lower = upper + (cols if top + 1 < rows else 0)
        for left in range(0, cols, 2):
            right = left + (1 if left + 1 < cols else 0)
            two = grey[upper + left] + grey[upper + right]
            into[at] = (two + grey[lower + left] + grey[lower + right] + 2) >> 2
            at += 1


def luma_plain(packed: "Buffer", count: int, into: bytearray) -> None:
    """The Y of `count` pixels out of Cb Y Cr Y, two bytes a pixel."""
    for at in range(count):
        into[at] = packed[2 * at + 1]


halve: "Halve" = halve_plain
luma: "Luma" = luma_plain
try:
    from agent.greys_viper import halve_native, luma_native

    halve = halve_native  # type: ignore[assignment]  # viper's own types
    luma = luma_native  # type: ignore[assignment]
except (ImportError, SyntaxError):
    pass  # CPython; a MicroPython built without native code
