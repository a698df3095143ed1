"""The board's log: one line an event, to the serial port, and to the host when the line is idle.
Never a secret, never a picture.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE = 200
MAX_WAITING = 40  # lines for the host; then the oldest goes


class Log:
    """log("uplink", "connected") writes `12.345 uplink connected`: seconds since the start.
    `waiting`: what the host has not been sent, the oldest first; whoever sends it takes it out."""

    def __init__(self, write: "Callable[[str], object]", elapsed_ms: "Callable[[], int]") -> None:
        self._write = write
        self._elapsed_ms = elapsed_ms
        self.waiting: list[bytes] = []

    def __call__(self, room: str, text: str) -> None:
        ms = self._elapsed_ms()
        line = "%d.%03d %s %s" % (ms // 1000, ms % 1000, room, text)
        self._write(line[:MAX_LINE])
        if len(self.waiting) >= MAX_WAITING:
            self.waiting.pop(0)
        self.waiting.append(line.encode()[:MAX_LINE])
