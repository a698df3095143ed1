"""The board's log: one line an event, to the serial port. Never a secret, never a picture."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE = 200


class Log:
    """log("uplink", "connected") writes `12.345 uplink connected`: seconds since the start."""

    def __init__(self, write: "Callable[[str], object]", elapsed_ms: "Callable[[], int]") -> None:
        self._write = write
        self._elapsed_ms = elapsed_ms

    def __call__(self, room: str, text: str) -> None:
        ms = self._elapsed_ms()
        line = "%d.%03d %s %s" % (ms // 1000, ms % 1000, room, text)
        self._write(line[:MAX_LINE])
