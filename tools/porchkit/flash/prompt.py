"""After the reset: waiting until MicroPython shows its prompt, and what else the board may say."""

import re
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from porchkit.flash.errors import NoPort, Silent

_READ_S = 0.2
_QUIET_S = 1.5
_BANNER_S = 2.0
_KEEP_BYTES = 4096
_PROMPT = b">>> "
_VERSION = re.compile(rb"MicroPython [^\r\n]*")
_INTERRUPT, _FRIENDLY, _SOFT_RESET = b"\r\x03", b"\x02", b"\x04"

# What ROM and boot loader print -> what to do.
_SIGNS = {
    b"waiting for download": "GPIO0 is still low: take it off GND (or let go of BOOT), press RST",
    b"Brownout detector": "the power breaks down: feed 5 V with 2 A, and use a short cable",
    b"flash read err": "the chip cannot read its flash: check the power, then flash again",
    b"invalid header": "nothing that starts is where the chip looks: flash again, with --erase",
    b"Guru Meditation": "the firmware crashes as it starts: is it the file for this board?",
}

Open = Callable[[], Any]
Say = Callable[[str], None]


class PromptWait:
    """One wait for a prompt. `open_port` gives the port anew each time it went away; `native`: the
    chip is the USB device itself, and may send only to who raises DTR."""

    def __init__(
        self,
        open_port: Open,
        say: Say,
        *,
        wait_s: float,
        native: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_port = open_port
        self._say = say
        self._now = now
        self._native = native
        self._end = now() + wait_s
        self._heard = b""
        self._told = ""
        self._interrupted = False

    def wait(self) -> str:
        """MicroPython's own line about itself. Silent when none came in time."""
        while self._now() < self._end:
            try:
                port = self._open_port()
            except NoPort:
                time.sleep(_READ_S)  # a chip with its own USB comes back in its own time
                continue
            with suppress(OSError, termios.error):
                if banner := self._listen(port):
                    return banner
            with suppress(OSError, termios.error):
                port.close()
        raise Silent(self._why())

    def _listen(self, port: Any) -> str:
        """Until the prompt, the end of the wait (""), or the loss of the port (raises)."""
        quiet_since = self._now()
        while self._now() < self._end:
            if self._take(port):
                quiet_since = self._now()
            if self._heard.endswith(_PROMPT):
                return self._introduced(port)
            if self._now() - quiet_since > _QUIET_S:
                self._poke(port)
                quiet_since = self._now()
        return ""

    def _take(self, port: Any) -> bool:
        """Read what is there; say what it means where that is known."""
        piece = port.read(port.in_waiting or 1)
        self._heard = (self._heard + piece)[-_KEEP_BYTES:]
        for sign, meaning in _SIGNS.items():
            if sign in self._heard and meaning != self._told:
                self._told = meaning
                self._say(meaning)
        return bool(piece)

    def _poke(self, port: Any) -> None:
        """A while of silence: a program may be running, or the chip may wait for DTR."""
        if self._native:
            port.dtr = True
        port.write(_INTERRUPT)
        self._interrupted = True

    def _introduced(self, port: Any) -> str:
        """Ask who is there. A program that was interrupted for it is started again."""
        port.write(_FRIENDLY)
        end = min(self._now() + _BANNER_S, self._end)
        answer = b""
        while self._now() < end and not answer.endswith(_PROMPT):
            answer += port.read(port.in_waiting or 1)
        if self._interrupted:
            port.write(_SOFT_RESET)
        port.close()
        found = _VERSION.search(answer) or _VERSION.search(self._heard)
        return found[0].decode("ascii", "replace") if found else "a prompt that gives no version"

    def _why(self) -> str:
        what = self._told or "press RST; if nothing comes then either, flash again"
        return f"the firmware is on the board and verified, but MicroPython does not answer: {what}"


def wait_for_prompt(open_port: Open, say: Say, *, wait_s: float, native: bool = False) -> str:
    """Wait up to `wait_s` seconds; see PromptWait.wait."""
    return PromptWait(open_port, say, wait_s=wait_s, native=native).wait()


READ_S = _READ_S
