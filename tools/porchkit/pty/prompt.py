"""Which REPL the board is in, read from what it prints; and back into the raw one after a reset.

A soft reset keeps the raw REPL on a board. Here it ends the process, and a new one begins with the
friendly REPL: its banner is kept from the host, and Ctrl-A typed in the host's place.
"""

import re

CTRL_A = b"\x01"

_RAW = b"raw REPL; CTRL-B to exit\r\n"
_FRIENDLY = b'Type "help()" for more information.\r\n'
_NAME = b"MicroPython "
_BANNER = re.compile(rb"MicroPython [^\r\n]*\r\n" + re.escape(_FRIENDLY) + rb">>> ")
_TAIL = max(len(_RAW), len(_FRIENDLY))


class Prompt:
    """For one run of the process. `to_raw`: bring it to the raw REPL first."""

    def __init__(self, *, to_raw: bool) -> None:
        self.raw = to_raw
        self._swallowing = to_raw
        self._kept = b""

    def take(self, printed: bytes) -> tuple[bytes, bytes]:
        """(what the host shall see of it, what to type to the board)."""
        if self._swallowing:
            return self._swallow(self._kept + printed)
        seen = self._kept + printed
        raw, friendly = seen.rfind(_RAW), seen.rfind(_FRIENDLY)
        if raw != friendly:  # else neither is there
            self.raw = raw > friendly
        self._kept = seen[-_TAIL:]
        return printed, b""

    def _swallow(self, seen: bytes) -> tuple[bytes, bytes]:
        """What boot.py prints before the banner is the host's, a line at a time."""
        banner = _BANNER.search(seen)
        if banner is not None:
            self._swallowing = False
            self._kept = b""
            return seen[: banner.start()], CTRL_A
        at = seen.rfind(_NAME)
        at = at if at >= 0 else seen.rfind(b"\n") + 1
        self._kept = seen[at:]
        return seen[:at], b""
