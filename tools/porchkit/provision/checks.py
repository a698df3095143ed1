"""The self-test: asks the board check by check, and lives through a board that restarts in one."""

import time
from collections.abc import Callable, Iterable

from porchkit.paths import onboard_root
from porchkit.provision import about, verdicts
from porchkit.provision.board import Board
from porchkit.provision.errors import BoardError, BoardFault, BoardReset, BoardSilent
from porchkit.provision.verdicts import FAIL, POWER, SKIP, Row

_PROGRAMS = ("selftest.py", "selfsight.py")
_QUICK_S, _SLOW_S = 15.0, 60.0
_SLOW = ("wifi", "clock", "host", "tls", "sensor")
# What a check cannot do without: a file on the board, or an earlier check that passed.
_FILES = {"wifi": "config.json", "host": "config.json", "tls": "ca.der", "light": "board.json"}
_FILES |= {"sensor": "board.json", "clock": "config.json"}
_AFTER = {"host": "wifi", "tls": "host", "sensor": "firmware"}

Told = Callable[[str], None]


def run(board: Board, told: Told, now: Callable[[], float] = time.time) -> list[Row]:
    """Every check, in order; the clock is set first. The board needs restart() afterwards."""
    set_clock(board, now())
    _load(board)
    names = board.ask("os.listdir")
    rows: dict[str, Row] = {}
    for check in verdicts.TABLE:
        told(f"self-test: {check}")
        rows[check] = _skipped(check, names, rows) or _one(board, check, now)
    return list(rows.values())


def set_clock(board: Board, unix_s: float) -> None:
    """The chip's clock, UTC, from ours: TLS looks at the dates of certificates."""
    t = time.gmtime(round(unix_s))
    board.ask("set_clock", [*t[:3], t.tm_wday, *t[3:6], 0])


def passed(rows: Iterable[Row]) -> bool:
    """Nothing failed."""
    return all(row.outcome != FAIL for row in rows)


def _load(board: Board) -> None:
    for name in _PROGRAMS:
        board.load(onboard_root() / name)


def _one(board: Board, check: str, now: Callable[[], float]) -> Row:
    args = [int(now())] if check == "clock" else []
    try:
        slow = _SLOW_S if check in _SLOW else _QUICK_S
        facts = board.ask(f"check_{check}", *args, timeout_s=slow)
        return verdicts.TABLE[check](facts, about.kind(board.about))
    except BoardFault as fault:
        return Row(check, FAIL, f"the check itself failed: {fault.line}", _again(check))
    except (BoardReset, BoardSilent) as error:
        return _restarted(board, check, error, now)


def _restarted(board: Board, check: str, error: BoardError, now: Callable[[], float]) -> Row:
    """Come back to a board that restarted, or hung, in the middle of a check."""
    board.rejoin()
    set_clock(board, now())
    _load(board)
    if isinstance(error, BoardReset):
        return Row(check, FAIL, "the board restarted: brownout, or too little power", POWER)
    return Row(check, FAIL, "no answer in time", f"{POWER}; then run porchlight doctor again")


def _skipped(check: str, names: list[str], rows: dict[str, Row]) -> Row | None:
    lacking = _FILES.get(check)
    if lacking and lacking not in names:
        return Row(check, SKIP, f"no {lacking} on the board yet")
    before = _AFTER.get(check)
    if before and rows[before].outcome != verdicts.PASS:
        return Row(check, SKIP, f"needs {before} first")
    return None


def _again(check: str) -> str:
    return f"run porchlight doctor again; if {check} stays so, flash and provision the board anew"
