"""MicroPython's raw REPL with raw-paste (flow control), as a client with a deadline for everything.

    ours    Ctrl-C Ctrl-A           interrupt whatever runs, raw REPL
    board   "raw REPL; CTRL-B to exit" CR LF ">"
    ours    05 'A' 01               raw-paste, please
    board   'R' 01, window u16 LE   then 01 for each further window; 04: it gives up
    ours    program, 04
    board   04, what it printed, 04, its traceback, 04, ">"

What an ESP32 logs (Wi-Fi, camera) comes in between, on the same line: everything that is not
one of these signs is passed over.
"""

import time
from collections.abc import Callable

from porchkit.provision.errors import BoardFault, BoardReset, BoardSilent
from porchkit.provision.line import Line

ENTER_S = 12.0  # a blocking capture() takes four seconds, a TLS handshake some more
TRY_S = 1.0
_QUIET_S = 0.05
ANSWER_S = 10.0
HURRY_S = 0.5
_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_END = b"\x04"
_BOOT_WORDS = (b"rst:0x", b"Brownout detector")  # what the chip's first loader prints
_KEPT_BYTES = 1_000_000  # of an answer that does not end


class RawRepl:
    """`now`: seconds that only grow."""

    def __init__(self, line: Line, now: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._now = now
        self._answer_s = ANSWER_S
        self._here = b""  # arrived, not yet taken

    def enter(self, patience_s: float = ENTER_S) -> None:
        """Interrupt what runs and get the raw prompt. BoardSilent if there is none."""
        until = self._now() + patience_s
        while self._now() < until:
            self._here = b""
            # One Ctrl-C: a second would interrupt the program while it goes dark for the first.
            self._line.write(b"\r\x03\x01")
            if self._seen(_BANNER, min(TRY_S, until - self._now())):
                self._drain()
                return
        raise BoardSilent(
            "no MicroPython answers there; is the board flashed (porchlight flash), is GPIO0 free, "
            "and was RST pressed?"
        )

    def soft_reset(self) -> None:
        """A clean interpreter, without running main.py. Pins, clock and watchdog go on."""
        self._line.write(_END)
        if not (self._seen(b"soft reboot", ANSWER_S) and self._seen(_BANNER, ANSWER_S)):
            self.enter()  # boot.py blocks, or the board restarted

    def run(self, program: str, timeout_s: float = ANSWER_S) -> str:
        """What `program` prints. BoardFault if it raises."""
        self._paste(program.encode())
        printed = self._until(_END, timeout_s)
        traceback = self._until(_END, self._answer_s)
        self._until(b">", self._answer_s)
        if traceback.strip():
            raise BoardFault(traceback.decode(errors="replace").strip().splitlines()[-1].strip())
        return printed.decode(errors="replace")

    def start(self, program: str) -> None:
        """Run `program` and wait for nothing: it ends this session, such as by a reset."""
        self._paste(program.encode())

    def break_off(self, program: str) -> None:
        """start() from the middle of anything, also of a paste; BoardError if that takes longer
        than somebody waits who has pressed Ctrl-C."""
        self._answer_s = HURRY_S
        self.enter(2 * HURRY_S)
        self.start(program)

    def _paste(self, program: bytes) -> None:
        self._line.write(b"\x05A\x01")
        self._until(b"R\x01", self._answer_s)
        window = int.from_bytes(self._exactly(2), "little")
        room = window
        while program:
            while room <= 0:
                sign = self._sign()
                if sign == _END:  # it gives up, such as for want of memory; its traceback follows
                    self._line.write(_END)
                    return
                room += window
            self._line.write(program[:room])
            room, program = room - len(program[:room]), program[room:]
        self._line.write(_END)
        self._until(_END, self._answer_s)

    def _sign(self) -> bytes:
        """The next byte that says something during a paste: 01 go on, 04 stop."""
        while True:
            sign = self._exactly(1)
            if sign in (b"\x01", _END):
                return sign

    def _exactly(self, count: int) -> bytes:
        until = self._now() + self._answer_s
        while len(self._here) < count:
            self._more(until)
        taken, self._here = self._here[:count], self._here[count:]
        return taken

    def _until(self, end: bytes, timeout_s: float) -> bytes:
        """What comes before `end`, which is taken too."""
        until = self._now() + timeout_s
        while end not in self._here:
            self._more(until)
        before, _, self._here = self._here.partition(end)
        return before

    def _seen(self, end: bytes, timeout_s: float) -> bool:
        """Whether `end` comes in time; it is taken then."""
        until = self._now() + timeout_s
        while end not in self._here:
            if self._now() >= until:
                return False
            self._here += self._line.read(max(0.0, until - self._now()))
            self._here = self._here[-_KEPT_BYTES:]
        self._here = self._here.partition(end)[2]
        return True

    def _more(self, until: float) -> None:
        left = until - self._now()
        came = self._line.read(left) if left > 0 else b""
        self._here += came
        if any(word in self._here for word in _BOOT_WORDS):
            raise BoardReset(brownout=b"rownout" in self._here)
        if not came or len(self._here) > _KEPT_BYTES:
            raise BoardSilent(
                "the board stopped answering; press its reset button and run it again"
            )

    def _drain(self) -> None:
        """Let go of further prompts: every Ctrl-A that was waiting gives one."""
        until = self._now() + TRY_S  # a board that never falls silent is heard no longer
        while self._line.read(_QUIET_S) and self._now() < until:
            pass
        self._here = b""
