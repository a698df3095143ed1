"""The opening of a WebSocket: what is answered to a request to upgrade (RFC 6455, 4.2)."""

import logging
from dataclasses import dataclass
from typing import Final

from websockets.http11 import Request
from websockets.server import ServerProtocol

_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # what peers do wrong is counted, not logged
_NO_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Opening:
    """`answer` goes to the peer as it is; unless `accepted` the connection ends with it."""

    answer: bytes
    accepted: bool


def answer(head: bytes) -> Opening:
    """The answer to a whole request head. No extensions, no subprotocols."""
    server = ServerProtocol(logger=_log)
    server.receive_data(head)
    for event in server.events_received():
        if isinstance(event, Request):
            response = server.accept(event)
            if response.status_code == 101:
                del response.headers["Date"]
            server.send_response(response)
            said = b"".join(server.data_to_send())
            return Opening(said, response.status_code == 101)
    return Opening(_NO_REQUEST, False)
