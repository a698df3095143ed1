"""The sensor and its DMA, for the stand-in of `camera`: footage into frame buffers, on time.

The sensor exposes a frame every PERIOD_MS. A free buffer is filled by the next whole frame; with
`latest` (and two buffers) a filled one is replaced by newer frames until somebody takes it. What
a frame shows is the footage at the time its exposure began:

    footage index = ms since power-on * fps // 1000 % frames

Knobs: `footage` {"fps", "sizes": {"640x480": path of a .mjpg with an .idx beside it}},
`footage_part` [first, count] (only these frames of it, round and round), `frame_bytes` (pad every
JPEG to this size), `stamp` (say in the padding when a frame was whole, "TS=" and 19 digits, in ns
since 1970), `camera_fault` (the sensor delivers nothing).
"""

import array
import time

import simboard

PERIOD_MS = 40  # an OV2640 at VGA and 20 MHz
_POLL_MS = 20
_PATIENCE_MS = 4000
_INDEX_ROW = 8  # u32 offset, u32 size, big-endian
_SEGMENT_MAX = 65535
_STAMP_AT = 6  # behind SOI and the first comment's own head
_STAMPED = 32  # padding that has room for a stamp

_ZEROS = bytes(512)

_power_on_ms = simboard.unix_ms()
# The driver's memory. On a board it is no part of Python's heap; here it has to be, so it is taken
# once, kept for every start of the sensor, and as small as the footage allows.
_buffers = []


class Film:
    """Frame buffers that fill themselves while the sensor has power."""

    def __init__(self, width, height, count, latest, dark_since):
        # The driver's rule for JPEG; fixed when the driver starts, whatever is set later.
        self._room = width * height // 5
        self._latest = latest and count > 1
        self._dark_since = dark_since
        self._reel = None
        self._held = None
        self._full = []  # [buffer number, begun, done, length]; length None: nothing came
        self.resize(width, height)
        for number in range(count):
            self._fill(number)

    def close(self):
        """The memory goes back to the driver: pictures still held are gone."""
        for buffer in _buffers:
            room = memoryview(buffer)
            for at in range(0, len(buffer), len(_ZEROS)):
                room[at : at + len(_ZEROS)] = _ZEROS[: len(buffer) - at]
        self._reel.close()

    def resize(self, width, height):
        if self._reel is not None:
            self._reel.close()
        self._reel = Reel(width, height)

    def release(self):
        """Give the held buffer back; the sensor begins at once to write over it."""
        if self._held is not None:
            number, self._held = self._held, None
            self._fill(number)

    def available(self):
        self._refresh()
        return bool(self._full) and self._done(self._full[0])

    def take(self, patience_ms):
        """Hold the oldest filled buffer and see its picture; None when patience ends."""
        end = simboard.unix_ms() + patience_ms
        while True:
            self._refresh()
            wait = self._wait_ms()
            left = end - simboard.unix_ms()
            if wait is not None and wait <= 0:
                break
            if left <= 0:
                return None
            time.sleep_ms(min(left, _POLL_MS if wait is None else wait))
        self._held, _, _, length = self._full.pop(0)
        return memoryview(_buffers[self._held])[:length]

    def _wait_ms(self):
        """How long until the oldest buffer is whole; None where nobody can tell."""
        row = self._full[0]
        if simboard.knob("camera_fault", False) or row[3] is None or not self._in_light(row):
            return None
        return row[2] - simboard.unix_ms()

    def _done(self, row):
        wait = self._wait_ms()
        return wait is not None and wait <= 0

    def _in_light(self, row):
        dark_since = self._dark_since()
        return dark_since is None or row[2] <= dark_since

    def _refresh(self):
        """What the sensor did since we last looked: try again where no frame fitted or there
        was no power, replace what is old where only the latest counts."""
        now = simboard.unix_ms()
        for row in self._full:
            if row[3] is None or not self._in_light(row):
                self._expose(row, now)
        if self._latest and self._full and self._done(self._full[0]):
            # The newest frame that is whole by now; exposing takes the one after what it is given.
            newest = (now // PERIOD_MS - 1) * PERIOD_MS
            if newest > self._full[0][1]:
                self._expose(self._full[0], newest - 1)

    def _fill(self, number):
        row = [number, 0, 0, None]
        self._full.append(row)
        self._expose(row, simboard.unix_ms())

    def _expose(self, row, now):
        """Film the first whole frame that begins after `now` into the row's buffer. One frame
        goes into one buffer: two free buffers get two frames, one after the other."""
        begins = (now // PERIOD_MS + 1) * PERIOD_MS
        for other in self._full:
            if other is not row and other[1] == begins:
                begins += PERIOD_MS
        row[1] = begins
        row[2] = begins + PERIOD_MS
        row[3] = None
        if self._dark_since() is None and not simboard.knob("camera_fault", False):
            row[3] = self._copy(row[0], row[1], row[2])

    def _copy(self, number, begins, done):
        """The JPEG of that moment into a buffer; its length, or None where it is too large for
        the driver's buffer (which drops such a frame)."""
        at, size, extra = self._reel.find(begins - _power_on_ms)
        if size + extra > self._room:
            return None
        _reserve(number, size + extra, self._reel)
        room = memoryview(_buffers[number])
        self._reel.read(at, size, extra, room)
        if extra >= _STAMPED and simboard.knob("stamp", False):
            room[_STAMP_AT : _STAMP_AT + 22] = b"TS=%019d" % (done * 1000000)
        return size + extra


class Reel:
    """Footage of one picture size."""

    def __init__(self, width, height):
        name = "%dx%d" % (width, height)
        path = _footage(name)
        self._fps = simboard.knob("footage", {})["fps"]
        self._file = simboard.outside.open(path, "rb")
        with simboard.outside.open(path[: path.rindex(".")] + ".idx", "rb") as f:
            self._index = f.read()
        self._frames = len(self._index) // _INDEX_ROW

    def close(self):
        self._file.close()

    def find(self, elapsed_ms):
        """(offset, size, bytes to pad with) of the JPEG of that moment."""
        first, count = simboard.knob("footage_part", (0, self._frames))
        at = (first + int(elapsed_ms * self._fps) // 1000 % count) * _INDEX_ROW
        size = self._number(at + 4)
        return self._number(at), size, max(simboard.knob("frame_bytes", 0) - size, 0)

    def largest(self, least):
        """The size of the largest JPEG, at least `least`."""
        for at in range(4, len(self._index), _INDEX_ROW):
            least = max(least, self._number(at))
        return least

    def read(self, offset, size, extra, room):
        """Copy a JPEG into `room`, with `extra` bytes of padding right after its SOI."""
        self._file.seek(offset)
        self._file.readinto(room[:2])
        _pad(room, 2, extra)
        self._file.readinto(room[2 + extra : size + extra])

    def _number(self, at):
        return int.from_bytes(self._index[at : at + 4], "big")


def _reserve(number, least, reel):
    """Have buffer `number` hold `least` bytes, and then any frame of the reel."""
    while len(_buffers) <= number:
        _buffers.append(array.array("b"))
    if len(_buffers[number]) >= least:
        return
    _buffers[number] = None  # before the larger one is allocated
    buffer = array.array("b")
    for _ in range(-(-reel.largest(least) // len(_ZEROS))):
        buffer.extend(_ZEROS)
    _buffers[number] = buffer


def _reserve_early():
    """Take the first buffer while the heap is still in one piece, at import."""
    sizes = simboard.knob("footage", {}).get("sizes")
    if sizes:
        width, height = next(iter(sizes)).split("x")
        reel = Reel(int(width), int(height))
        _reserve(0, simboard.knob("frame_bytes", 1), reel)
        reel.close()


def _footage(name):
    """The .mjpg of that picture size. Where there is none yet the supervisor makes it, which
    takes about as long as a real sensor needs to start."""
    asked = False
    for _ in range(_PATIENCE_MS // _POLL_MS):
        path = simboard.knob("footage", {}).get("sizes", {}).get(name)
        if path is not None:
            return path
        if not asked and not simboard.tell("footage " + name):
            break
        asked = True
        time.sleep_ms(_POLL_MS)
    raise OSError("this virtual board has no footage of " + name)


def _pad(room, at, count):
    """Write `count` bytes that every JPEG decoder skips: comment segments, and where fewer than
    four are left, fill bytes, which may stand before any marker."""
    while count >= 4:
        length = min(count, _SEGMENT_MAX + 2)
        if 0 < count - length < 4:
            length -= 4
        head = b"\xff\xfe" + (length - 2).to_bytes(2, "big")
        room[at : at + length] = head + bytes(length - 4)
        at += length
        count -= length
    if count:
        room[at : at + count] = b"\xff" * count


_reserve_early()
