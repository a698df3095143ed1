"""A board's prompt, over pytest-embedded's `dut`."""

import contextlib
import json
import re
from typing import Any

PROMPT = rb">>> "
PATIENCE_S = 20
AGAIN_S = 4
LOOK_S = 0.005


class Repl:
    """Expectations take \\r?\\n: print() gives \\n on a virtual board and \\r\\n on a real one."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut
        # Reads a file, which always has nothing new to say at once: 4,000 times a second.
        dut.pexpect_proc.delayafterread = LOOK_S
        # An ESP32-CAM-MB does not run while one of them is set, and opening the port sets both.
        with contextlib.suppress(OSError):  # a virtual board has neither
            dut.serial.proc.dtr = dut.serial.proc.rts = False

    def type(self, keys: bytes) -> None:
        """As they are; dut.write() would add a newline."""
        self._dut.serial.proc.write(keys)

    def expect(self, pattern: bytes, patience_s: float = PATIENCE_S) -> "re.Match[bytes]":
        """Wait for a line, or part of one; fails when it does not come."""
        found: re.Match[bytes] = self._dut.expect(pattern, timeout=patience_s)
        return found

    def interrupt(self) -> None:
        """Ctrl-C, and then the friendly prompt, whatever the board was doing. A chip that is
        starting hears nothing, so it is typed until the prompt comes."""
        import pexpect

        for _ in range(PATIENCE_S // AGAIN_S):
            self.type(b"\r\x03\x02")
            with contextlib.suppress(pexpect.TIMEOUT):
                self.expect(PROMPT, AGAIN_S)
                break
        self.ask("'at the prompt'")

    def ask(self, line: str) -> str:
        """Type a line; what the board answers."""
        self.type(line.encode() + b"\r")
        answer = self.expect(re.escape(line.encode()) + rb"\r?\n((?s:.*?))\r?\n?>>> ")
        return answer[1].decode().strip()

    def evaluate(self, expression: str) -> Any:
        """The value of an expression that JSON can carry."""
        return json.loads(self.ask(f"import json; print(json.dumps({expression}))"))

    def has(self, path: str) -> bool:
        """Is there a file or folder of that name on the board?"""
        folder, _, name = path.rpartition("/")
        return name in self.evaluate(f"__import__('os').listdir({folder or '/'!r})")

    def soft_reset(self) -> None:
        """Ctrl-D: boot.py and main.py run."""
        self.type(b"\x04")
        self.expect(rb"MPY: soft reboot\r?\n")
