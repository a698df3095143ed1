"""The firmware's motion gate in a MicroPython process, asked for times; onboard/bench_gate.py is
the other end."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from porchkit import twin
from porchkit.errors import CommandError
from porchkit.onboardrun import Program
from porchkit.paths import firmware_root


class Board:
    """Times of the firmware below `root` (with agent/) on pictures of one shape."""

    def __init__(self, root: Path, jpegs: Sequence[bytes]) -> None:
        """CommandError without MicroPython."""
        self._program = Program("bench_gate.py", root)
        self._jpegs = jpegs

    def __enter__(self) -> Self:
        """Hand over the pictures. CommandError for some that the firmware refuses."""
        with ExitStack() as failing:
            failing.push(self._program)
            sized = (len(jpeg).to_bytes(4, "big") + jpeg for jpeg in self._jpegs)
            begun = self._program.ask(b"%d\n" % len(self._jpegs) + b"".join(sized))
            if begun["reason"]:
                raise CommandError(f"a picture that the firmware does not take: {begun['reason']}")
            failing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.end()

    def decode_us(self, times: int) -> int:
        """Header, scan and thumbnail of every picture, so many times, in all."""
        return int(self._program.ask(b"decode %d\n" % times)["us"])

    def model_us(self, times: int) -> int:
        """The verdict on every thumbnail, so many times, in all."""
        return int(self._program.ask(b"model %d\n" % times)["us"])

    def allocating(self) -> list[str]:
        """Which steps want memory for a picture like the last: none of them should."""
        return list(self._program.ask(b"heap\n")["allocating"])


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
