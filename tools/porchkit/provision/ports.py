"""Which serial ports to work on, as the command line or USB says."""

from collections.abc import Sequence

from porchkit.errors import CommandError, UsageError
from porchkit.flash import ports as usb


def chosen(named: Sequence[str], *, every: bool) -> list[str]:
    """The named ports, or those that look like boards: all of them with `every`, else the only
    one. CommandError names the choice."""
    if named:
        if len(named) > 1 and not every:
            raise UsageError("several ports: say --all to provision them all")
        return list(dict.fromkeys(named))
    found = [port.device for port in usb.likely(usb.listed())]
    if len(found) > 1 and not every:
        raise CommandError(f"several boards are there; name one port of: {', '.join(found)}")
    return found
