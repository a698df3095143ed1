"""A running board's log, line by line, until Ctrl-C. Nothing is written to it: it works on."""

from collections.abc import Callable

from porchkit.provision.errors import LinkLost
from porchkit.provision.line import Line
from porchkit.words import clean

_LOOK_S = 0.5
_LINE_BYTES = 1000  # what has no end is shown in pieces of this


def follow(line: Line, tell: Callable[[str], None]) -> None:
    """`tell` each line, printable characters only. LinkLost when the port goes away for good; one
    that goes and comes with the chip is opened again."""
    here = b""
    try:
        while True:
            here += _read(line)
            *whole, here = here.split(b"\n")
            if len(here) > _LINE_BYTES:
                whole, here = [*whole, here], b""
            for raw in whole:
                if text := _shown(raw):
                    tell(text)
    except KeyboardInterrupt:
        return


def _read(line: Line) -> bytes:
    try:
        return line.read(_LOOK_S)
    except LinkLost:
        line.reopen()
        return b"\n"


def _shown(raw: bytes) -> str:
    """Without what ended our session in the raw REPL, 04 and its prompt."""
    text = raw.decode("utf-8", "replace").replace("\x04", "").strip("\r ")
    return clean(text)
