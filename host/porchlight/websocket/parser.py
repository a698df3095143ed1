"""What a WebSocket client sends, taken apart without I/O: bytes in, messages out (RFC 6455).

     0               1               2 ...
    +-+-----+-------+-+-------------+----------------+----------+---------
    |F| rsv | opcode|M| length 7    | 16 or 64 bits  | mask (4) | payload
    +-+-----+-------+-+-------------+----------------+----------+---------

Three outcomes: (opcode, payload) of a whole message or control frame; None while bytes are missing;
Broken, after which the connection is over. Every byte of a head is judged as soon as it is there,
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
_HEAD: Final = 6  # with the mask, without the longer lengths
_OPCODES: Final = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))


class Broken(Exception):
    """The peer broke the protocol. `code` and `reason` are what it is told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Parser:
    """Holds at most one message of `most` bytes, and what came behind it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._data: bytes | bytearray = b""
        self._at = 0  # what is before it was taken
        self._fragments: bytearray | None = None
        self.missing = (
            0  # bytes of a frame under way that are still to come; 0: none is, or unknown
        )

    @property
    def halfway(self) -> bool:
        """Whether a frame has begun that is not whole."""
        return len(self._data) > self._at

    def feed(self, data: bytes) -> None:
        """More bytes of the peer. Not copied unless they begin in the middle of a frame."""
        if not self.halfway:
            self._data, self._at = data, 0
            return
        if not isinstance(self._data, bytearray) or self._at:
            self._data, self._at = bytearray(memoryview(self._data)[self._at :]), 0
        self._data += data

    def next(self) -> tuple[int, bytes] | None:
        """The next whole message or control frame; see above."""
        while True:
            frame = self._frame()
            if frame is None:
                return None
            first, payload = frame
            if first == _FIN | BINARY or first & _CONTROL:
                return first & _OPCODE, payload
            message = self._gather(first, payload)
            if message is not None:
                return BINARY, message

    def _frame(self) -> tuple[int, bytes] | None:
        """The first byte and the payload, unmasked, of the next frame."""
        data, at = self._data, self._at
        have = len(data) - at
        if have and (data[at] != _FIN | BINARY or self._fragments is not None):
            self._judge(data[at])
        sizes = _sizes(data, at) if have > 1 else None
        if sizes is None:
            self._wait(0)
            return None
        head, length = sizes
        if length > self._most:
            raise Broken(TOO_BIG, "message too big")
        begin = at + head
        end = begin + length
        if len(data) < end:
            self._wait(end - len(data))
            return None
        self._at = end
        mask = bytes(data[begin - 4 : begin])
        return data[at], apply_mask(memoryview(data)[begin:end], mask)

    def _wait(self, missing: int) -> None:
        """Nothing more for now: let go of what was taken."""
        self.missing = missing
        if self._at:
            self._data, self._at = self._data[self._at :], 0

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

    def _gather(self, first: int, payload: bytes) -> bytes | None:
        """One fragment: the message if it is the last."""
        if self._fragments is None:
            self._fragments = bytearray()
        if len(self._fragments) + len(payload) > self._most:
            raise Broken(TOO_BIG, "message too big")
        self._fragments += payload
        if not first & _FIN:
            return None
        message, self._fragments = bytes(self._fragments), None
        return message


def _sizes(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """How long the head and the payload are of the frame that begins at `at`."""
    length = data[at + 1] & _LENGTH
    if not data[at + 1] & _MASKED:
        raise Broken(PROTOCOL_ERROR, "not masked")
    if length <= MAX_CONTROL:
        return _HEAD, length
    if data[at] & _CONTROL:
        raise Broken(PROTOCOL_ERROR, "control frame too long")
    more, least = (2, MAX_CONTROL + 1) if length == _SIXTEEN_BITS else (8, 65_536)
    if len(data) < at + 2 + more:
        return None
    length = int.from_bytes(data[at + 2 : at + 2 + more], "big")
    if length < least:
        raise Broken(PROTOCOL_ERROR, "length in too many bytes")
    return _HEAD + more, length
