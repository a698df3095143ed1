"""Files onto a board's flash so that at no moment something half-written could boot.

    provision.json {"state": "partial"}   first; main.py runs nothing while it says so. "by" tells
                                          which command can complete it; "kept": the program that
                                          is there stays as it is
    what is no longer wanted              removed: old modules of ours, updates over the air, their
                                          record; nothing that somebody else put there
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
_TRUST = "release.json"
_UPDATES = ("a", "b", _TRUST, *bootrecord.COPIES)
_OURS = ("agent/", "lib/accord/")  # the rest of /lib may be the user's
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
    was: dict[str, str] = field(repr=False)  # the one that is there
    kept: bool = False  # the program that is there stays, and so do updates over the air

    @property
    def bytes(self) -> int:
        """To be sent."""
        return sum(map(len, self.files.values()))


def plan(board: Board, program: Program | None, others: Mapping[str, bytes]) -> Plan:
    """Compare the flash with what should be there: the program, None for the one that is there, and
    `others` by path. CommandError if there is no room for it."""
    listed = mark(board).get("files")
    was: dict[str, str] = listed if isinstance(listed, dict) else {}
    record = bootrecord.reset(board) if program else None
    made = program.files if program else {}
    wanted = {**made, **others, **({bootrecord.NAME: record} if record else {})}
    elsewhere = [path for path in was if path.split("/")[0] not in ROOMS]
    asked = {MAIN, *others, *elsewhere, bootrecord.NAME}
    seen = board.ask("look", list(ROOMS), sorted(asked), timeout_s=_SEEN_S)
    here: dict[str, list[Any]] = seen["files"]
    files = {
        path: raw
        for path, raw in wanted.items()
        if path not in here or here[path][1] != hashlib.sha256(raw).hexdigest()
    }
    ours = [path for path in here if path in was or path.startswith(_OURS)] if program else []
    stale = [path for path in ours if path not in wanted and path not in _UPDATES]
    gone = _UPDATES if program else (_TRUST,)
    stale += [name for name in gone if name in board.about.names and name not in wanted]
    _check_room(files, here, stale, seen["free"])
    whole = program.hashes if program else was
    return Plan(files, tuple(stale), whole, was, kept=program is None)


def mark(board: Board) -> dict[str, Any]:
    """provision.json as it is on the board, {} for none that can be read."""
    text = board.ask("read", MARK)
    try:
        found = json.loads(base64.b64decode(text or ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def begin(board: Board, plan: Plan, by: str = "provision") -> None:
    """From now on the board runs nothing until finish(); `by`: the command that is at work. The
    next run knows from the list what is ours beside _OURS, or what was there and stays."""
    listed = {**plan.was, **plan.whole}
    if not plan.kept:
        listed = {path: sha for path, sha in listed.items() if not path.startswith(_OURS)}
    says = {"state": "partial", "by": by, "kept": plan.kept, "files": listed}
    put(board, MARK, json.dumps(says).encode())


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
