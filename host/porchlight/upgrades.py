"""Upgrades: the paths where a connection may become a WebSocket, and what speaks there."""

import logging
from collections.abc import Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from porchlight.pagesocket import PageSocket
from porchlight.porch import Porch, Visit

UPLINK: Final = b"/uplink"
_VIEWS: Final = b"/api/v1/views/"
_PICTURES: Final = b"/pictures"
_BINARY_ONLY: Final = 1003
_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # what peers do wrong is counted, not logged

# Made like uvicorn's own: (porch, visit, config, server state, app state)
Upgraded = Callable[[Porch, Visit, Config, ServerState, dict[str, Any]], Any]


def protocol_at(path: bytes) -> Upgraded | None:
    """What speaks WebSocket at this path; None: nothing does."""
    if path.startswith(_VIEWS) and path.endswith(_PICTURES):
        return PageSocket
    return BoardProtocol if path == UPLINK else None


class BoardProtocol(WebSocketsSansIOProtocol):
    """One WebSocket: binary messages only, each within the cap."""

    def __init__(
        self,
        porch: Porch,
        visit: Visit,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._porch = porch
        self._visit = visit
        self.logger = _log
        self.conn.logger = _log
        self.close_timeout = porch.limits.tls_shutdown_s

    def connection_lost(self, exc: Exception | None) -> None:
        self._porch.door.leave(self._visit)
        super().connection_lost(exc)

    def handle_text(self, event: Frame) -> None:
        """Boards speak binary: the rest is not even decoded."""
        self.conn.fail(_BINARY_ONLY, "binary only")
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        self._porch.garbage("websocket")
        super().handle_parser_exception()
