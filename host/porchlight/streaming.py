"""What streams may do with an HTTP connection: know when the viewer has room, and have it for good.

Found in the scope of each request, as streams.connection.Connection.
"""

import asyncio
from typing import Any

from porchlight.protocols import HttpProtocol
from porchlight.streams import connection, lowat
from porchlight.streams.connection import Headers, Watcher
from porchlight.streams.rhythm import BackOff
from porchlight.streams.sinks import PlainSink, Sink, TlsSink


class StreamingProtocol(HttpProtocol):
    """A Connection. Once handed over, the protocol only listens for its end."""

    hands_over = True
    _handed_over = False
    _sink: Sink | None = None
    _watcher: Watcher | None = None

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        if self._handed_over:
            self._heard_of_viewer(data)
        else:
            super().data_received(data)

    def eof_received(self) -> None:
        """A viewer that hung up is given nothing more: nobody could call that back later."""
        if self._streams:
            lowat.cut(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._watcher is not None:
            self._watcher.gone()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._watcher is not None and not self.transport.is_closing():
            self._watcher.room()

    # uvicorn's own steps

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: Any = {connection.EXTENSION: self}
        self.scope["extensions"] = extensions

    def shutdown(self) -> None:
        if self._sink is not None:
            self._sink.close()  # uvicorn would wait for an answer to a request behind the stream's
        super().shutdown()

    # streams.connection.Connection

    def stream(self) -> None:
        """Keep next to nothing buffered: one frame here, a few kilobytes in the kernel."""
        if self.transport.is_closing():
            return
        self._streams = True
        self._unread.stop()
        lowat.limit(self.transport, tls=self.scheme == "https")

    async def all_sent(self) -> None:
        """As Connection says. Nobody tells when that is, so the kernel is asked."""
        await self.flow.drain()
        await asyncio.sleep(0)  # what was written has gone through TLS then
        looks = BackOff()
        while not self.transport.is_closing() and lowat.unsent(self.transport):
            wait_s = looks.next_s()
            await asyncio.sleep(wait_s)

    def abort(self) -> None:
        """Close at once, dropping what was not sent yet, in the kernel too."""
        lowat.cut(self.transport)

    def hand_over(self, headers: Headers, opening: bytes) -> Sink | None:
        """As Connection says. uvicorn's books: the request is answered, no other one follows."""
        served = self._served
        if self._lost or self.transport.is_closing() or served is None:
            return None
        served.response_started = served.response_complete = True
        served.keep_alive = False
        self.server_state.total_requests += 1
        self._handed_over = True
        self._forget_what_follows()
        self.stream()
        lines = [name + b": " + value for name, value in served.default_headers + headers]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", opening]))
        if self.scheme == "https":
            self._sink = TlsSink(self.transport)
        else:
            sock = self._visit.sock
            self._sink = PlainSink(self.transport, sock.send, sock.fileno)
        return self._sink

    def tell(self, watcher: Watcher) -> None:
        """As Connection says."""
        self._watcher = watcher

    # Ours

    def _forget_what_follows(self) -> None:
        """Requests behind this one, whole or begun, are not answered."""
        self.pipeline.clear()
        self._head.stop()
        self._unset_keepalive_if_required()
        self._head_bytes = 0
        self.flow.resume_reading()  # to hear of the end

    def _heard_of_viewer(self, data: bytes) -> None:
        """A viewer has nothing more to say."""
        self._head_bytes += len(data)
        if self._head_bytes > self._porch.limits.head_bytes:
            self._porch.garbage("chatter")
            lowat.cut(self.transport)
