"""The host's end of a session with a board: accord's, as fast as CPython can check a frame.

A frame is read once to be unmasked and once by SHA-256; what is copied is its picture, into the
Frame that viewers get.
"""

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from struct import Struct
from typing import Any, Final

from accord import wire
from accord.session import NONCE_BYTES, HostSession
from porchlight.clock import Clock
from porchlight.frames import Frame

_BLOCK: Final = 64
_SIGNS: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_FIELDS: Final = [f"{-size}s" if size < 0 else _SIGNS[size] for _, size in wire.Frame.FIELDS[:-1]]
_HEAD: Final = Struct(">" + "".join(_FIELDS))  # all of a wire.Frame but its picture


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

    equal = staticmethod(hmac.compare_digest)


class Session(HostSession):
    """Frames come out of it as the host's own (frames.Frame), other messages as accord's."""

    MAC = _Mac

    def __init__(self, lookup: Callable[[str], bytes | None], clock: Clock) -> None:
        super().__init__(secrets.token_bytes(NONCE_BYTES), lookup)
        self.clock = clock

    def _decode(self, raw: wire.Raw) -> Any:
        if raw.kind is not wire.Frame:
            return wire.decode(raw)
        payload = raw.payload
        boot, sequence, captured_ms, clock, reason, score, handle = _HEAD.unpack_from(payload)
        jpeg = bytes(payload[_HEAD.size :])
        arrived = self.clock.monotonic()
        return Frame(
            self.camera, jpeg, boot, sequence, captured_ms, clock, reason, score, handle, arrived
        )
