"""StreamResponse: a feed as an endless HTTP response.

It joins the fan-out and is done: where the server offers it, the connection is the fan-out's from
then on, and no task waits for it. Under another server send() is all there is, and one does.
"""

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from porchlight.racing import first
from porchlight.streams import connection, mjpeg
from porchlight.streams.connection import Connection
from porchlight.streams.fanout import Fanout
from porchlight.streams.sinks import SendSink
from porchlight.streams.viewer import Viewer


class StreamHead(Response):
    """What HEAD is told of a stream."""

    def __init__(self) -> None:
        super().__init__(headers=mjpeg.HEADERS, media_type=mjpeg.CONTENT_TYPE)
        del self.headers["content-length"]


class StreamResponse(StreamHead):
    """`gap_s`: shortest time between two frames that the viewer asked for. `done()` is called once
    it is over, whenever that is."""

    def __init__(self, fanout: Fanout, *, gap_s: float, done: Callable[[], None]) -> None:
        super().__init__()
        self._fanout = fanout
        self._gap_s = gap_s
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the viewer join; done before they have left, where the server lets us."""
        link = connection.of(scope)
        if link.hands_over:
            self._hand_over(link)
        else:
            await self._through(receive, send)

    def _hand_over(self, link: Connection) -> None:
        sink = link.hand_over(self.raw_headers, mjpeg.OPENING)
        if sink is None:
            self._done()
            return
        viewer = Viewer(self._fanout, sink, self._gap_s, self._done)
        link.tell(viewer)
        self._fanout.join(viewer)

    async def _through(self, receive: Receive, send: Send) -> None:
        """Everything through ASGI, until the viewer leaves or the feed is over."""
        sink = SendSink(send)
        viewer = Viewer(self._fanout, sink, self._gap_s, self._done)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_body(mjpeg.OPENING))
            self._fanout.join(viewer)
            await first(connection.gone(receive), sink.run(viewer.room))
        finally:
            viewer.gone()
        await send(_body(b"", more=False))


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}
