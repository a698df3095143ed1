"""A serial line to one board, opened without touching its reset.

DTR and RTS stay low: on an ESP32-CAM-MB and its kin they are wired to reset and boot, and a port
opened as usual holds the board in reset (MicroPython's own mpremote does; its PR #17532 is open).
"""

import errno
from typing import Any, Protocol

from porchkit.errors import CommandError
from porchkit.provision.errors import LinkLost, PortError

BAUD = 115_200  # MicroPython's own; a USB chip inside the processor does not care
WRITE_S = 5.0


class Line(Protocol):
    """Bytes to and from a board. LinkLost from any method once it has gone."""

    def write(self, data: bytes) -> None: ...

    def read(self, timeout_s: float) -> bytes:
        """What has come, waiting for at least one byte; b"" when none came in time."""
        ...

    def close(self) -> None: ...


class SerialLine:
    """A Line over pyserial; `port` as the system names it."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._serial = _open(port)

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

    def close(self) -> None:
        try:
            self._serial.close()
        except OSError:
            return  # it has gone already


def _open(port: str) -> Any:
    try:
        import serial
    except ImportError:
        raise CommandError(
            "boards on a cable need pyserial; pip install 'porchlight-cam[flash]' brings it"
        ) from None
    link = serial.Serial(baudrate=BAUD, write_timeout=WRITE_S, exclusive=True)
    link.dtr = False
    link.rts = False
    link.port = port
    try:
        link.open()
    except OSError as error:
        raise PortError(_why(port, error)) from None
    return link


def _why(port: str, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"there is no port {port}; plug the board in, then see: porchlight ports"
    if error.errno == errno.EACCES:
        return (
            f"you may not use {port}; join its group (sudo usermod -aG dialout $USER), log in anew"
        )
    if error.errno in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error):
        return f"{port} is in use; close the program that holds it (Thonny, mpremote, a monitor)"
    return f"{port} cannot be opened ({error.strerror or 'no serial port'}); is it a serial port?"
