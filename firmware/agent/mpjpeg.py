"""The C decoder of the camera firmware (module `jpeg`, cnadler86/mp_jpeg) in place of our own
reader, where it earns it: over some frames it must see the same, notice damage, and be faster.

What it cannot show by itself: its library is closed, and scales only to sides that are multiples
of 8. So 1/8 fits sides that are multiples of 64; 1/4 and then halved, multiples of 32, as VGA.
"""

from agent.greys import halve, luma

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.jpegdc import DcReader
    from agent.thumbnail import Buffer

TRIAL_FRAMES = 8
DAMAGES = 3  # ways, one in each of the first frames
CHECK_EVERY = 64  # frames; after so many both read the same one again
ALIKE = 2  # grey levels: their rounding after ours


class ScaledDecoder:
    """One mp_jpeg decoder, set to pictures of one size. ValueError where that cannot be scaled."""

    def __init__(self, module: "Any", width: int, height: int) -> None:
        scale = 8 if width % 64 == 0 and height % 64 == 0 else 4
        if width % (8 * scale) or height % (8 * scale):
            raise ValueError("its sides are no multiples of 8 at 1/4")
        self.cols, self.rows = width >> 3, height >> 3
        self._halved = scale == 4
        self._width, self._height = width // scale, height // scale
        self._module = module
        self._decoder: Any = None
        self._packed: Buffer = b""
        self._luma = bytearray(self._width * self._height if self._halved else 0)

    def read(self, jpeg: "Buffer") -> bool:
        """Whether it decoded the picture; else it is made anew: it keeps hold of what failed."""
        try:
            if self._decoder is None:
                self._decoder = self._module.Decoder(
                    pixel_format="CbYCrY", scale_width=self._width, scale_height=self._height
                )
            self._packed = self._decoder.decode(jpeg)
        except (ValueError, RuntimeError, MemoryError):
            self._decoder = None
            return False
        return len(self._packed) == 2 * self._width * self._height  # none at all in older builds

    def thumbnail(self, into: bytearray) -> None:
        """As DcReader's. Before the next read(): the picture lies in the decoder's own buffer."""
        count = self._width * self._height
        if self._halved:
            luma(self._packed, count, self._luma)
            halve(self._luma, self._width, self._height, into)
        else:
            luma(self._packed, count, into)


class EitherReader:
    """Reads as `own` does, and by mp_jpeg once that has passed its trial at the size of picture
    that comes. `verdict`: why it is not used; "" while it is, "on-trial" until that is known."""

    def __init__(self, own: "DcReader", module: "Any", now_ms: "Callable[[], int]") -> None:
        self._own = own
        self._module = module
        self._now_ms = now_ms
        self._source: DcReader | ScaledDecoder = own
        self._theirs: ScaledDecoder | None = None
        self._width = self._height = 0  # of the pictures on trial
        self._alike = self._own_ms = self._their_ms = self._unchecked = 0
        self._greys = (bytearray(), bytearray())
        self.verdict = "on-trial"

    @property
    def cols(self) -> int:
        return self._source.cols

    @property
    def rows(self) -> int:
        return self._source.rows

    def thumbnail(self, into: bytearray) -> None:
        self._source.thumbnail(into)

    def read(self, jpeg: "Buffer") -> str:
        """As DcReader.read: whatever mp_jpeg refuses, our own reader judges and names."""
        theirs = self._theirs
        if theirs is not None and not self.verdict and self._unchecked < CHECK_EVERY:
            self._unchecked += 1
            if has_size(jpeg, self._width, self._height) and theirs.read(jpeg):
                self._source = theirs
                return ""
        return self._read_own(jpeg)

    def _read_own(self, jpeg: "Buffer") -> str:
        own, greys = self._own, self._greys[0]
        self._source = own
        before = self._now_ms()
        reason = own.read(jpeg)
        if reason:
            self._see_refusal(jpeg)
            return reason
        if own.width != self._width or own.height != self._height:
            self._begin(own.width, own.height)
        elif self._theirs is not None:
            own.thumbnail(greys)
            self._compare(self._theirs, jpeg, self._now_ms() - before)
        return ""

    def _begin(self, width: int, height: int) -> None:
        """A size not seen before: a new trial, from the next frame on."""
        self._width, self._height = width, height
        self._alike = self._own_ms = self._their_ms = self._unchecked = 0
        self.verdict = "on-trial"
        try:
            self._theirs = ScaledDecoder(self._module, width, height)
            blocks = self._theirs.cols * self._theirs.rows
            self._greys = (bytearray(blocks), bytearray(blocks))
        except (ValueError, MemoryError):
            self._retire("size")

    def _retire(self, verdict: str) -> None:
        self._theirs = None
        self._greys = (bytearray(), bytearray())
        self.verdict = verdict

    def _see_refusal(self, jpeg: "Buffer") -> None:
        """Our own reader refused this picture: so must the other."""
        theirs = self._theirs
        if theirs is not None and has_size(jpeg, self._width, self._height) and theirs.read(jpeg):
            self._retire("blind")

    def _compare(self, theirs: ScaledDecoder, jpeg: "Buffer", own_ms: int) -> None:
        """Both see a good picture. Decides once enough were seen."""
        if self._alike < DAMAGES and not self._notices_damage(theirs, jpeg):
            self._retire("blind")
            return
        before = self._now_ms()
        if not theirs.read(jpeg):
            self._retire("refuses")
            return
        theirs.thumbnail(self._greys[1])
        self._their_ms += self._now_ms() - before
        self._own_ms += own_ms
        self._unchecked = 0
        self._alike += 1
        if not alike(*self._greys):
            self._retire("differs")
        elif self._alike == TRIAL_FRAMES:
            if self._their_ms * 8 > self._own_ms * 7:  # an eighth: less is not worth the risk
                self._retire("slower")
            else:
                self.verdict = ""

    def _notices_damage(self, theirs: ScaledDecoder, jpeg: "Buffer") -> bool:
        """Whether mp_jpeg refuses a damaged copy that our own reader refuses. Another damage with
        every frame of the trial: all at once would take half a second."""
        try:
            copy = _damaged(jpeg, self._alike)
            passed = self._own.read(copy) and theirs.read(copy)
        except MemoryError:  # no room for a copy: not shown
            return False
        finally:
            self._own.read(jpeg)  # whose picture is asked for yet
        return not passed


def alike(ours: bytearray, theirs: bytearray) -> bool:
    """Whether no two levels are further apart than rounding takes them."""
    return all(-ALIKE <= ours[at] - theirs[at] <= ALIKE for at in range(len(ours)))


def has_size(jpeg: "Buffer", width: int, height: int) -> bool:
    """Whether the first baseline frame header says so. Looks at headers only."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xC0 or marker == 0xC1:
            high, wide = jpeg[at + 5] << 8 | jpeg[at + 6], jpeg[at + 7] << 8 | jpeg[at + 8]
            return high == height and wide == width
        elif marker == 0xDA or marker < 0xC0:
            return False
        else:
            at += 2 + (jpeg[at + 2] << 8 | jpeg[at + 3])
    return False


def _damaged(jpeg: "Buffer", way: int) -> bytearray:
    """0: cut off; 1: cut off and closed; 2: a restart marker where there is no place for one."""
    half = len(jpeg) // 2
    if way == 2:
        copy = bytearray(jpeg)
        copy[half : half + 2] = b"\xff\xd7"
        return copy
    return bytearray(jpeg[:half]) + (b"\xff\xd9" if way else b"")
