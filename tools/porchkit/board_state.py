"""What the board says to a grant or a revocation, and how to tell it.

The host answers at once; the board a moment later, if it is online. Here we ask the host again
until the board has spoken, but never for long.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from porchkit.client import Client

WAIT_S = 3.0
PAUSE_S = 0.1
SENT, OFFLINE = "sent", "offline"


def settled(
    client: Client,
    row: Mapping[str, Any],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """The board's word about the grant in `row` ({jti, board, ...}): "held", "revoked", a reason,
    "offline", or still "sent" if the board has said nothing for WAIT_S seconds."""
    limit = clock() + WAIT_S
    board = str(row["board"])
    while board == SENT and clock() < limit:
        sleep(PAUSE_S)
        board = str(client.get(f"/grants/{row['jti']}")["board"])
    return board


def after_grant(board: str) -> str:
    """One sentence for the resident who has just granted."""
    if board == "held":
        return "The board holds the grant."
    if board == OFFLINE:
        return "Warning: the board is offline: no pictures until it is back and holds the grant."
    if board == SENT:
        return "Warning: the board has not answered yet. No pictures until it holds the grant."
    return f"Warning: the board refuses the grant ({board}). No pictures will come."


def after_revoke(board: str) -> str:
    """One sentence for the resident who has just revoked."""
    if board == "revoked":
        return "the board confirmed: dark"
    if board == OFFLINE:
        return "the host ended it; the board is offline and hears of it when it is back"
    return f"the host ended it; the board has not confirmed yet ({board})"
