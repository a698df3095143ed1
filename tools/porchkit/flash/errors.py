"""What flashing may end with. The numbers are part of `porchlight flash --help`.

FlashError
  NoPort      10   no serial port, or it cannot be used, or no chip answers on it
  Refused     11   this image does not belong on this board; nothing was written
  BrokeOff    12   it ended in the middle; the next run goes on from there
  Silent      13   written and verified, but MicroPython did not show up afterwards
"""

from porchkit.errors import CommandError


class FlashError(CommandError):
    """`what happened; what to do`, in one line."""


class NoPort(FlashError):
    """There is nothing to talk to."""

    exit_code = 10


class Refused(FlashError):
    """Writing this would not give a working board."""

    exit_code = 11


class BrokeOff(FlashError):
    """The link failed, or went away, while the flash was being written or read back."""

    exit_code = 12


class Silent(FlashError):
    """The flash holds the firmware, but no prompt came."""

    exit_code = 13


class LinkFault(Exception):
    """The line between us and the chip failed; worth another try. Never reaches the user."""
