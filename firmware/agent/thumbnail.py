"""The picture that the motion model judges: grey, one pixel for each 8x8 block of a JPEG, halved
until it is small enough. The host makes the same of the same JPEG (porchlight/motion/thumbnail.py).
"""

from agent.greys import halve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    Buffer = bytes | bytearray | memoryview

    class Reader(Protocol):
        """`cols` * `rows` blocks of the last good picture; see jpegdc.DcReader."""

        @property
        def cols(self) -> int: ...
        @property
        def rows(self) -> int: ...
        def read(self, jpeg: "Buffer") -> str: ...
        def thumbnail(self, into: bytearray) -> None: ...


MOST_BLOCKS = 7_680  # 1.6 times what a VGA picture has


def best_reader(now_ms: "Callable[[], int]") -> "Reader":
    """What to read with on this firmware: our own reader; or that and the firmware's, if it has
    one, whichever shows to be better."""
    from agent.jpegdc import DcReader  # here: native code is not for every runtime that tests this

    try:
        import jpeg
    except ImportError:
        return DcReader()
    from agent.mpjpeg import EitherReader  # here: most boards need no room for it

    return EitherReader(DcReader(), jpeg, now_ms)


class Thumbnailer:
    """`pixels`: `cols` * `rows` grey levels of the last picture that was whole and good. Nothing
    is allocated until the shape changes. `reader`: a DcReader unless another is given."""

    def __init__(self, reader: "Reader | None" = None) -> None:
        if reader is None:
            from agent.jpegdc import DcReader  # here: as above

            reader = DcReader()
        self._reader = reader
        self._blocks = bytearray()  # as read; the very `pixels` where nothing is halved
        self._block_cols = self._block_rows = 0
        self._halvings = 0
        self.pixels = bytearray()
        self.cols = self.rows = 0

    def read(self, jpeg: "Buffer") -> str:
        """ "" once `pixels` shows this JPEG; else a reason word, and all stays as it was."""
        reader = self._reader
        reason = reader.read(jpeg)
        if reason:
            return reason
        if reader.cols != self._block_cols or reader.rows != self._block_rows:
            self._make_room(reader.cols, reader.rows)
        reader.thumbnail(self._blocks)
        if self._halvings:
            self._reduce()
        return ""

    def _make_room(self, cols: int, rows: int) -> None:
        """For pictures of so many blocks. Where memory is short, all stays as it was."""
        blocks = pixels = bytearray(cols * rows)
        small_cols, small_rows, halvings = cols, rows, 0
        while small_cols * small_rows > MOST_BLOCKS:
            small_cols, small_rows = (small_cols + 1) >> 1, (small_rows + 1) >> 1
            halvings += 1
        if halvings:
            pixels = bytearray(small_cols * small_rows)
        self._blocks, self._block_cols, self._block_rows = blocks, cols, rows
        self._halvings = halvings
        self.pixels, self.cols, self.rows = pixels, small_cols, small_rows

    def _reduce(self) -> None:
        """In place but for the last time."""
        cols, rows = self._block_cols, self._block_rows
        for _ in range(self._halvings - 1):
            halve(self._blocks, cols, rows, self._blocks)
            cols = (cols + 1) >> 1
            rows = (rows + 1) >> 1
        halve(self._blocks, cols, rows, self.pixels)
