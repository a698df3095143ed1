"""USB serial ports as pyserial lists them, made up."""

from types import SimpleNamespace


def entry(device: str, vid: int | None, pid: int | None, **more: str | None) -> SimpleNamespace:
    """A row as pyserial's list_ports gives it."""
    blank = {"serial_number": None, "location": None, "product": None}
    return SimpleNamespace(device=device, vid=vid, pid=pid, **{**blank, **more})


ENTRIES = [
    entry("/dev/ttyUSB1", 0x10C4, 0xEA60, location="1-2"),
    entry("/dev/ttyS0", None, None),
    entry("/dev/ttyACM0", 0x303A, 0x1001, serial_number="AA:BB", location="1-4"),
    entry("/dev/ttyUSB0", 0x1A86, 0x7523),
    entry("/dev/ttyACM9", 0x2341, 0x0043, product="Arduino Uno"),
]
