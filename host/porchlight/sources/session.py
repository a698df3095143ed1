"""The host's end of a session with a board: accord's, as fast as CPython can check a frame.

A frame is read once to be unmasked and once by SHA-256; what is copied is its picture, into the
Frame that viewers get. One that is as it should be is taken at once, by frame(). Whatever else
comes goes accord's way, which knows what it is, or what is wrong with it.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from struct import Struct
from typing import Final

from accord import mac, wire
from accord.session import NONCE_BYTES, HostSession
from porchlight.clock import Clock
from porchlight.frames import Frame

_BLOCK: Final = 64
_SIGNS: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_FIELDS: Final = [f"{-size}s" if size < 0 else _SIGNS[size] for _, size in wire.Frame.FIELDS[:-1]]
# All of a sealed wire.Frame before its picture: its first four bytes, length, counter, fields.
_HEAD: Final = Struct(">4sII" + "".join(_FIELDS))
_BEGINS: Final = wire.header(wire.Frame, 0, 0)[:4]
_SEALED: Final = wire.HEADER_BYTES + mac.SIZE  # what `length` does not count
_LEAST: Final = _HEAD.size + mac.SIZE
_MOST: Final = _LEAST + wire.MAX_JPEG


class _Mac:
    """The part of accord.mac that a session uses, with OpenSSL's SHA-256."""

    @staticmethod
    def keyed(key: bytes) -> Callable[..., bytes]:
        """HMAC-SHA256 with this key, whose own blocks are hashed once and not for each message."""
        padded = key.ljust(_BLOCK, b"\0")
        inner = sha256(bytes(byte ^ 0x36 for byte in padded)).copy
        outer = sha256(bytes(byte ^ 0x5C for byte in padded)).copy

        def code(*parts: bytes | memoryview) -> bytes:
            inside = inner()
            for part in parts:
                inside.update(part)
            outside = outer()
            outside.update(inside.digest())
            return outside.digest()

        return code

    equal = staticmethod(compare_digest)


class Session(HostSession):
    """Frames come out of frame(), as the host's own (frames.Frame); all else as from accord's."""

    MAC = _Mac

    def __init__(self, lookup: Callable[[str], bytes | None], clock: Clock) -> None:
        super().__init__(secrets.token_bytes(NONCE_BYTES), lookup)
        self.clock = clock

    def frame(self, data: bytes) -> Frame | None:
        """The frame that `data` is, if nothing at all speaks against it."""
        size = len(data)
        if not (self.open and _LEAST <= size <= _MOST):
            return None
        head = _HEAD.unpack_from(data)
        begins, length, counter, boot, sequence, captured_ms, clock, reason, score, handle = head
        if begins != _BEGINS or length != size - _SEALED or counter != self._received + 1:
            return None
        if boot != self.boot or sequence <= self._sequence:
            return None
        signed, code = memoryview(data)[: -mac.SIZE], data[-mac.SIZE :]
        if not compare_digest(self._code_received(signed), code):
            return None
        self._received, self._sequence = counter, sequence
        jpeg, arrived = data[_HEAD.size : -mac.SIZE], self.clock.monotonic()
        return Frame(
            self.camera, jpeg, boot, sequence, captured_ms, clock, reason, score, handle, arrived
        )
