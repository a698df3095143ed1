"""Files onto a board's flash so that at no moment something half-written could boot.

    provision.json {"state": "partial"}   first; main.py runs nothing while it says so. "by" tells
                                          which command can complete it
    what is no longer wanted              removed: old modules, updates over the air, their record
    each file                             as a draft, read back, compared, renamed
    provision.json {"state": "whole", "files": {path: SHA-256}}     last

What lies there already with the right SHA-256 is not sent again, so the next run repairs what an
interrupted one left. If nothing differs, nothing is written at all.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from porchkit.errors import CommandError
from porchkit.provision import bootrecord
from porchkit.provision.board import Board
from porchkit.provision.program import MAIN, ROOMS, Program

MARK = "provision.json"
CHUNK_BYTES = 1536
FILE_S = 20.0
# Gone unless wanted: updates, their record, and whose updates are taken.
_UPDATES = ("a", "b", "release.json", *bootrecord.COPIES)
_BLOCK_BYTES = 4096  # what littlefs gives at least
_RESERVE_BYTES = 65_536  # for what the board stores by itself, and for its file system
_SEEN_S = 60.0

Told = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What has to change. `files`: path to content, in order; `stale`: to be removed."""

    files: dict[str, bytes] = field(repr=False)
    stale: tuple[str, ...]
    whole: dict[str, str] = field(repr=False)  # the mark's list of files

    @property
    def bytes(self) -> int:
        """To be sent."""
        return sum(map(len, self.files.values()))


def plan(board: Board, program: Program, others: Mapping[str, bytes]) -> Plan:
    """Compare the flash with what should be there: the program, and `others` by path. CommandError
    if there is no room for it."""
    record = bootrecord.reset(board)
    wanted = {**program.files, **others, **({bootrecord.NAME: record} if record else {})}
    seen = board.ask("look", list(ROOMS), [MAIN, *others, bootrecord.NAME], timeout_s=_SEEN_S)
    here: dict[str, list[Any]] = seen["files"]
    files = {
        path: raw
        for path, raw in wanted.items()
        if path not in here or here[path][1] != hashlib.sha256(raw).hexdigest()
    }
    stale = [path for path in here if path not in wanted and path not in _UPDATES]
    stale += [name for name in _UPDATES if name in board.about.names and name not in wanted]
    _check_room(files, here, stale, seen["free"])
    return Plan(files, tuple(stale), program.hashes)


def begin(board: Board, by: str = "provision") -> None:
    """From now on the board runs nothing until finish(); `by`: the command that is at work."""
    put(board, MARK, json.dumps({"state": "partial", "by": by, "files": {}}).encode())


def carry_out(board: Board, plan: Plan, told: Told) -> None:
    """Remove, then copy. Between begin() and finish()."""
    if plan.stale:
        board.ask("remove", list(plan.stale), timeout_s=_SEEN_S)
    for number, (path, raw) in enumerate(plan.files.items(), 1):
        told(f"file {number} of {len(plan.files)}: {path}")
        put(board, path, raw)


def finish(board: Board, plan: Plan) -> None:
    """Everything is there: the board may run again."""
    put(board, MARK, json.dumps({"state": "whole", "files": plan.whole}).encode())


def put(board: Board, path: str, raw: bytes) -> None:
    """One file, whole or not at all. CommandError if the flash does not keep it."""
    sha = hashlib.sha256(raw).hexdigest()
    starts = range(0, max(len(raw), 1), CHUNK_BYTES)
    for at in starts:
        text = encoded(raw[at : at + CHUNK_BYTES])
        last = at == starts[-1]
        if not board.ask("put", path, at, text, sha if last else "", timeout_s=FILE_S):
            raise CommandError(
                f"{path} was not kept as it was sent; run it again, and if it stays so "
                "the flash is worn: use another board"
            )


def encoded(raw: bytes) -> str:
    """Bytes as the board's program takes them."""
    return base64.b64encode(raw).decode()


def _check_room(
    files: Mapping[str, bytes], here: Mapping[str, list[Any]], stale: list[str], free: int
) -> None:
    """A draft lies beside the file it will replace; what is stale goes first."""
    gone = sum(_blocks(here[path][0]) for path in stale if path in here)
    more = sum(_blocks(len(raw)) - _blocks(here.get(path, [0])[0]) for path, raw in files.items())
    draft = max((_blocks(len(raw)) for raw in files.values()), default=0)
    short = max(0, more - gone) + draft + _RESERVE_BYTES - free
    if files and short > 0:
        raise CommandError(
            f"the flash has {free // 1024} KB free, {short // 1024 + 1} KB too few; remove what "
            "you put there, or erase it: porchlight flash --erase"
        )


def _blocks(size: int) -> int:
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES
