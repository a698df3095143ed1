"""Upgrades: the paths where a connection may become a WebSocket, and what speaks there."""

from collections.abc import Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from porchlight.pagesocket import PageSocket
from porchlight.porch import Porch, Visit
from porchlight.websocket.socket import WebSocket

UPLINK: Final = b"/uplink"
_VIEWS: Final = b"/api/v1/views/"
_PICTURES: Final = b"/pictures"

# Made like uvicorn's own: (porch, visit, config, server state, app state)
Upgraded = Callable[[Porch, Visit, Config, ServerState, dict[str, Any]], Any]


def protocol_at(path: bytes) -> Upgraded | None:
    """What speaks WebSocket at this path; None: nothing does."""
    if path.startswith(_VIEWS) and path.endswith(_PICTURES):
        return PageSocket
    return _board if path == UPLINK else None


def _board(
    porch: Porch,
    visit: Visit,
    config: Config,
    server_state: ServerState,
    app_state: dict[str, Any],
) -> WebSocket:
    """The app says in its lifespan's state who receives boards."""
    return WebSocket(porch, visit, server_state, app_state["uplink"])
