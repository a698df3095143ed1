"""What a WebSocket client sends, taken apart without I/O: bytes in, messages out (RFC 6455).

     0               1               2 ...
    +-+-----+-------+-+-------------+----------------+----------+---------
    |F| rsv | opcode|M| length 7    | 16 or 64 bits  | mask (4) | payload
    +-+-----+-------+-+-------------+----------------+----------+---------

Three outcomes: (opcode, payload) of a whole message, a control frame, or a fragment (CONTINUATION;
its bytes come once more in its message); None while bytes are missing; Broken, after which the
connection is over. Every byte of a head is judged as soon as it is there,
a length before anything of it is kept. Binary messages only. Text is not even decoded.
"""

from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # where it was built without a compiler: the same in Python
    from websockets.utils import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
PROTOCOL_ERROR: Final = 1002
UNSUPPORTED: Final = 1003
TOO_BIG: Final = 1009
MAX_CONTROL: Final = 125
_FIN, _RESERVED, _OPCODE, _CONTROL = 0x80, 0x70, 0x0F, 0x08
_MASKED, _LENGTH, _SIXTEEN_BITS = 0x80, 0x7F, 126
_NOTHING: Final = memoryview(b"")
_HEAD: Final = 6  # with the mask, without the longer lengths
_MIDDLING: Final = 8  # with the mask and a length of 16 bits
_OPCODES: Final = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))


class Broken(Exception):
    """The peer broke the protocol. `code` and `reason` are what it is told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Parser:
    """Holds at most one message of `most` bytes, and what was fed behind it. `missing`: so many
    bytes must still come, at least, before there is more to say; after next() gave None."""

    LEAST: Final = 2  # bytes of any frame

    def __init__(self, most: int) -> None:
        self.missing = 0
        self.most = most
        self._data = _NOTHING
        self._at = 0  # what is before it was taken
        self._kept = bytearray()  # comes before what is in _data
        self._taken = 0
        self._fragments: bytearray | None = None

    def feed(self, data: memoryview) -> None:
        """More bytes of the peer, once all before were taken or kept. They are looked at where
        they are, until keep()."""
        self._data, self._at = data, 0

    def keep(self) -> None:
        """Copy what was fed and not taken: its place is wanted for something else."""
        if self._at < len(self._data):
            self._kept += self._data[self._at :]
        self._data, self._at = _NOTHING, 0

    def whole(self, data: memoryview) -> bytes | None:
        """The payload if `data` is one binary message with nothing before or behind it, as nearly
        every read of a board's is; None otherwise, and then it has to be fed."""
        size = len(data)
        if size <= _MIDDLING or self._kept or self._fragments is not None:
            return None
        if data[0] != _FIN | BINARY or data[1] != _MASKED | _SIXTEEN_BITS:
            return None
        length = data[2] << 8 | data[3]
        if not MAX_CONTROL < length <= self.most or size != _MIDDLING + length:
            return None
        return apply_mask(data[_MIDDLING:], bytes(data[_MIDDLING - 4 : _MIDDLING]))

    def next(self) -> tuple[int, bytes] | None:
        """The next message, control frame or fragment; see above."""
        frame = self._finish() if self._kept else self._look(self._data, self._at)
        if frame is None:
            return None
        self._at += self._taken
        first, payload = frame
        if first == _FIN | BINARY or first & _CONTROL:
            return first & _OPCODE, payload
        return self._gather(first, payload)

    def _finish(self) -> tuple[int, bytes] | None:
        """The next frame where it began in what was kept: takes of the rest what it lacks."""
        while True:
            frame = self._look(self._kept, 0)
            if frame is not None:
                del self._kept[: self._taken]
                self._taken = 0
                return frame
            more = self._data[self._at : self._at + self.missing]
            if not more:
                return None
            self._kept += more
            self._at += len(more)

    def _look(self, data: bytearray | memoryview, at: int) -> tuple[int, bytes] | None:
        """The first byte and the payload, unmasked, of the frame that begins at `at`."""
        have = len(data) - at
        if have and (data[at] != _FIN | BINARY or self._fragments is not None):
            self._judge(data[at])
        if have < self.LEAST:
            self.missing = self.LEAST - have
            return None
        head, length = _sizes(data, at, have)
        if length > self.most:
            raise Broken(TOO_BIG, "message too big")
        self._taken = head + length
        if have < self._taken:
            self.missing = self._taken - have
            return None
        begin = at + head
        mask = bytes(data[begin - 4 : begin])
        return data[at], apply_mask(memoryview(data)[begin : begin + length], mask)

    def _judge(self, first: int) -> None:
        """What the first byte of a frame may be now."""
        opcode = first & _OPCODE
        if first & _RESERVED or opcode not in _OPCODES:
            raise Broken(PROTOCOL_ERROR, "reserved bits or opcode")
        if opcode & _CONTROL:
            if not first & _FIN:
                raise Broken(PROTOCOL_ERROR, "control frame in fragments")
        elif opcode == TEXT:
            raise Broken(UNSUPPORTED, "binary only")
        elif (opcode == CONTINUATION) is (self._fragments is None):
            raise Broken(PROTOCOL_ERROR, "fragments out of order")

    def _gather(self, first: int, payload: bytes) -> tuple[int, bytes]:
        """One fragment: the message if it is the last."""
        if self._fragments is None:
            self._fragments = bytearray()
        if len(self._fragments) + len(payload) > self.most:
            raise Broken(TOO_BIG, "message too big")
        self._fragments += payload
        if not first & _FIN:
            return CONTINUATION, payload
        message, self._fragments = bytes(self._fragments), None
        return BINARY, message


def _sizes(data: bytearray | memoryview, at: int, have: int) -> tuple[int, int]:
    """How long the head and the payload are of the frame that begins at `at`. Of a head that is
    not all there the payload counts as empty."""
    length = data[at + 1] & _LENGTH
    if not data[at + 1] & _MASKED:
        raise Broken(PROTOCOL_ERROR, "not masked")
    if length <= MAX_CONTROL:
        return _HEAD, length
    if data[at] & _CONTROL:
        raise Broken(PROTOCOL_ERROR, "control frame too long")
    more, least = (2, MAX_CONTROL + 1) if length == _SIXTEEN_BITS else (8, 65_536)
    if have < 2 + more:
        return _HEAD + more, 0
    length = int.from_bytes(data[at + 2 : at + 2 + more], "big")
    if length < least:
        raise Broken(PROTOCOL_ERROR, "length in too many bytes")
    return _HEAD + more, length
