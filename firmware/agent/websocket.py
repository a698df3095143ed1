"""A WebSocket after its opening, client side, without I/O: bytes in, messages out (RFC 6455).

     0               1               2 ...
    +-+-----+-------+-+-------------+----------------+----------+---------
    |F| rsv | opcode|M| length 7    | 16 or 64 bits  | mask (4) | payload
    +-+-----+-------+-+-------------+----------------+----------+---------

The host's frames are unmasked, ours masked with fresh random bytes. Binary messages only, in
fragments or whole, control frames between the fragments. Anything else is LinkLost, after which
this object is dead.
"""

from agent.errors import LinkLost
from agent.masking import xor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Buffer = bytes | bytearray | memoryview

MAX_MESSAGE = 4160  # the longest downlink message is a piece of an update: 4,147 bytes
_CONTINUATION, _BINARY, _CLOSE, _PING, _PONG = 0, 2, 8, 9, 10


class WebSocket:
    """`random(n)` gives n unpredictable bytes."""

    def __init__(self, random: "Callable[[int], bytes]") -> None:
        self._random = random
        self._buffer = b""
        self._fragments = b""
        self._fragmented = False
        self._outgoing = b""
        self._dead = False

    def receive(self, data: bytes) -> None:
        if self._dead:
            raise LinkLost("closed")
        self._buffer += data

    def next_message(self) -> bytes | None:
        """The next binary message, None if more bytes are needed; LinkLost at the end."""
        try:
            while True:
                frame = self._next_frame()
                if frame is None:
                    return None
                message = self._take(frame[0], frame[1], frame[2])
                if message is not None:
                    return message
        except LinkLost:
            self._dead = True
            raise

    def take_outgoing(self) -> bytes:
        """Control frames to be sent now, whole."""
        out, self._outgoing = self._outgoing, b""
        return out

    def head(self, length: int) -> tuple[bytes, bytes]:
        """What precedes a binary message of `length` bytes, and the mask to apply to it."""
        return self._head(_BINARY, length)

    def close(self, code: int) -> bytes:
        """A whole close frame."""
        return self._control(_CLOSE, code.to_bytes(2, "big"))

    def _head(self, opcode: int, length: int) -> tuple[bytes, bytes]:
        mask = self._random(4)
        head = bytes([0x80 | opcode])
        if length < 126:
            head += bytes([0x80 | length])
        elif length < 65536:
            head += b"\xfe" + length.to_bytes(2, "big")
        else:
            head += b"\xff" + length.to_bytes(8, "big")
        return head + mask, mask

    def _control(self, opcode: int, payload: bytes) -> bytes:
        head, mask = self._head(opcode, len(payload))
        masked = bytearray(payload)
        xor(masked, 0, len(masked), mask, 0)
        return head + masked

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        """(final, opcode, payload) of the next whole frame; its head is judged as it comes."""
        buffer = self._buffer
        if len(buffer) > 0:
            self._check_first(buffer[0])
        if len(buffer) > 1:
            _check_second(buffer[0], buffer[1])
        at, end = self._payload(buffer)
        if len(buffer) < end:
            return None
        self._buffer = buffer[end:]
        return buffer[0] >= 0x80, buffer[0] & 15, buffer[at:end]

    def _payload(self, buffer: bytes) -> tuple[int, int]:
        """Where the payload of the frame in `buffer` begins and ends, as far as one can tell."""
        at = 2
        if len(buffer) < at:
            return at, at
        length = buffer[1]
        if length >= 126:
            at = 4 if length == 126 else 10
            if len(buffer) < at:
                return at, at
            length = int.from_bytes(buffer[2:at], "big")
        if length + len(self._fragments) > MAX_MESSAGE:
            raise LinkLost("too-long")
        return at, at + length

    def _check_first(self, byte: int) -> None:
        opcode = byte & 15
        if byte & 0x70 or opcode not in (_CONTINUATION, _BINARY, _CLOSE, _PING, _PONG):
            raise LinkLost("bad-frame")
        if opcode >= 8 and byte < 0x80:
            raise LinkLost("bad-frame")  # a control frame in fragments
        if opcode < 8 and (opcode == _CONTINUATION) != self._fragmented:
            raise LinkLost("bad-frame")

    def _take(self, final: bool, opcode: int, payload: bytes) -> bytes | None:
        """Act on one frame; the message it completes, if it does."""
        if opcode == _CLOSE:
            self._outgoing += self.close(1000)
            raise LinkLost("closed-by-host")
        if opcode == _PING:
            self._outgoing = self._control(_PONG, payload)  # only the newest needs an answer
            return None
        if opcode == _PONG:
            return None
        self._fragments += payload
        self._fragmented = not final
        if not final:
            return None
        message, self._fragments = self._fragments, b""
        return message


def _check_second(first: int, second: int) -> None:
    if second & 0x80:
        raise LinkLost("masked")
    if first & 8 and second > 125:
        raise LinkLost("bad-frame")
