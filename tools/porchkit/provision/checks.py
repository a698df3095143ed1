"""The self-test: asks the board check by check, and lives through a board that restarts in one."""

import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

from porchkit.paths import onboard_root
from porchkit.provision import about, verdicts
from porchkit.provision.board import Board
from porchkit.provision.errors import BoardError, BoardFault, BoardReset, BoardSilent, LinkLost
from porchkit.provision.verdicts import FAIL, POWER, SKIP, Row

_PROGRAMS = ("selftest.py", "selfsight.py")
_QUICK_S, _SLOW_S = 15.0, 60.0
_SLOW = ("wifi", "clock", "host", "tls", "sensor")
# What a check cannot do without: a file on the board, or an earlier check that passed.
_FILES = {"wifi": "config.json", "host": "config.json", "tls": "ca.der", "light": "board.json"}
_FILES |= {"sensor": "board.json", "clock": "config.json"}
_AFTER = {"host": "wifi", "tls": "host", "sensor": "firmware"}

Facts = dict[str, Any]
Told = Callable[[str], None]
Mend = Callable[[str, dict[str, Facts]], str]


class SelfTest:
    """All checks on one board, whose clock is set first; it needs restart() afterwards.

    `mend(check, facts)` may change something on the board after a check that failed, and says what
    the resident should know of it; then that check is done once more. "" for nothing done.
    `facts`: by check, what the board has found so far."""

    def __init__(
        self,
        board: Board,
        told: Told,
        *,
        mend: Mend = lambda check, facts: "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._board, self._told, self._mend, self._now = board, told, mend, now
        self._facts: dict[str, Facts] = {}
        self._rows: dict[str, Row] = {}

    def run(self) -> list[Row]:
        """Every check, in order."""
        self._begin()
        board = self._board
        board.look_again()
        names = board.ask("os.listdir")
        for check in verdicts.TABLE:
            self._told(f"self-test: {check}")
            self._rows[check] = self._skipped(check, names) or self._one(check)
        return list(self._rows.values())

    def _begin(self) -> None:
        set_clock(self._board, self._now())
        for name in _PROGRAMS:
            self._board.load(onboard_root() / name)

    def _one(self, check: str) -> Row:
        try:
            row = self._judged(check)
            if row.outcome == FAIL and (note := self._mend(check, self._facts)):
                row = self._judged(check)
                row = row if row.todo else dataclasses.replace(row, todo=note)
            return row
        except BoardFault as fault:
            return Row(check, FAIL, f"the check itself failed: {fault.line}", _again(check))
        except (BoardReset, BoardSilent, LinkLost) as error:
            return self._restarted(check, error)

    def _judged(self, check: str) -> Row:
        args = [int(self._now())] if check == "clock" else []
        slow = _SLOW_S if check in _SLOW else _QUICK_S
        facts = self._board.ask(f"check_{check}", *args, timeout_s=slow)
        self._facts[check] = facts
        return verdicts.TABLE[check](facts, about.kind(self._board.about))

    def _restarted(self, check: str, error: BoardError) -> Row:
        """Come back to a board that restarted, or hung, in the middle of a check."""
        self._board.rejoin(lost=isinstance(error, LinkLost))
        self._begin()
        if isinstance(error, BoardSilent):
            return Row(check, FAIL, "no answer in time", f"{POWER}; then porchlight doctor again")
        return Row(check, FAIL, "the board restarted: brownout, or too little power", POWER)

    def _skipped(self, check: str, names: list[str]) -> Row | None:
        lacking = _FILES.get(check)
        if lacking and lacking not in names:
            return Row(check, SKIP, f"no {lacking} on the board yet")
        before = _AFTER.get(check)
        if before and self._rows[before].outcome != verdicts.PASS:
            return Row(check, SKIP, f"needs {before} first")
        return None


def set_clock(board: Board, unix_s: float) -> None:
    """The chip's clock, UTC, from ours: TLS looks at the dates of certificates."""
    t = time.gmtime(round(unix_s))
    board.ask("set_clock", [*t[:3], t.tm_wday, *t[3:6], 0])


def passed(rows: Iterable[Row]) -> bool:
    """Nothing failed."""
    return all(row.outcome != FAIL for row in rows)


def _again(check: str) -> str:
    return f"run porchlight doctor again; if {check} stays so, flash and provision the board anew"
