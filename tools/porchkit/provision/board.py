"""A board at the end of a cable: our program in its raw REPL, asked question by question."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from porchkit.paths import onboard_root
from porchkit.provision.errors import BoardError, BoardSilent, LinkLost
from porchkit.provision.line import Line
from porchkit.provision.rawrepl import ANSWER_S, RawRepl

_CHIP = re.compile(r"ESP32(?:-?[A-Z]\d+)?", re.IGNORECASE)
_ANSWER = re.compile("\x1e(.*?)\x1f", re.DOTALL)


@dataclass(frozen=True)
class About:
    """What a board says of itself. None where it holds nothing of the kind. `state`: "partial",
    "whole", or None where no provisioning has begun; `wifi` is the network's name."""

    machine: str
    version: tuple[int, ...]
    mpy: int
    names: tuple[str, ...] = field(default=(), repr=False)
    state: str | None = None
    camera: str | None = None
    resident: str | None = None
    board: str | None = None
    wifi: str | None = None

    @property
    def chip(self) -> str | None:
        """As board files write it, such as "esp32s3"; None for what is no ESP32."""
        # The chip is the last word: "ESP32S3 module (spiram octal) with ESP32S3".
        found = _CHIP.findall(self.machine)
        return found[-1].lower().replace("-", "") if found else None


class Board:
    """Use `with`. Who interrupts a board puts it back to work, with restart(); where something
    goes wrong before, leaving the block does."""

    def __init__(self, line: Line, now: Callable[[], float] = time.monotonic) -> None:
        """Interrupt what runs there and bring our program. BoardError if there is no board."""
        self._line = line
        self._repl = RawRepl(line, now)
        self.about: About
        try:
            self.rejoin()
        except BaseException as error:
            self.__exit__(type(error), error)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object = None, error: object = None, trace: object = None) -> None:
        if error is not None and not isinstance(error, (LinkLost, BoardSilent)):
            self._break_off()
        self._line.close()

    def rejoin(self, *, lost: bool = False) -> About:
        """Interrupt what runs there and bring our program, also after the board restarted; `lost`:
        its port went away meanwhile."""
        if lost:
            self._line.reopen()
        self._repl.enter()
        self._repl.soft_reset()
        self.load(onboard_root() / "installer.py")
        return self.look_again()

    def look_again(self) -> About:
        """What the board says of itself now."""
        said = self.ask("hello")
        said["version"], said["names"] = tuple(said["version"]), tuple(said["names"])
        self.about = About(**said)
        return self.about

    def load(self, path: Path) -> None:
        """Run a program of onboard/ there: what it defines can be asked for then."""
        self._repl.run(path.read_text("utf-8"))

    def ask(self, function: str, *args: Any, timeout_s: float = ANSWER_S) -> Any:
        """What `function` answers. The arguments may hold secrets: no error repeats them."""
        words = "".join(f",{arg!r}" for arg in args)
        printed = self._repl.run(f"ask({function}{words})", timeout_s)
        found = _ANSWER.search(printed)
        try:
            return json.loads(found[1]) if found else _unreadable()
        except ValueError:
            return _unreadable()

    def _break_off(self) -> None:
        """As restart(), soon, whatever was going on; where that fails the watchdog does it."""
        try:
            self._repl.break_off("import machine; machine.reset()")
            self._line.read(0.2)
        except BoardError:
            return

    def restart(self) -> None:
        """Put it back into service: a reset, after which main.py runs."""
        try:
            self._repl.start("restart()")
            self._line.read(0.2)  # what is on its way must leave before the port closes
        except BoardError:
            return  # it has reset before it could say so


def _unreadable() -> Any:
    raise BoardSilent("the board's answer cannot be read; run the same command again")
