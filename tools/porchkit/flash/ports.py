"""The serial ports of this machine: what is on them, as far as USB tells."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from porchkit import boards
from porchkit.flash.errors import NoPort
from porchkit.flash.extra import needed

# (vendor, product) -> ids of boards, most likely first
Guess = Callable[[int, int], Sequence[str]]

ESPRESSIF = 0x303A
# USB to serial bridges that camera boards and their base plates carry, and chips with USB inside.
_KINDS = {
    (0x0403, 0x6001): "FTDI FT232R",
    (0x0403, 0x6010): "FTDI FT2232",
    (0x0403, 0x6014): "FTDI FT232H",
    (0x0403, 0x6015): "FTDI FT231X",
    (0x067B, 0x2303): "PL2303",
    (0x067B, 0x23A3): "PL2303GC",
    (0x10C4, 0xEA60): "CP210x",
    (0x10C4, 0xEA70): "CP2105",
    (0x1A86, 0x5523): "CH341",
    (0x1A86, 0x55D2): "CH9102 (two ports)",
    (0x1A86, 0x55D3): "CH343",
    (0x1A86, 0x55D4): "CH9102",
    (0x1A86, 0x7522): "CH340K",
    (0x1A86, 0x7523): "CH340",
    (0x2886, 0x0056): "Seeed XIAO ESP32-S3, own USB",
    (0x303A, 0x0002): "ESP32-S2, own USB",
    (0x303A, 0x0009): "ESP32-S3, own USB",
    (0x303A, 0x1001): "ESP32, own USB (serial and JTAG)",
    (0x303A, 0x4001): "ESP32, own USB (MicroPython)",
}


@dataclass(frozen=True)
class Port:
    """One port. `usb` is (vendor, product), or None; `location` is the socket it is plugged into;
    `boards` are the ids of the boards that would look like this."""

    device: str
    usb: tuple[int, int] | None
    serial: str
    location: str
    kind: str
    boards: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether a camera board could be behind it."""
        return self.usb in _KINDS or bool(self.boards)

    @property
    def native(self) -> bool:
        """Whether the chip itself is the USB device: such a port goes away at each reset."""
        return self.usb is not None and self.usb[0] == ESPRESSIF


def listed(entries: Iterable[Any] | None = None, guess: Guess = boards.by_usb) -> list[Port]:
    """The USB serial ports, in order of their names. `entries` are as pyserial gives them."""
    if entries is None:
        with needed():
            from serial.tools.list_ports import comports
        entries = comports()
    found = [_port(entry, guess) for entry in entries if entry.vid is not None]
    return sorted(found, key=lambda port: port.device)


def named(device: str, ports: Iterable[Port]) -> Port:
    """The port called `device`; one that USB knows nothing of (a pty, a URL) is taken as it is."""
    for port in ports:
        if port.device == device:
            return port
    return Port(device, None, "", "", "not a USB port", ())


def likely(ports: Iterable[Port]) -> list[Port]:
    """Those that may be boards. NoPort, with what to do, when there is none."""
    found = [port for port in ports if port.known]
    if not found:
        raise NoPort(
            "no board found on USB; plug it in with a cable that also carries data (many only "
            "charge), or name the port: porchlight flash /dev/ttyUSB0. On Linux, brltty may hold a "
            "CH340: sudo apt remove brltty, then plug it in anew"
        )
    return found


def moved(port: Port, entries: Iterable[Any] | None = None) -> str:
    """What `port` is called now: a chip with USB inside may come back under another name."""
    if not port.location:
        return port.device
    ports = listed(entries, guess=_nothing)
    here = [other.device for other in ports if other.location == port.location]
    return port.device if port.device in here or not here else here[0]


def _port(entry: Any, guess: Guess) -> Port:
    usb = (entry.vid, entry.pid)
    return Port(
        device=entry.device,
        usb=usb,
        serial=entry.serial_number or "",
        location=entry.location or "",
        kind=_KINDS.get(usb) or entry.product or "unknown",
        boards=tuple(guess(*usb)),
    )


def _nothing(_vid: int, _pid: int) -> Sequence[str]:
    return ()
