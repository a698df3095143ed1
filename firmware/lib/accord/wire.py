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
    """To a GrantToken ("held" or why not; handle zero if unreadable), a Revoke ("revoked"), an
    Update ("update-...": how it goes on, or why not; handle of its release) or a Lease
    ("status-..."; handle: the nonce it answers, or with "status-nonce" the one to be answered).
    Unasked: a verdict on a grant that is watched; "revoked" or "panic-opened" by the button."""

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


class Lease(Message):
    """A lease; before it, if an agent signed it, its delegate of `first` bytes. Empty: asks for a
    nonce to be answered."""

    TYPE, MAX_REST = 37, 4096
    FIELDS = _fields("first 2 packed 0")
    first: int
    packed: bytes


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
DOWN = (Challenge, Time, GrantToken, Revoke, Watch, Settings, Lease, Update)
_FINE = ((_MAGIC,), (_VERSION,), [cls.TYPE for cls in UP + DOWN], (0,))  # how a header begins
_WRONG = ("bad-magic", "bad-version", "unknown-type", "bad-version")


def _shape(kind: "type[Message]") -> "tuple[type[Message], int, int, int]":
    """The class, the least and the most bytes of its payload, and those of its HMAC."""
    least = sum([abs(size) for _, size in kind.FIELDS])
    return kind, least, least + kind.MAX_REST, 0 if kind in HANDSHAKE else MAC_BYTES


_SHAPES = {bytes([_MAGIC, _VERSION, kind.TYPE, 0]): _shape(kind) for kind in UP + DOWN}


class Raw:
    """One whole message, not yet authenticated, in views of what came: `mac` covers `signed`."""

    def __init__(self, kind: "type[Message]", view: memoryview, body_end: int) -> None:
        self.kind, self.counter = kind, int.from_bytes(view[8:HEADER_BYTES], "big")
        self.signed, self.payload = view[:body_end], view[HEADER_BYTES:body_end]
        self.mac = view[body_end:]


def header(kind: "type[Message]", length: int, counter: int) -> bytes:
    head = bytes([_MAGIC, _VERSION, kind.TYPE, 0])
    return head + length.to_bytes(4, "big") + counter.to_bytes(4, "big")


def decode(raw: Raw) -> Message:
    """The message in `raw`. Its fields fit: the header's length was checked against them."""
    values: "list[Any]" = []
    at = 0
    for _, size in raw.kind.FIELDS:
        upto = at + abs(size) if size else len(raw.payload)
        part = raw.payload[at:upto]
        values.append(int.from_bytes(part, "big") if size > 0 else bytes(part))
        at = upto
    message = raw.kind(*values)
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
        raw = cut(self._buffer)
        if raw is not None:
            self._buffer = self._buffer[len(raw.signed) + len(raw.mac) :]
        return raw


def cut(data: "Buffer", whole: bool = False) -> "Raw | None":
    """The message at the start of `data`, or that is the `whole` of it; None if there is not one.
    Looks into `data`, which must not change any more. Wrong bytes are refused as they come."""
    shape = _SHAPES.get(bytes(data[:4]))
    if shape is None:
        for byte, fine, reason in zip(data, _FINE, _WRONG):
            if byte not in fine:
                raise RemoteError(reason)
    if shape is None or len(data) < HEADER_BYTES:
        return None
    kind, least, most, mac_bytes = shape
    length = int.from_bytes(data[4:8], "big")
    if not least <= length <= most:
        raise RemoteError("too-long" if length > least else "bad-length")
    body_end = HEADER_BYTES + length
    end = body_end + mac_bytes
    if len(data) < end or (whole and len(data) > end):
        return None
    return Raw(kind, memoryview(data)[:end], body_end)


def _pack(value: "Any", size: int) -> bytes:
    if size > 0:
        if not 0 <= value < 1 << 8 * size:  # MicroPython before 1.28 cuts off instead of raising
            raise LocalError("a number does not fit its field")
        return int(value).to_bytes(size, "big")
    if size < 0 and len(value) != -size:
        raise LocalError("a field has the wrong length")
    return bytes(value)
