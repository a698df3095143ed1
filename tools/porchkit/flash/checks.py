"""Whether this firmware belongs on this board: everything that is refused before writing."""

from porchkit.flash.chip import Chip
from porchkit.flash.errors import Refused
from porchkit.flash.firmware import MB, Firmware
from porchkit.flash.target import END_OF_LIFE, UNUSABLE, Target


def firmware_for_board(firmware: Firmware, target: Target) -> None:
    """What can be known without the board."""
    if target.status == UNUSABLE:
        raise Refused(f"{target.title} cannot be used: {target.reason}")
    if firmware.chip != target.chip:
        raise Refused(
            f"{firmware.name} is for {firmware.chip}, and {target.title} has an {target.chip}; "
            f"its file is the one called {target.image}"
        )
    if firmware.offset != target.offset:
        raise Refused(
            f"{firmware.name} begins at 0x{firmware.offset:x}, the board's image at "
            f"0x{target.offset:x}; it is not the file for {target.title}"
        )


def chip_family(firmware: Firmware, chip: str) -> None:
    """The first thing that is asked of a chip, before any of its memory is touched."""
    if chip != firmware.chip:
        raise Refused(
            f"the board has an {chip}, and {firmware.name} is for {firmware.chip}; nothing was "
            "written. Is this the right board, and the right file?"
        )


def fits(firmware: Firmware, chip: Chip) -> None:
    """The flash must hold what the image lays out."""
    if not chip.flash_bytes:
        raise Refused(
            "the flash chip does not say how large it is; nothing was written. "
            "Check the wiring, or try another board"
        )
    if firmware.needs > chip.flash_bytes:
        raise Refused(
            f"{firmware.name} is laid out for {firmware.needs // MB} MB of flash, and this board "
            f"has {chip.flash_bytes / MB:g} MB; nothing was written"
        )


def warnings(chip: Chip, target: Target | None) -> list[str]:
    """What is odd, but no reason to stop."""
    said = []
    if target is None:
        said.append(
            "without --board nobody knows whether this board has PSRAM, can be used, or is made "
            "any more; `porchlight boards` lists them"
        )
    if chip.psram_mb == 0:
        said.append("this chip names no PSRAM; without PSRAM the camera does not start")
    if target and target.flash_mb * MB > chip.flash_bytes:
        said.append(
            f"{target.title} should have {target.flash_mb} MB of flash, "
            f"this one has {chip.flash_bytes / MB:g} MB: perhaps a clone, perhaps another board"
        )
    if target and target.status == END_OF_LIFE:
        said.append(f"{target.title} is no longer made")
    return said
