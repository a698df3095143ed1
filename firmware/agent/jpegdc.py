"""The DC of luma out of a camera's JPEG: a picture of an eighth, without decoding a pixel.

Takes baseline JPEGs of 8 bits with Huffman codes, one scan, gray or YCbCr with luma sampled 1, 2 or 4
times as often (4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1), restart markers or none. What is not wholly right
is refused, with a word that says why. What follows the EOI is not looked at.

Memory: 2 bytes a block (VGA 9.6 KB, at most 64 KB), 8 KB of tables (4 when gray, 12 when Cb and Cr
differ), 2.5 KB besides.
"""

from array import array

from micropython import const

from agent import jpegdc_scan
from agent.jpegdc_header import Header
from agent.jpegdc_scan import PLAN, copy, greys, last_eoi, same, scan
from agent.jpegdc_tables import SIZE, SPEC, fill_dc, fill_steps

_LUMA = const(0)
_CB = const(1)
_CR = const(2)
_MASK = const(3)
_SHIFT = const(4)
_COLS = const(5)
_TOTAL = const(6)
_ACROSS = const(7)
_STRIDE = const(8)
_MCUS = const(9)
_RESTART = const(10)
_LIMIT = const(11)
_CR_BASE = const(12)
_SPECS = const(13)
KNOWN = 1024  # bytes of a header that is recognised by comparing alone

_REASONS = {
    jpegdc_scan.TRUNCATED: "truncated",
    jpegdc_scan.DAMAGED: "damaged",
    jpegdc_scan.SCANS: "scans",
}


class DcReader:
    """Reads one picture after another into the same memory, which grows only with the picture.

    cols, rows, width and height are those of the last good picture. dc (rows * cols, quantised, as
    libjpeg has it) and q0 (its quantiser) are too, until a picture is refused: then dc is of no use.
    """

    def __init__(self) -> None:
        self.cols = self.rows = self.width = self.height = self.q0 = 0
        self.dc = array("h")
        self._header = Header()
        self._known = bytearray(KNOWN)
        self._known_size = 0  # 0: the next header has to be read
        self._plan = array("H", bytes(2 * PLAN))
        self._lut = array("H", bytes(8 * SIZE))  # while the heap is in one piece; most need this

    def read(self, jpeg: "bytes | bytearray | memoryview") -> str:
        """ "" when the picture is whole and good, else why it is refused. Never raises."""
        header = self._header
        size = self._known_size
        if not size or len(jpeg) < size or not same(jpeg, self._known, size):
            reason = self._learn(jpeg)
            if reason:
                return reason
        if last_eoi(jpeg, header.scan, len(jpeg)) < 0:
            return "truncated"
        end = scan(jpeg, header.scan, self._lut, self.dc, self._plan, header.specs)
        if end < 0:
            return _REASONS[end]
        self.cols, self.rows = header.cols, header.rows
        self.width, self.height = header.width, header.height
        self.q0 = header.q0
        return ""

    def thumbnail(self, into: bytearray) -> None:
        """The last picture in grey, a byte a block, as libjpeg decodes it at 1/8. ValueError: no room."""
        count = self.cols * self.rows
        if len(into) < count or len(self.dc) < count:
            raise ValueError("a thumbnail needs cols * rows bytes")
        greys(into, self.dc, count, self.q0)

    def _learn(self, jpeg: "bytes | bytearray | memoryview") -> str:
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
            copy(self._known, jpeg, header.scan)
            self._known_size = header.scan
        return ""

    def _lay_out(self) -> None:
        """Tell scan() about the picture, and make its tables if they are not the last one's."""
        header, plan = self._header, self._plan
        across, down, blocks = header.across, header.down, header.blocks
        wide = (header.cols + across - 1) // across
        plan[_LUMA] = blocks[0]
        plan[_CB] = plan[_LUMA] + (blocks[1] if header.components == 3 else 0)
        plan[_CR] = plan[_CB] + (blocks[2] if header.components == 3 else 0)
        plan[_MASK] = across - 1
        plan[_SHIFT] = across >> 1
        plan[_COLS] = header.cols
        plan[_TOTAL] = header.cols * header.rows
        plan[_ACROSS] = wide
        plan[_STRIDE] = header.cols * down
        plan[_MCUS] = wide * ((header.rows + down - 1) // down)
        plan[_RESTART] = header.restart
        plan[_LIMIT] = min(2047, 4091 // header.q0)  # what libjpeg's clipping can tell apart
        self._make_tables()

    def _make_tables(self) -> None:
        """Two tables for luma, two for both chromas or for each, unless they are there already."""
        header, plan, dc, ac = self._header, self._plan, self._header.dc, self._header.ac
        pairs = header.components
        if pairs == 3 and dc[1] == dc[2] and ac[1] == ac[2]:
            pairs = 2
        plan[_CR_BASE] = 2 * SIZE * (pairs - 1)
        changed = header.new_codes or len(self._lut) != 2 * pairs * SIZE
        for i in range(pairs):
            places = _SPECS + 2 * i
            if plan[places] != dc[i] * SPEC or plan[places + 1] != ac[i] * SPEC:
                plan[places] = dc[i] * SPEC
                plan[places + 1] = ac[i] * SPEC
                changed = True
        if changed:
            if len(self._lut) != 2 * pairs * SIZE:
                self._lut = array("H", bytes(4 * pairs * SIZE))
            self._fill_tables(pairs)
            header.new_codes = False

    def _fill_tables(self, pairs: int) -> None:
        lut, plan, specs = self._lut, self._plan, self._header.specs
        fill_dc(lut, 0, specs, plan[_SPECS])
        for table in range(1, 2 * pairs):
            before = -1 if table & 1 else plan[_SPECS + table]
            fill_steps(lut, table * SIZE, specs, before, plan[_SPECS + (table | 1)])
