"""A serial line to one board, opened without touching its reset.

DTR and RTS stay low: on an ESP32-CAM-MB and its kin they are wired to reset and boot, and a port
opened as usual holds the board in reset (MicroPython's own mpremote does; its PR #17532 is open).
"""

import time
from typing import Protocol

from porchkit.flash.errors import FlashError
from porchkit.flash.opening import opened
from porchkit.provision.errors import LinkLost

WRITE_S = 5.0
BACK_S = 10.0  # a chip with USB inside restarts, and the system finds it again


class Line(Protocol):
    """Bytes to and from a board. LinkLost from any method once it has gone."""

    def write(self, data: bytes) -> None: ...

    def read(self, timeout_s: float) -> bytes:
        """What has come, waiting for at least one byte; b"" when none came in time."""
        ...

    def reopen(self) -> None:
        """After LinkLost: a port that comes and goes with the chip is back, or LinkLost again."""
        ...

    def close(self) -> None: ...


class SerialLine:
    """A Line over pyserial; `port` as the system names it. FlashError if it cannot be opened."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._serial = opened(port)
        self._serial.write_timeout = WRITE_S

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except OSError:  # pyserial's own exception is one
            raise LinkLost(self._port) from None

    def read(self, timeout_s: float) -> bytes:
        try:
            self._serial.timeout = timeout_s
            first: bytes = self._serial.read(1)
            return first + self._serial.read(self._serial.in_waiting) if first else b""
        except (OSError, TypeError):  # pyserial reads from None when the port closes under it
            raise LinkLost(self._port) from None

    def reopen(self) -> None:
        self.close()
        until = time.monotonic() + BACK_S
        while True:
            try:
                self._serial = opened(self._port)
                self._serial.write_timeout = WRITE_S
                return
            except FlashError:
                if time.monotonic() > until:
                    raise LinkLost(self._port) from None
            time.sleep(0.2)

    def close(self) -> None:
        try:
            self._serial.close()
        except OSError:
            return  # it has gone already
