"""mp_jpeg where there is no ESP32: its module's arguments, errors, sizes and traps, as its source
and its threads tell them (cnadler86/mp_jpeg 560d825; issue 3; espressif/esp-adf-libs 56 and 60).

What this cannot show, because the library behind it is closed and only there: its speed, how it
takes means when it scales, and which damage it notices. Those are knobs here (`Knobs`), and on a
board they are asked anew at every start. The pictures come from our own reader.

The traps, shown: a scaled side must be a multiple of 8, and 1/8 is the least; the picture is a view
of the decoder's own memory; older builds give nothing when they scale; and after an error the same
buffer is not looked at again.
"""

from agent.jpegdc import DcReader

FORMATS = ("RGB565_BE", "RGB565_LE", "CbYCrY", "RGB888")


class Knobs:
    skew = 0  # grey levels that every pixel is off
    blind = ()  # damage that it takes for good: our own reader's words
    deaf = False  # refuses everything
    empty = False  # esp_new_jpeg before 1.0.0: nothing comes of scaling
    cost_ms = 0
    pass_ms = staticmethod(lambda ms: None)
    made = 0  # decoders


class Decoder:
    def __init__(
        self,
        *,
        rotation=0,
        pixel_format="RGB888",
        block=False,
        scale_width=0,
        scale_height=0,
        clipper_width=0,
        clipper_height=0,
        return_bytes=False,
    ):
        if pixel_format not in FORMATS:
            raise ValueError(f"Format {pixel_format} not supported")
        if pixel_format != "CbYCrY" or rotation or block or clipper_width or clipper_height:
            raise NotImplementedError("nobody here asks for that")
        self._scale = (scale_width, scale_height)  # both, or none
        self._reader = DcReader()
        self._given = (0, 0)
        self._left = 0  # pictures of the buffer given that were not decoded yet
        self._out = bytearray()
        self._return_bytes = return_bytes
        Knobs.made += 1

    def decode(self, jpeg):
        Knobs.pass_ms(Knobs.cost_ms)
        given = (id(jpeg), len(jpeg))
        if given != self._given or not self._left:
            self._given = given
            self._parse(jpeg)
            self._left = 1
            self._process()
        self._left -= 1
        shown = memoryview(self._out)[: 0 if Knobs.empty else len(self._out)]
        return bytes(shown) if self._return_bytes else shown

    def _parse(self, jpeg):
        if Knobs.deaf:
            raise ValueError("JPEG header parsing failed: Input data not enough")
        self._reason = self._reader.read(jpeg)
        if self._reason in ("progressive", "arithmetic"):
            raise ValueError("JPEG header parsing failed: JPEG standard not supported")
        size = _size(jpeg)
        if size is None:
            raise ValueError("JPEG header parsing failed: Data error")
        if not (_scales(size[0], self._scale[0]) and _scales(size[1], self._scale[1])):
            raise ValueError("JPEG header parsing failed: Invalid argument")
        if len(self._out) != 2 * self._scale[0] * self._scale[1]:
            self._out = bytearray(2 * self._scale[0] * self._scale[1])

    def _process(self):
        if self._reason and self._reason not in Knobs.blind:
            self._left = 1  # block_pos stays where it is: the next decode() skips the header
            raise ValueError("JPEG decoding failed: Data error")
        if self._reason:
            return  # whatever was there before
        reader = self._reader
        greys = bytearray(reader.cols * reader.rows)
        reader.thumbnail(greys)
        cols, rows = self._scale
        for y in range(rows):
            for x in range(cols):
                grey = greys[y * reader.rows // rows * reader.cols + x * reader.cols // cols]
                at = 2 * (y * cols + x)
                self._out[at] = 128
                self._out[at + 1] = min(255, max(0, grey + Knobs.skew))


def _scales(side, to):
    return to % 8 == 0 and side <= 8 * to <= 8 * side


def _size(jpeg):
    """(width, height) of a baseline picture's header, None where there is none."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        if jpeg[at + 1] == 0xC0:
            return jpeg[at + 7] << 8 | jpeg[at + 8], jpeg[at + 5] << 8 | jpeg[at + 6]
        at += 2 + (jpeg[at + 2] << 8 | jpeg[at + 3])
    return None
