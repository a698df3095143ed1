"""The working tree's program onto a board that is a camera already; nothing else is touched.

What provisioning gave the board (key, Wi-Fi, host, resident, whose updates) stays, what differs of
main.py, agent/ and lib/ is copied as provision/install.py does, and the cable's program runs
afterwards: updates over the air are removed. The mark says who is at work, so that a deploy that
was cut short is completed by the next one, and a provisioning that was cut short is not.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from porchkit.errors import CommandError
from porchkit.provision import install, program
from porchkit.provision.board import Board

BY = "deploy"
MAINTENANCE = "maintenance"  # firmware/agent/watchdog.py
_PROVISIONED = ("config.json", "board.json", "resident.json", "ca.der", "board.key")
_TRUST = "release.json"
_CONFIG_FIRST = "porchlight provision NAME --port"


@dataclass(frozen=True)
class Deployed:
    """What was sent, in files and bytes; what was removed."""

    files: int
    bytes: int
    removed: tuple[str, ...] = ()


def deploy(board: Board, port: str, *, compiled: bool, told: Callable[[str], None]) -> Deployed:
    """Everything onto the flash, so that the next start runs it. CommandError for a board that is
    not provisioned."""
    check_provisioned(board, port)
    made = program.for_board(board.about.mpy) if compiled else program.as_source()
    plan = install.plan(board, made, _kept(board))
    if not plan.files and not plan.stale and board.about.state == "whole":
        return Deployed(0, 0)
    install.begin(board, plan, BY)
    install.carry_out(board, plan, told)
    install.finish(board, plan)
    return Deployed(len(plan.files), plan.bytes, plan.stale)


def check_provisioned(board: Board, port: str) -> None:
    """CommandError unless it is a camera whose provisioning came to its end."""
    lacking = [name for name in _PROVISIONED if name not in board.about.names]
    if lacking:
        raise CommandError(
            f"the board at {port} is not provisioned (no {lacking[0]}); "
            f"first: {_CONFIG_FIRST} {port}"
        )
    if board.about.state == "partial" and install.mark(board).get("by") != BY:
        raise CommandError(
            f"provisioning of the board at {port} was cut short; first: {_CONFIG_FIRST} {port}"
        )


def maintain(board: Board, *, on: bool) -> bool:
    """Put the file `maintenance` there, or take it away; True if that changed anything. It counts
    from the next start on."""
    if on == (MAINTENANCE in board.about.names):
        return False
    if on:
        install.put(board, MAINTENANCE, b"")
    else:
        board.ask("remove", [MAINTENANCE])
    return True


def _kept(board: Board) -> dict[str, bytes]:
    """Whose updates are taken: the cable's word, and no part of the program."""
    text = board.ask("read", _TRUST)
    return {} if text is None else {_TRUST: base64.b64decode(text)}
