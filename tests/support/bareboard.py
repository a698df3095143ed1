"""A board at its prompt, as near as it gets: MicroPython on a pseudo-terminal of our own, in this
thread, with the stand-ins for hardware. The line to it can be cut, and its power, at any write.

Quicker than porchkit.pty, which real serial tools drive: a sweep over every exchange needs that.
"""

import contextlib
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path

from porchkit.paths import standins_root
from porchkit.provision.errors import LinkLost
from porchkit.vboardrun import micropython

BEFORE, DURING, AFTER = "before", "during", "after"
PATIENCE_S = 10.0
_INTERRUPT, _RESET = b"\r\x03\x01", b"\x04"
_REBOOT, _BANNER = b"MPY: soft reboot\r\n", b"raw REPL; CTRL-B to exit\r\n>"


class BareBoard:
    """A Line. `cut_at`: the write, counted from 1, at which cable and power go: BEFORE it leaves,
    DURING what the board does about it, or AFTER that, with its answer lost.

    A soft reset is another process, unless nothing has run in this one yet."""

    def __init__(self, root: Path, *, cut_at: int = 0, cut: str = BEFORE) -> None:
        self.root = root
        self.sent: list[bytes] = []
        self._cut_at, self._cut = cut_at, cut
        self._lost = False
        self._answer = b""
        self._spawn()

    def write(self, data: bytes) -> None:
        self._check()
        self.sent.append(data)
        if len(self.sent) == self._cut_at:
            self._lost = True
            if self._cut != BEFORE:
                os.write(self._master, data)
            if self._cut == DURING:
                time.sleep(0.0007)  # a moment, somewhere within; not waiting for anything
            if self._cut == AFTER:
                with contextlib.suppress(OSError):  # a soft reset: the process ends
                    self._wait(b"\x04>")
            self.close()
            raise LinkLost("the test's cable")
        if data == _RESET and self._new:
            self._answer = _REBOOT + _BANNER
            return
        self._new = self._new and data == _INTERRUPT
        os.write(self._master, data)

    def read(self, timeout_s: float) -> bytes:
        self._check()
        if self._answer:
            answer, self._answer = self._answer, b""
            return answer
        ready, _, _ = select.select([self._master], [], [], timeout_s)
        if not ready:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError:  # the process ended: a soft reset
            return self._soft_reset()

    def reopen(self) -> None:
        raise LinkLost("the test's cable")

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def _check(self) -> None:
        if self._lost:
            raise LinkLost("the test's cable")

    def _spawn(self) -> None:
        self._master, slave = pty.openpty()
        state = termios.tcgetattr(slave)
        state[0] = 0  # input as it comes
        state[1] &= ~termios.OPOST
        state[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(slave, termios.TCSANOW, state)
        self._process = subprocess.Popen(
            [micropython()],
            cwd=self.root,
            env=environment(self.root),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._wait(b">>> ")
        self._new = True

    def _soft_reset(self) -> bytes:
        self.close()
        self._spawn()
        os.write(self._master, b"\x01")
        self._wait(_BANNER)
        return _REBOOT + _BANNER

    def _wait(self, end: bytes) -> None:
        seen = b""
        while end not in seen:
            ready, _, _ = select.select([self._master], [], [], PATIENCE_S)
            assert ready, seen
            seen += os.read(self._master, 4096)


def boot(root: Path) -> str:
    """Switch the board in `root` on, as it lies there; what main.py prints until it ends."""
    done = subprocess.run(
        [micropython(), "main.py"],
        cwd=root,
        env=environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout


def environment(root: Path) -> dict[str, str]:
    path = f"{standins_root()}:{root.resolve()}:{root.resolve() / 'lib'}:.frozen"
    return {**os.environ, "MICROPYPATH": path, "TERM": "dumb", "HOME": os.devnull}
