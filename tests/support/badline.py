"""A TCP line between the flasher and a chip, with the faults of real cables."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

_CHANGE_BAUD = b"\xc0\x00\x0f"  # SLIP frame: request, opcode CHANGE_BAUDRATE


class BadLine:
    """Passes everything on, until told otherwise. Each connection goes to the next of `ends`;
    the last of them serves all that follow.

    `noisy_above` baud: replies are garbled once `after_bytes` went out at a higher speed; above 0
    is always.
    `hang_up_after` bytes: both sides are closed, and nobody can connect again.
    """

    def __init__(
        self,
        *ends: int,
        noisy_above: int | None = None,
        hang_up_after: int | None = None,
        after_bytes: int = 100_000,
    ) -> None:
        self._ends = list(ends)
        self._noisy_above = noisy_above
        self._hang_up_after = hang_up_after
        self._after_bytes = after_bytes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.device = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self.speeds: list[int] = []
        self.connections = 0
        self.passed_bytes = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            end = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
            self._pair(near, socket.create_connection(("127.0.0.1", end)))

    def _pair(self, near: socket.socket, far: socket.socket) -> None:
        line = _Line(self)
        for source, sink, seen in ((near, far, line.outward), (far, near, line.inward)):
            thread = threading.Thread(target=_copy, args=(source, sink, seen))
            self._threads.append(thread)
            thread.start()


class _Line:
    """One connection: what it may still do."""

    def __init__(self, owner: BadLine) -> None:
        self._owner = owner
        self._fast_bytes = 0 if owner._noisy_above == 0 else -1
        self._bytes = 0

    def outward(self, piece: bytes) -> bytes | None:
        """Towards the chip. None hangs up."""
        owner = self._owner
        self._bytes += len(piece)
        owner.passed_bytes += len(piece)
        if owner._hang_up_after and self._bytes > owner._hang_up_after:
            with suppress(OSError):
                owner._listener.shutdown(socket.SHUT_RDWR)
            owner._listener.close()
            return None
        if self._fast_bytes >= 0:
            self._fast_bytes += len(piece)
        if piece.startswith(_CHANGE_BAUD):
            speed = struct.unpack_from("<I", piece, 9)[0]
            owner.speeds.append(speed)
            if owner._noisy_above is not None and speed > owner._noisy_above:
                self._fast_bytes = 0
        return piece

    def inward(self, piece: bytes) -> bytes | None:
        noisy = self._fast_bytes > self._owner._after_bytes
        return b"\x00\xff" + piece if noisy else piece


def _copy(
    source: socket.socket, sink: socket.socket, seen: Callable[[bytes], bytes | None]
) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            passed = seen(piece)
            if passed is None:
                break
            sink.sendall(passed)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    source.close()
