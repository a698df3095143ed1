"""PictureResponse: one picture as an HTTP response that ends with its look.

A viewer that does not read keeps the picture in this host's buffers. What was not sent when the
look ends is not theirs any more, so until it all was, the response is not done.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from porchlight.clock import Clock
from porchlight.frames import Frame
from porchlight.racing import first
from porchlight.streams import connection, mjpeg
from porchlight.streams.connection import Connection
from porchlight.views import Look


class PictureHead(Response):
    """What HEAD is told of a picture."""

    def __init__(self) -> None:
        super().__init__(headers=mjpeg.HEADERS, media_type="image/jpeg")
        del self.headers["content-length"]


async def unless_gone(receive: Receive, taking: Coroutine[Any, Any, Frame]) -> Frame | None:
    """The frame; None once the viewer left, who is not waited for any longer."""
    took, _ = await first(taking, connection.gone(receive))
    return None if took.cancelled() else took.result()


class PictureResponse(Response):
    """`done()` is called once it is over."""

    def __init__(self, look: Look, frame: Frame, clock: Clock, done: Callable[[], None]) -> None:
        headers = mjpeg.HEADERS | mjpeg.frame_headers(frame, look.permit.jti)
        super().__init__(frame.jpeg, media_type="image/jpeg", headers=headers)
        self._look = look
        self._clock = clock
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the picture out, or let go of the connection when the look ends first."""
        link = connection.of(scope)
        try:
            link.stream()
            if not await self._given(link, send):
                link.abort()
                await connection.gone(receive)
        finally:
            self._done()

    async def _given(self, link: Connection, send: Send) -> bool:
        """Whether the viewer took it all before the look was over."""
        giving, _ = await first(self._give(link, send), self._look.over.wait())
        return not giving.cancelled() and giving.result()

    async def _give(self, link: Connection, send: Send) -> bool:
        start: Message = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await link.all_sent()
        if not self._look.holds(self._clock.unix()):  # asked right before the write
            return False
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await link.all_sent()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True
