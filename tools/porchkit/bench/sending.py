"""What a board of the bench sends, and when: pieces of bytes on a socket that does not block."""

import ssl
from collections import deque
from collections.abc import Iterable, Iterator

from porchkit.bench.uplink import Uplink

MASK = b"\x5a\x91\x3c\xe7"  # a fixed one costs the host what a random one does
AT_ONCE = 8  # frames handed to the kernel in one call
_FINAL_BINARY, _MASKED_16 = 0x82, 0xFE
Prepared = tuple[bytes, bytes, bytes]


class Outflow:
    """Bytes on their way. `pending` is false once the kernel has them all."""

    def __init__(self, uplink: Uplink) -> None:
        self.uplink = uplink
        self._parts: deque[memoryview] = deque()

    @property
    def pending(self) -> bool:
        return bool(self._parts)

    def add(self, parts: Iterable[bytes]) -> None:
        """To be sent behind what waits already."""
        self._parts.extend(memoryview(part) for part in parts)

    def flush(self, most: int | None = None) -> None:
        """Hand over what the kernel takes now, or `most` bytes of it."""
        sock = self.uplink.sock
        try:
            if not self._parts:
                return
            if most is not None:
                self._sent(sock.send(self._parts[0][:most]))
            elif isinstance(sock, ssl.SSLSocket):
                self._joined()
                self._sent(sock.send(self._parts[0]))
            else:
                self._sent(sock.sendmsg(self._parts))
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            self.uplink.closed = error.strerror or "broken off"
            self._parts.clear()

    def _joined(self) -> None:
        """All that waits as one piece: TLS would make a record of each."""
        if len(self._parts) > 1:
            whole = memoryview(b"".join(self._parts))
            self._parts.clear()
            self._parts.append(whole)

    def _sent(self, count: int) -> None:
        parts = self._parts
        while count:
            if count < len(parts[0]):
                parts[0] = parts[0][count:]
                return
            count -= len(parts.popleft())


class Pictures:
    """The same pictures over and over, masked once."""

    def __init__(self, shown: list[bytes]) -> None:
        self._shown = [(jpeg, masked(jpeg)) for jpeg in shown]

    def prepared(self, uplink: Uplink, count: int, captured_ms: int) -> Iterator[Prepared]:
        """So many frames, sealed and masked, in three parts each."""
        for number in range(count):
            jpeg, hidden = self._shown[number % len(self._shown)]
            head, code = uplink.frame(jpeg, captured_ms)
            length = len(head) + len(jpeg) + len(code)
            # 16 bits say the length of pictures up to 64 KB; both ends are multiples of the mask.
            opening = bytes((_FINAL_BINARY, _MASKED_16)) + length.to_bytes(2, "big") + MASK
            yield opening + masked(head), hidden, masked(code)


def masked(data: bytes) -> bytes:
    """RFC 6455 section 5.3, with MASK; the length is a multiple of 4."""
    key = int.from_bytes(MASK * (len(data) // 4))
    return (int.from_bytes(data) ^ key).to_bytes(len(data))
