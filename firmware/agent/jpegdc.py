"""The DC of luma out of a camera's JPEG: the picture at 1/8, without decoding a pixel.

Taken: baseline JPEGs of 8 bits with Huffman codes in one scan, gray or three components of which
luma is sampled most (4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1), with restart markers or without, up to
32,768 blocks. Refused, with a word:

    not-jpeg     does not begin with an SOI       truncated   ends before its EOI
    no-size      a height or width of 0           too-large   more blocks than that
    components   neither one nor three            sampling    other than above
    no-tables    codes or quantiser left out      scans       not all in one scan
    progressive, arithmetic, lossless, hierarchical, extended, 12-bit
    damaged      anything else that is not as T.81 says: a segment that contradicts itself, a code
                 that does not exist, a coefficient past the 63rd, a DC beyond 12 bits, a restart
                 marker missing or out of turn, a byte too few or too many before the EOI

What follows the EOI is not looked at, nor are the padding bits before a marker.

Memory: 2 bytes a block (VGA 9.6 KB, at most 64 KB), 8 KB of tables (12 when Cb and Cr have their
own), 2.3 KB besides. Not for a buffer that somebody writes to meanwhile.
"""

from array import array

from agent import jpegdc_scan as at
from agent.jpegdc_bytes import copy, greys, last_eoi, same
from agent.jpegdc_header import Header
from agent.jpegdc_scan import scan
from agent.jpegdc_tables import SIZE, SPEC, fill_dc, fill_steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

KNOWN = 1024  # bytes of a header that is recognised by comparing alone

_REASONS = {at.DAMAGED: "damaged", at.SCANS: "scans"}


class DcReader:
    """Reads one picture after another into the same memory.

    width, height, cols, rows and q0, the quantiser, are those of the last good picture; so is dc
    (rows * cols, quantised, equal to libjpeg's) until a picture is refused: then it is of no use.
    Nothing is allocated while the shape and the tables stay as they were.
    """

    def __init__(self) -> None:
        self.cols = self.rows = self.width = self.height = self.q0 = 0
        self.dc = array("h")
        self._good = False
        self._header = Header()
        self._known = bytearray(KNOWN)
        self._known_size = 0  # 0: the next header has to be read
        self._plan = array("H", bytes(2 * at.PLAN))
        self._lut = array("H", bytes(8 * SIZE))  # while the heap is in one piece; most need this
        self._pairs = 0  # of tables that are made in it

    def read(self, jpeg: "Buffer") -> str:
        """ "" when the picture is whole and good, else why it is refused.

        Raises nothing, except MemoryError when there is no room for a larger picture.
        """
        self._good = False
        header = self._header
        size = self._known_size
        if not size or len(jpeg) < size or not same(jpeg, self._known, size):  # type: ignore[arg-type]
            reason = self._learn(jpeg)
            if reason:
                return reason
        if last_eoi(jpeg, header.scan, len(jpeg)) < 0:  # type: ignore[arg-type]
            return "truncated"
        end = scan(jpeg, header.scan, self._lut, self.dc, self._plan, header.specs)
        if end < 0:
            return _REASONS[end]
        self.cols, self.rows = header.cols, header.rows
        self.width, self.height = header.width, header.height
        self.q0 = header.q0
        self._good = True
        return ""

    def thumbnail(self, into: bytearray) -> None:
        """The last picture in grey, a byte a block, equal to libjpeg's at 1/8.

        ValueError when `into` has no room for cols * rows bytes, or dc is of no use.
        """
        count = self.cols * self.rows
        if not self._good or len(into) < count:
            raise ValueError("no picture, or no room for it")
        greys(into, self.dc, count, self.q0)  # type: ignore[arg-type]

    def _learn(self, jpeg: "Buffer") -> str:
        """Read a header that is not the last one's, and prepare for its scan."""
        self._known_size = 0
        header = self._header
        reason = header.parse(jpeg)
        if reason:
            return reason
        count = header.cols * header.rows
        if len(self.dc) != count:
            self.dc = array("h", bytes(2 * count))
        self._lay_out()
        if header.scan <= KNOWN:
            copy(self._known, jpeg, header.scan)  # type: ignore[arg-type]
            self._known_size = header.scan
        return ""

    def _lay_out(self) -> None:
        """Tell scan() about the picture, and make its tables if they are not the last one's."""
        header, plan = self._header, self._plan
        across, down = header.across, header.down
        wide = (header.cols + across - 1) // across
        plan[at.ACROSS] = across
        plan[at.ACROSS_LOG] = across >> 1  # of 1, 2 or 4
        plan[at.COLS] = header.cols
        plan[at.TOTAL] = header.cols * header.rows
        plan[at.MCU_COLS] = wide
        plan[at.MCU_STRIDE] = header.cols * down
        plan[at.MCUS] = wide * ((header.rows + down - 1) // down)
        plan[at.RESTART] = header.restart
        pairs = header.components
        if pairs == 3 and header.dc[1] == header.dc[2] and header.ac[1] == header.ac[2]:
            pairs = 2
        self._lay_blocks(pairs)
        self._make_tables(pairs)

    def _lay_blocks(self, pairs: int) -> None:
        """Where in lut the first table of each block of an MCU is; its second follows."""
        header, plan = self._header, self._plan
        block = 0
        for i in range(header.components):
            for _ in range(header.blocks[i]):
                plan[at.BASES + block] = 2 * SIZE * min(i, pairs - 1)
                block += 1
        plan[at.BLOCKS] = block

    def _make_tables(self, pairs: int) -> None:
        """Two tables for luma, two for both chromas or for each, unless they are there already."""
        header, plan = self._header, self._plan
        changed = header.new_codes or len(self._lut) < 2 * pairs * SIZE or self._pairs < pairs
        for i in range(pairs):
            first, rest = header.dc[i] * SPEC, header.ac[i] * SPEC
            place = at.SPECS + 2 * i
            if plan[place] != first or plan[place + 1] != rest:
                plan[place], plan[place + 1] = first, rest
                changed = True
        if not changed:
            return
        self._pairs = 0
        if len(self._lut) < 2 * pairs * SIZE:
            self._lut = array("H", bytes(4 * pairs * SIZE))
        fill_dc(self._lut, 0, header.specs, plan[at.SPECS])  # type: ignore[arg-type]
        for table in range(1, 2 * pairs):
            before = -1 if table & 1 else plan[at.SPECS + table]
            fill_steps(self._lut, table * SIZE, header.specs, before, plan[at.SPECS + (table | 1)])  # type: ignore[arg-type]
        self._pairs = pairs
        header.new_codes = False
