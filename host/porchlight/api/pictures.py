"""The page's socket: all cameras of a live view in one WebSocket.

Like the pictures' URLs it carries the ticket and needs no proof. Browsers let any page connect to
any WebSocket, so a page must be of this very origin; who is no browser names none.
"""

import contextlib
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from porchlight.api import problems
from porchlight.api.deps import address_of
from porchlight.api.streams import check_live, seated
from porchlight.errors import Denied, NotFound, RequestError, StoreError, Unavailable
from porchlight.parts import Parts
from porchlight.racing import first
from porchlight.streams.pictures import EXTENSION, Outlet, Pictures
from porchlight.streams.scaled import feed_for
from porchlight.views import View

ABOUT: Final = """\
**Many cameras over one connection**: `GET /api/v1/views/{ticket}/pictures` as a WebSocket (the
`pictures` URL of an opened view). Like the picture URLs it needs no proof, and it is refused with
the same problems; a browser's `Origin` must be this host's, and where others get a 503 its page is
closed with 1013 (try again later). The host speaks, the client listens:

* first, as text, `{"cameras": [ID, ...]}`: the order in which cameras are counted, from 0;
* then a binary message for each picture, numbers big-endian: version (1 byte, 1), camera (1 byte),
  flags (2 bytes; bit 0: repeated), when it was taken (8 bytes, unix ms), sequence (4 bytes), motion
  score (2 bytes), and the JPEG. A viewer who cannot take them all gets the newest of each in turn;
* `{"over": CAMERA, "reason": WORD}` as text when a camera's consent or look ends: nothing of it
  comes afterwards. When all are over the host closes with 1000;
* `{"now": UNIX_MS}` as text every few seconds, as a sign of life.
"""
DONE: Final = 1000
TRY_LATER: Final = 1013
_SCHEMES: Final = {"ws": "http", "wss": "https"}
router = APIRouter()


@router.websocket("/views/{ticket}/pictures")
async def pictures(socket: WebSocket, ticket: str) -> None:
    """All cameras of a view; ABOUT says how."""
    with contextlib.suppress(WebSocketDisconnect):  # at any moment
        await _serve(socket, ticket, socket.app.state.parts)


async def _serve(socket: WebSocket, ticket: str, parts: Parts) -> None:
    """Admit a viewer and show them the view until they leave or it is over."""
    try:
        outlet = _outlet(socket)
        view = await _admitted(socket, ticket, parts)
        leave = seated(view, parts)
    except StoreError:
        await _refuse(socket, problems.not_stored())
    except RequestError as refused:
        await _refuse(socket, refused)
    else:
        try:
            await socket.accept()
            await _show(socket, outlet, view, parts)
        finally:
            leave()


async def _admitted(socket: WebSocket, ticket: str, parts: Parts) -> View:
    if not _same_origin(socket):
        parts.metrics.refused("view", "wrong-origin")
        raise Denied("wrong-origin", "a page of another origin may not look")
    view = await parts.views.admit(ticket, None, address_of(socket))
    check_live(view)
    return view


async def _show(socket: WebSocket, outlet: Outlet, view: View, parts: Parts) -> None:
    feeds = {
        camera: feed_for(look, None, parts.clock, parts.metrics, parts.tiles, view.who.thumb)
        for camera, look in view.looks.items()
    }
    showing, _ = await first(
        Pictures(feeds, outlet, parts.clock, parts.metrics).run(), _gone(socket)
    )
    if showing.cancelled():
        return
    showing.result()  # a fault of ours is not to be swallowed
    if outlet.ready():
        await socket.close(DONE)
    else:
        outlet.abort()


async def _gone(socket: WebSocket) -> None:
    """Return when the viewer left."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _outlet(socket: WebSocket) -> Outlet:
    """What pictures are written to; NotFound under a server that offers nothing."""
    found: Any = socket.scope.get("extensions", {}).get(EXTENSION)
    if found is None:
        raise NotFound("no-socket", "this server has no sockets for pictures")
    outlet: Outlet = found
    return outlet


def _same_origin(socket: WebSocket) -> bool:
    """Whether the page that asks, if a page does, came from this host under this very name."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    parted = urlsplit(origin)
    own = (_SCHEMES[socket.url.scheme], socket.headers.get("host", "").lower())
    return (parted.scheme.lower(), parted.netloc.lower()) == own


async def _refuse(socket: WebSocket, error: RequestError) -> None:
    """With a problem; but no browser lets its page read one, so a page that had better come again
    is told so by the close code."""
    if isinstance(error, Unavailable) and "origin" in socket.headers:
        await socket.accept()
        await socket.close(TRY_LATER, error.reason)
    else:
        await socket.send_denial_response(problems.answer(socket, error))
