"""The chip on a port: found, described, and ready to be written. The only user of esptool."""

import re
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from porchkit.flash.errors import LinkFault, Refused
from porchkit.flash.extra import needed
from porchkit.flash.opening import ROM_BAUD, has_lines, opened

_MB = re.compile(r"Embedded PSRAM(?: (\d+)MB)?")
# In these the eFuses name the PSRAM in the package; none named is none there.
_TELLS_PSRAM = ("esp32s2", "esp32s3")


@dataclass(frozen=True)
class Chip:
    """What was found. `psram_mb` is None where nothing in the chip tells, -1 where it says that
    there is some but not how much. `name` is as in boards/*.toml."""

    name: str
    words: str
    mac: str
    flash_bytes: int
    psram_mb: int | None


class Link:
    """A connected chip. Every fault of the line is a LinkFault, whatever esptool calls it.
    `resets` says whether its port has lines that could reset it."""

    def __init__(self, loader: Any, *, resets: bool) -> None:
        self.resets = resets
        with needed():
            from esptool import cmds
        self._loader = loader
        self._commands = cmds

    @property
    def chip_name(self) -> str:
        return _plain(self._loader.CHIP_NAME)

    def prepare(self, baud: int) -> Chip:
        """Start the flasher stub, look at chip and flash, go to `baud`. Nothing is written."""
        with _faults():
            self._refuse_locked()
            self._loader = self._commands.run_stub(self._loader)
            self._commands.attach_flash(self._loader)
            chip = self._described()
            if baud != ROM_BAUD:
                self._loader.change_baud(baud)
        # A lost port is ours to handle: esptool would wait for minutes.
        self._loader.WRITE_FLASH_ATTEMPTS = 1
        return chip

    def write(self, address: int, contents: bytes) -> None:
        """Write and verify, or find it there already."""
        with _faults():
            self._commands.write_flash(self._loader, [(address, contents)], skip_flashed=True)

    def erase_all(self) -> None:
        """Everything on the flash becomes 0xFF; takes up to half a minute."""
        with _faults():
            self._commands.erase_flash(self._loader)

    def md5(self, address: int, size: int) -> str:
        """Of the flash as it is, computed by the chip."""
        with _faults():
            return str(self._loader.flash_md5sum(address, size))

    def reset(self) -> None:
        """Let the board start, if we can. The port may go away with it."""
        if not self.resets:
            return
        with suppress(LinkFault), _faults():
            self._commands.reset_chip(self._loader, "hard-reset")

    def _refuse_locked(self) -> None:
        loader = self._loader
        locked = loader.secure_download_mode or loader.get_flash_encryption_enabled()
        if locked or loader.get_secure_boot_enabled():
            raise Refused(
                "this chip was locked by its maker (secure boot or flash encryption); "
                "nothing else can be put on it"
            )

    def _described(self) -> Chip:
        loader = self._loader
        words = str(loader.get_chip_description())
        size = self._commands.detect_flash_size(loader)
        return Chip(
            name=self.chip_name,
            words=words,
            mac=":".join(f"{byte:02x}" for byte in loader.read_mac()),
            flash_bytes=_bytes(size),
            psram_mb=psram(self.chip_name, words, loader.get_chip_features()),
        )


@contextmanager
def connected(device: str, attempts: int) -> Iterator[Link]:
    """Reach the boot loader of the chip on `device`. NoPort if the port cannot be opened,
    LinkFault if nothing answers. The port is closed at the end."""
    with needed():
        from esptool.cmds import detect_chip
    port = opened(device)
    try:
        resets = has_lines(port)
        mode = "default-reset" if resets else "no-reset"
        with _faults():
            loader = detect_chip(port, ROM_BAUD, mode, connect_attempts=attempts)
        yield Link(loader, resets=resets)
    finally:
        with suppress(OSError, termios.error):
            port.close()


def psram(chip: str, words: str, features: list[str]) -> int | None:
    """MB of PSRAM that the chip itself tells of; 0 is none, None is unknown, -1 some."""
    for feature in features:
        if found := _MB.match(feature):
            return int(found[1]) if found[1] else -1
    if "WDR2" in words:  # ESP32-D0WDR2-V3 carries 2 MB
        return 2
    return 0 if chip in _TELLS_PSRAM else None


def _plain(chip_name: str) -> str:
    return chip_name.lower().replace("-", "")


def _bytes(size: str | None) -> int:
    """`4MB` -> 4194304; 0 for a flash chip that esptool does not know."""
    found = re.fullmatch(r"(\d+)(KB|MB)", size or "")
    if not found:
        return 0
    return int(found[1]) << (20 if found[2] == "MB" else 10)


@contextmanager
def _faults() -> Iterator[None]:
    """Turn what esptool, pyserial and the terminal raise into LinkFault."""
    with needed():
        from esptool.util import FatalError
    try:
        yield
    except (FatalError, OSError, struct.error, termios.error) as error:
        raise LinkFault(" ".join(str(error).split()) or type(error).__name__) from error
