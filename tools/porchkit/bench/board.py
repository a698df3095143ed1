"""The firmware's motion gate in a MicroPython process, asked for times; onboard/bench_gate.py is
the other end."""

import contextlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from porchkit import twin, vboardrun
from porchkit.errors import CommandError
from porchkit.paths import firmware_root, onboard_root

_HEAP = "64M"  # far more than is used, so that no collection falls into a measurement


class Board:
    """Times of the firmware below `root` (with agent/) on pictures of one shape."""

    def __init__(self, root: Path, jpegs: Sequence[bytes]) -> None:
        """CommandError for pictures that the firmware refuses, and without MicroPython."""
        library = firmware_root() / "lib"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [
                vboardrun.micropython(),
                "-X",
                f"heapsize={_HEAP}",
                str(onboard_root() / "bench_gate.py"),
            ],
            env={**os.environ, "MICROPYPATH": f"{root}:{library}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        sized = (len(jpeg).to_bytes(4, "big") + jpeg for jpeg in jpegs)
        try:
            reason = self._asked(b"%d\n" % len(jpegs) + b"".join(sized))["reason"]
            if reason:
                raise CommandError(f"a picture that the firmware does not take: {reason}")
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def decode_us(self, times: int) -> int:
        """Header, scan and thumbnail of every picture, so many times, in all."""
        return int(self._asked(b"decode %d\n" % times)["us"])

    def model_us(self, times: int) -> int:
        """The verdict on every thumbnail, so many times, in all."""
        return int(self._asked(b"model %d\n" % times)["us"])

    def allocating(self) -> list[str]:
        """Which steps want memory for a picture like the last: none of them should."""
        return list(self._asked(b"heap\n")["allocating"])

    def _asked(self, question: bytes) -> dict[str, Any]:
        there, back = self._process.stdin, self._process.stdout
        if there is None or back is None:
            raise RuntimeError("the board has no pipes")
        with contextlib.suppress(BrokenPipeError):  # it has ended: the answer will be missing
            there.write(question)
            there.flush()
        line = back.readline()
        if not line.endswith(b"\n"):
            raise RuntimeError(f"the firmware stopped with {self._process.wait()}; see above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()


def as_bytecode(into: Path) -> Path:
    """`into` as the root of the same firmware, its viper functions as plain Python."""
    agent = into / "agent"
    agent.mkdir(parents=True)
    for source in (firmware_root() / "agent").glob("*.py"):
        text = source.read_text(encoding="utf-8")
        if "micropython.viper" in text:
            text = twin.plain(text)
        (agent / source.name).write_text(text, encoding="utf-8")
    return into
