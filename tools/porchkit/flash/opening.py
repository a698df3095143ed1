"""Opening a serial port without resetting what is behind it, and saying why it cannot be opened."""

import errno
import grp
import os
from pathlib import Path
from typing import Any

from porchkit.flash.errors import NoPort
from porchkit.flash.extra import needed

ROM_BAUD = 115_200


def opened(device: str, *, read_timeout_s: float | None = None) -> Any:
    """The pyserial port `device`, for us alone, DTR and RTS low from the first moment: on many
    boards (the ESP32-CAM-MB base plate) high lines hold the chip in reset. NoPort if it cannot be.
    """
    with needed():
        import serial
    try:
        port = serial.serial_for_url(device, exclusive=True, do_not_open=True)
        port.baudrate = ROM_BAUD
        port.timeout = read_timeout_s
        port.dtr = False
        port.rts = False
        port.open()
    except (OSError, ValueError) as error:
        raise NoPort(_why(device, error)) from error
    return port


def has_lines(port: Any) -> bool:
    """Whether DTR and RTS reach something: not on a pty, nor over a socket."""
    try:
        port.rts = False
        return bool(port.name) and not port.name.startswith("socket:")
    except OSError:
        return False


def is_there(device: str) -> bool:
    """Whether the port still exists; a URL always may."""
    return not device.startswith("/") or Path(device).exists()


def _why(device: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    text = str(error)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "FileNotFound" in text:
        return f"{device}: no such port; plug the board in, and see `porchlight ports`"
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"{device}: you may not use it; sudo usermod -aG {_group(device)} "
            f"{os.environ.get('USER', '$USER')}, then log out and in again"
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "Access is denied" in text:
        return (
            f"{device}: another program is using it; close serial monitors, Thonny, mpremote, "
            "and run this again"
        )
    if number == errno.ENOTTY or "Inappropriate ioctl" in text:
        return f"{device}: no serial port; see `porchlight ports`"
    return f"{device}: cannot be opened: {text}"


def _group(device: str) -> str:
    """The group that owns the port; `dialout` on most systems, `uucp` on others."""
    try:
        name = grp.getgrgid(Path(device).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"
    return "dialout" if name == "root" else name
