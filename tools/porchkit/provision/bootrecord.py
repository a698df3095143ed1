"""The boot record (firmware/agent/slots.py): which program runs, the cable's or an update.

After provisioning the cable's program runs. What was learnt about versions stays: an update or an
approval that was used once, or an older one, is not taken again because somebody used a cable.
"""

import base64
from typing import Any

from porchkit.provision import cells
from porchkit.provision.board import Board

NAME = "slot.json"
COPIES = (NAME, "slot.new", "slot.bak")
_CABLE: dict[str, Any] = {
    "slot": "",
    "version": 0,
    "trial": "",
    "coming": 0,
    "starts": 0,
    "news": "",
}


def read(board: Board) -> dict[str, Any] | None:
    """The newest record on the board; None where there is none, or none that can be read."""
    found = [_record(board, name) for name in COPIES if name in board.about.names]
    records = [record for record in found if record is not None]
    return max(records, key=lambda record: int(record["generation"]), default=None)


def reset(board: Board) -> bytes | None:
    """The record under which the cable's program runs; None where there is no record, or none
    that can be read: then that program runs without one."""
    newest = read(board)
    if newest is None:
        return None
    if newest == {**newest, **_CABLE}:
        return cells.sealed(newest)
    return cells.sealed({**newest, **_CABLE, "generation": newest["generation"] + 1})


def _record(board: Board, name: str) -> dict[str, Any] | None:
    text = board.ask("read", name)
    return None if text is None else cells.opened(base64.b64decode(text))
