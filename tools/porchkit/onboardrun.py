"""A program of onboard/ in a MicroPython process with the firmware, asked question by question."""

import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any, Self

from porchkit.paths import firmware_root, onboard_root
from porchkit.vboardrun import micropython

_HEAP = "64M"  # far more than is used: no collection amid a measurement, room for a long answer


class Program:
    """The process, joined to us by two pipes; it ends with the block."""

    def __init__(self, name: str, root: Path | None = None) -> None:
        """`root`: where agent/ is, the firmware's own by default. CommandError without
        MicroPython."""
        firmware = firmware_root()
        path = f"{root or firmware}:{firmware / 'lib'}:.frozen"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [micropython(), "-X", f"heapsize={_HEAP}", onboard_root() / name],
            env={**os.environ, "MICROPYPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def ask(self, question: bytes) -> dict[str, Any]:
        """The next answer. RuntimeError where the program ended instead, with what it said."""
        there, back = self._process.stdin, self._process.stdout
        if there is None or back is None:
            raise RuntimeError("the firmware has no pipes")
        with contextlib.suppress(BrokenPipeError):  # it has ended: the answer will be missing
            there.write(question)
            there.flush()
        line = back.readline()
        if not line.startswith(b"{"):  # MicroPython prints a traceback where it prints all else
            raise RuntimeError(f"the firmware stopped: {_last_words(line + back.read())}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _last_words(said: bytes) -> str:
    lines = said.decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")
