"""What stands before the scan of a JPEG, read strictly: T.81 annex B, baseline. Plain Python.

Nothing is allocated, so that pictures whose headers differ (a date in EXIF, say) cost no heap.
"""

from agent.jpegdc_tables import SPEC

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

MAX_BLOCKS = 32768  # of luma; 1600x1200 has 30,000
MAX_STEPS = 1024  # segments and fill bytes before the scan

_KINDS = {
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "hierarchical",
    0xC6: "hierarchical",
    0xC7: "hierarchical",
    0xC9: "arithmetic",
    0xCA: "arithmetic",
    0xCB: "arithmetic",
    0xCC: "arithmetic",
    0xCD: "arithmetic",
    0xCE: "arithmetic",
    0xCF: "arithmetic",
    0xDE: "hierarchical",
    0xF7: "lossless",
}


class Header:
    """One picture's header after another. What it holds is good while parse() has answered ""."""

    def __init__(self) -> None:
        self.width = self.height = self.cols = self.rows = 0
        self.across = self.down = 1  # luma blocks in an MCU
        self.restart = 0  # MCUs between restart markers, 0: no such markers
        self.q0 = 0
        self.scan = 0  # where the first byte of the scan is
        self.components = 0
        self.specs = bytearray(4 * SPEC)  # DC 0, DC 1, AC 0, AC 1
        self.new_codes = True  # specs has changed; whoever has read it says False
        self.blocks = bytearray(3)  # of each component in an MCU
        self.dc = bytearray(3)  # of each component: the place of its codes in specs / SPEC
        self.ac = bytearray(3)
        self._names = bytearray(3)
        self._quantisers = bytearray(3)
        self._q0s = bytearray(4)  # of each DQT table; 0: not there
        self._codes = 0  # bit n: specs has table n of this picture

    def parse(self, jpeg: "Buffer") -> str:
        """ "" for a header that this reader takes, else why not, in a word. Never raises.

        After "" `scan` is inside the picture or at its end, and every table that it needs is there.
        """
        self.components = self.restart = self._codes = self.scan = 0
        for table in range(4):
            self._q0s[table] = 0
        size = len(jpeg)
        if size < 2 or jpeg[0] != 0xFF or jpeg[1] != 0xD8:
            return "not-jpeg"
        at = 2
        for _ in range(MAX_STEPS):
            if at + 4 > size:
                return "truncated"
            if jpeg[at] != 0xFF:
                return "damaged"
            marker = jpeg[at + 1]
            at += 1
            if marker != 0xFF:
                end = at + 1 + (jpeg[at + 1] << 8 | jpeg[at + 2])
                reason = self._segment(jpeg, marker, at + 3, end)
                if reason or self.scan:
                    return reason
                at = end
        return "damaged"

    def _segment(self, jpeg: "Buffer", marker: int, at: int, end: int) -> str:
        if marker in _KINDS:
            return self._kind(jpeg, marker, at)
        if end < at or not (0xC0 <= marker <= 0xEF or marker == 0xFE):
            return "damaged"
        if end > len(jpeg):
            return "truncated"
        if marker in _READ:
            return _READ[marker](self, jpeg, at, end)
        return "" if marker >= 0xE0 else "damaged"

    def _kind(self, jpeg: "Buffer", marker: int, at: int) -> str:
        if marker == 0xC1 and at < len(jpeg) and jpeg[at] == 12:
            return "12-bit"
        return _KINDS[marker]

    def _quantisers_of(self, jpeg: "Buffer", at: int, end: int) -> str:
        while at < end:
            if jpeg[at] > 3 or at + 65 > end or jpeg[at + 1] == 0:
                return "damaged"  # 16 bits are not for baseline
            self._q0s[jpeg[at]] = jpeg[at + 1]
            at += 65
        return ""

    def _codes_of(self, jpeg: "Buffer", at: int, end: int) -> str:
        while at < end:
            if at + 17 > end or jpeg[at] & 0xEE:
                return "damaged"
            table = jpeg[at] >> 3 | (jpeg[at] & 1)
            count = _code_count(jpeg, at + 1)
            at += 1
            if count < 0 or at + 16 + count > end:
                return "damaged"
            self._take(table * SPEC, jpeg, at, 16 + count)
            self._codes |= 1 << table
            at += 16 + count
        return ""

    def _take(self, place: int, jpeg: "Buffer", at: int, size: int) -> None:
        """Copy codes into specs, and notice whether they are new."""
        specs = self.specs
        for i in range(size):
            if specs[place + i] != jpeg[at + i]:
                specs[place + i] = jpeg[at + i]
                self.new_codes = True

    def _restart_of(self, jpeg: "Buffer", at: int, end: int) -> str:
        if end - at != 2:
            return "damaged"
        self.restart = jpeg[at] << 8 | jpeg[at + 1]
        return ""

    def _frame(self, jpeg: "Buffer", at: int, end: int) -> str:
        if end - at < 6 or self.components or end - at != 6 + 3 * jpeg[at + 5]:
            return "damaged"
        if jpeg[at] != 8:
            return "12-bit" if jpeg[at] == 12 else "damaged"
        self.height = jpeg[at + 1] << 8 | jpeg[at + 2]
        self.width = jpeg[at + 3] << 8 | jpeg[at + 4]
        if not self.height or not self.width:
            return "no-size"
        self.cols = (self.width + 7) >> 3
        self.rows = (self.height + 7) >> 3
        if self.cols * self.rows > MAX_BLOCKS:
            return "too-large"
        if jpeg[at + 5] != 1 and jpeg[at + 5] != 3:
            return "components"
        self.components = jpeg[at + 5]
        return self._sampling(jpeg, at + 6)

    def _sampling(self, jpeg: "Buffer", at: int) -> str:
        """Luma has the most blocks in an MCU, 1, 2 or 4 across and down; chroma divides that."""
        total = 0
        for i in range(self.components):
            across, down = jpeg[at + 1] >> 4, jpeg[at + 1] & 15
            if across not in (1, 2, 4) or down not in (1, 2, 4):
                return "sampling"
            if i == 0:
                self.across, self.down = across, down
            elif across > self.across or down > self.down:
                return "sampling"
            if jpeg[at + 2] > 3:
                return "damaged"
            self._names[i], self._quantisers[i] = jpeg[at], jpeg[at + 2]
            self.blocks[i] = across * down
            total += across * down
            at += 3
        if self.components == 1:  # alone, a component's blocks stand one by one
            self.across = self.down = self.blocks[0] = 1
        return "sampling" if total > 10 and self.components > 1 else ""

    def _start(self, jpeg: "Buffer", at: int, end: int) -> str:
        count = self.components
        if not count or end - at < 1:
            return "damaged"
        if jpeg[at] != count:
            return "scans"
        if end - at != 4 + 2 * count:
            return "damaged"
        tail = at + 1 + 2 * count
        if jpeg[tail] != 0 or jpeg[tail + 1] != 63 or jpeg[tail + 2] != 0:
            return "damaged"
        self.scan = end
        return self._tables(jpeg, at + 1)

    def _tables(self, jpeg: "Buffer", at: int) -> str:
        for i in range(self.components):
            tables = jpeg[at + 1]
            if jpeg[at] != self._names[i] or tables & 0xEE:
                return "damaged"
            self.dc[i] = tables >> 4
            self.ac[i] = 2 + (tables & 1)
            if not self._codes >> self.dc[i] & 1 or not self._codes >> self.ac[i] & 1:
                return "no-tables"
            at += 2
        self.q0 = self._q0s[self._quantisers[0]]
        return "" if self.q0 else "no-tables"


_READ = {
    0xC0: Header._frame,
    0xC4: Header._codes_of,
    0xDA: Header._start,
    0xDB: Header._quantisers_of,
    0xDD: Header._restart_of,
}


def _code_count(jpeg: "Buffer", at: int) -> int:
    """How many codes these 16 counts make; -1 if there are more than there can be."""
    count = after = 0
    for i in range(16):
        count += jpeg[at + i]
        after = (after + jpeg[at + i]) << 1
        if after > (2 << i + 1) - 2 and jpeg[at + i]:
            return -1  # no code is all ones
    return count if count <= 256 else -1
