"""What the host sends on a WebSocket: whole, unmasked frames; and what a close frame says."""

from typing import Final

from websockets.exceptions import ProtocolError
from websockets.frames import Close

from porchlight.websocket.parser import BINARY, CLOSE, PING, PONG, PROTOCOL_ERROR, Broken

NO_CODE: Final = 1005  # "no code was sent": never on the wire
_BAD_TEXT: Final = 1007
_FIN: Final = 0x80
_MAX_REASON: Final = 123


def head(opcode: int, length: int) -> bytes:
    """What stands before a whole message, or before a control frame, of so many bytes."""
    first = _FIN | opcode
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")


def binary(payload: bytes) -> bytes:
    """One binary message."""
    return _frame(BINARY, payload)


def pong(payload: bytes) -> bytes:
    """The answer to a ping."""
    return _frame(PONG, payload)


def ping(payload: bytes) -> bytes:
    """At most 125 bytes."""
    return _frame(PING, payload)


def close(code: int, reason: str) -> bytes:
    """Goodbye, and why. The reason is cut to what fits; NO_CODE: without either."""
    if code == NO_CODE:
        return _frame(CLOSE, b"")
    said = reason.encode()[:_MAX_REASON].decode(errors="ignore").encode()
    return _frame(CLOSE, code.to_bytes(2, "big") + said)


def closed_with(payload: bytes) -> int:
    """The code in a peer's close frame, NO_CODE if there is none; Broken if it makes no sense."""
    try:
        return int(Close.parse(payload).code)
    except UnicodeDecodeError:
        raise Broken(_BAD_TEXT, "reason is not UTF-8") from None
    except ProtocolError:
        raise Broken(PROTOCOL_ERROR, "close without sense") from None


def _frame(opcode: int, payload: bytes) -> bytes:
    return head(opcode, len(payload)) + payload
