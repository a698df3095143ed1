"""esptool's words: its progress becomes ours, the rest is kept for PORCHLIGHT_DEBUG."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from porchkit.flash.extra import needed

Progress = Callable[[int, int], None]


class EspLog:
    """What esptool's TemplateLogger asks for. `progress(done, total)` is called as it writes."""

    def __init__(self) -> None:
        self.progress: Progress = _nobody
        self._loud = bool(os.environ.get("PORCHLIGHT_DEBUG"))

    def print(self, *words: object, **_: object) -> None:
        if self._loud:
            print("esptool:", *words, file=sys.stderr)

    def progress_bar(self, cur_iter: int, total_iters: int, **_: object) -> None:
        self.progress(cur_iter, total_iters)

    def note(self, message: str) -> None:
        self.print(message)

    warning = error = note

    def warn(self, message: str, suggestion: str | None = None) -> None:
        self.print(message)

    err = warn

    def debug(self, *words: object) -> None:
        self.print(*words)

    def stage(self, finish: bool = False) -> None:
        """Nothing is collapsed here."""

    def set_verbosity(self, verbosity: str) -> None:
        """PORCHLIGHT_DEBUG decides."""


@contextmanager
def heard() -> Iterator[EspLog]:
    """esptool speaks to the EspLog given, until the block ends. It has one logger per process."""
    with needed():
        from esptool import logger
    before = logger.EspLog.instance
    ours = EspLog()
    logger.TemplateLogger.register(EspLog)
    logger.log.set_logger(ours)
    try:
        yield ours
    finally:
        logger.EspLog.instance = before


def _nobody(done: int, total: int) -> None:
    """Nobody watches."""
