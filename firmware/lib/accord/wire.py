"""The messages between board and host, and the parser that takes them apart.

     0     1     2      3     4            8            12
    +-----+-----+------+-----+------------+------------+---------+------------------+
    | 'P' |  1  | type |  0  | length u32 | counter u32| payload | HMAC-SHA256 (32) |
    +-----+-----+------+-----+------------+------------+---------+------------------+

Integers are big-endian; `length` counts the payload only. The three handshake messages carry no
HMAC and counter 0. A payload is the class's FIELDS in order: an integer of n bytes (n > 0), raw
bytes (n < 0), or the rest (0). Every length has a cap, checked before anything is buffered.
"""

from accord.errors import LocalError, RemoteError
from accord.mac import SIZE as MAC_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Buffer = bytes | bytearray | memoryview

HEADER_BYTES = 12
MAX_JPEG = 384_000  # the driver's own buffer for UXGA: width * height / 5
_MAGIC, _VERSION = 0x50, 1

CLOCKS = ("none", "host", "sntp", "both")
FRAME_REASONS = ("always", "motion", "learning", "pre-roll", "post-roll")
STATES = ("dark", "ready", "sending")
MODES = ("always", "motion")
UPDATES = ("offer", "approval", "chunk", "go", "cancel", "heard")


def _fields(layout: str) -> "tuple[tuple[str, int], ...]":
    """ "name size name size ..." -> ((name, size), ...)"""
    words = layout.split()
    return tuple([(words[i], int(words[i + 1])) for i in range(0, len(words), 2)])


class Message:
    TYPE = 0
    MAX_REST = 0  # most bytes in the field of size 0
    FIELDS: "tuple[tuple[str, int], ...]" = ()

    def __init__(self, *values: "Any") -> None:
        if len(values) != len(self.FIELDS):
            raise LocalError("a message takes all its fields")
        for (name, _), value in zip(self.FIELDS, values):
            setattr(self, name, value)

    def check(self) -> None:
        """What FIELDS cannot say; RemoteError if it does not hold."""

    def payload(self, upto: "int | None" = None) -> bytes:
        """Of the fields before `upto`: -1 leaves out the last one, a frame's picture."""
        return b"".join([_pack(getattr(self, name), size) for name, size in self.FIELDS[:upto]])


class Hello(Message):
    TYPE, MAX_REST = 1, 32
    FIELDS = _fields("camera -32 nonce -16 boot 4 firmware 0")
    camera: bytes
    nonce: bytes
    boot: int
    firmware: bytes


class Challenge(Message):
    TYPE = 2
    FIELDS = _fields("nonce -16 proof -32")
    nonce: bytes
    proof: bytes


class Proof(Message):
    TYPE = 3
    FIELDS = _fields("proof -32")
    proof: bytes


class Frame(Message):
    """`captured_ms` unix ms; `clock` and `reason` index CLOCKS and FRAME_REASONS."""

    TYPE, MAX_REST = 16, MAX_JPEG
    FIELDS = _fields("boot 4 sequence 4 captured_ms 8 clock 1 reason 1 score 2 handle -16 jpeg 0")
    boot: int
    sequence: int
    captured_ms: int
    clock: int
    reason: int
    score: int
    handle: bytes
    jpeg: bytes


class Status(Message):
    """Counters since boot; `late_ms` worst lateness of a frame since the last Status, `score`
    highest motion score, of frames that were kept back too."""

    TYPE, MAX_REST = 17, 32
    _LAYOUT = "state 1 sensor 1 clock 1 light 1 sent 4 sent_bytes 8 dropped 4 quiet 4 late_ms 2"
    FIELDS = _fields(_LAYOUT + " score 2 handle -16 reason 0")
    state: int
    sensor: int
    clock: int
    light: int
    sent: int
    sent_bytes: int
    dropped: int
    quiet: int
    late_ms: int
    score: int
    handle: bytes
    reason: bytes


class Answer(Message):
    """To a GrantToken ("held" or why not; handle zero if unreadable), a Revoke ("revoked") or an
    Update ("update-...": how it goes on, or why not; handle of its release)."""

    TYPE, MAX_REST = 18, 32
    FIELDS = _fields("handle -16 reason 0")
    handle: bytes
    reason: bytes


class LogLine(Message):
    """A line of the board's log, UTF-8, which may be cut short; payload() is the line."""

    TYPE, MAX_REST = 19, 200
    FIELDS = _fields("line 0")


class Time(Message):
    TYPE = 32
    FIELDS = _fields("unix_ms 8")
    unix_ms: int


class GrantToken(Message):
    TYPE, MAX_REST = 33, 2048
    FIELDS = _fields("token 0")
    token: bytes


class Revoke(Message):
    TYPE = 34
    FIELDS = _fields("handle -16")
    handle: bytes


class Watch(Message):
    """Who looks now; replaces the Watch before. `fps` 0: as configured. No wants: nobody looks."""

    TYPE, MAX_REST = 35, 8 * 49
    FIELDS = _fields("fps 1 packed 0")
    fps: int
    packed: bytes

    def check(self) -> None:
        if len(self.packed) % 49:
            raise RemoteError("bad-length")

    @property
    def wants(self) -> "list[tuple[bytes, bytes, int]]":
        """(hub thumb, 32 raw bytes; handle; action code, see grant.ACTIONS, from 1)."""
        cells = [self.packed[at : at + 49] for at in range(0, len(self.packed), 49)]
        return [(cell[:32], cell[32:48], cell[48]) for cell in cells]


def watch(fps: int, wants: "list[tuple[bytes, bytes, int]]") -> Watch:
    return Watch(fps, b"".join([hub + handle + bytes([act]) for hub, handle, act in wants]))


class Settings(Message):
    """`mode` indexes MODES; `quality` 1..100; zero anywhere but in `mode`: as configured."""

    TYPE = 36
    FIELDS = _fields("mode 1 fps 1 quality 1 width 2 height 2")
    mode: int
    fps: int
    quality: int
    width: int
    height: int


class Update(Message):
    """`kind` indexes UPDATES; `body` the release, the approval, bytes of file `index` from
    `offset` on (0 is the list of files), or the handle that was heard of."""

    TYPE, MAX_REST = 38, 4096
    FIELDS = _fields("kind 1 index 2 offset 4 body 0")
    kind: int
    index: int
    offset: int
    body: bytes


HANDSHAKE = (Hello, Challenge, Proof)
UP = (Hello, Proof, Frame, Status, Answer, LogLine)
DOWN = (Challenge, Time, GrantToken, Revoke, Watch, Settings, Update)  # 37 Lease: to come
_CLASSES = {cls.TYPE: cls for cls in UP + DOWN}


class Raw:
    """One whole message, not yet authenticated: `head` 12 bytes, `payload`, `mac` (or b"")."""

    def __init__(self, head: bytes, payload: bytes, mac: bytes) -> None:
        self.type, self.counter = head[2], int.from_bytes(head[8:12], "big")
        self.head, self.payload, self.mac = head, payload, mac


def header(kind: "type[Message]", length: int, counter: int) -> bytes:
    head = bytes([_MAGIC, _VERSION, kind.TYPE, 0])
    return head + length.to_bytes(4, "big") + counter.to_bytes(4, "big")


def decode(raw: Raw) -> Message:
    """The message in `raw`; RemoteError("bad-length") if the fields do not fit."""
    kind = _CLASSES[raw.type]
    values: "list[Any]" = []
    at, end = 0, len(raw.payload)
    for _, size in kind.FIELDS:
        upto = at + abs(size) if size else end
        if upto > end:
            raise RemoteError("bad-length")
        part = raw.payload[at:upto]
        values.append(int.from_bytes(part, "big") if size > 0 else part)
        at = upto
    if at != end:
        raise RemoteError("bad-length")
    message = kind(*values)
    message.check()
    return message


class Parser:
    """Bytes in, whole Raw messages out. Holds at most one message and what was fed behind it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: "Buffer") -> None:
        self._buffer.extend(data)

    def next(self) -> "Raw | None":
        """The next message, None if more bytes are needed; RemoteError ends the connection."""
        buffer = self._buffer
        length = _checked_length(buffer)
        if len(buffer) < HEADER_BYTES:
            return None
        body_end = HEADER_BYTES + length
        end = body_end + (0 if _CLASSES[buffer[2]] in HANDSHAKE else MAC_BYTES)
        if len(buffer) < end:
            return None
        view = memoryview(buffer)
        raw = Raw(bytes(view[:12]), bytes(view[12:body_end]), bytes(view[body_end:end]))
        self._buffer = bytearray(view[end:])
        return raw


def _checked_length(buffer: "Buffer") -> int:
    """Refuse a header at the first byte that cannot be right; the payload length, 0 if unknown."""
    if len(buffer) > 0 and buffer[0] != _MAGIC:
        raise RemoteError("bad-magic")
    if len(buffer) > 1 and buffer[1] != _VERSION:
        raise RemoteError("bad-version")
    if len(buffer) > 2 and buffer[2] not in _CLASSES:
        raise RemoteError("unknown-type")
    if len(buffer) > 3 and buffer[3] != 0:
        raise RemoteError("bad-version")
    if len(buffer) < HEADER_BYTES:
        return 0
    kind = _CLASSES[buffer[2]]
    length = int.from_bytes(buffer[4:8], "big")
    least = sum([abs(size) for _, size in kind.FIELDS])
    if not least <= length <= least + kind.MAX_REST:
        raise RemoteError("too-long" if length > least else "bad-length")
    return length


def _pack(value: "Any", size: int) -> bytes:
    if size > 0:
        if not 0 <= value < 1 << 8 * size:  # MicroPython before 1.28 cuts off instead of raising
            raise LocalError("a number does not fit its field")
        return int(value).to_bytes(size, "big")
    if size < 0 and len(value) != -size:
        raise LocalError("a field has the wrong length")
    return bytes(value)
