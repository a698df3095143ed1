"""Sinks: where one viewer's bytes go. What the viewer cannot take now is never queued.

A sink takes a whole part or nothing of it. With nothing taken the part is not promised either: once
the viewer can take more, it gets whatever is the newest by then.
"""

import asyncio
from asyncio import Transport
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from starlette.types import Send

from porchlight.streams import lowat, mjpeg

_BEGUN: Final = len(mjpeg.PREFIX)


class Taken(Enum):
    """What became of a part. After the last two the sink's owner hears when there is room."""

    WHOLE = "whole"  # and there is room for another
    BEHIND = "behind"  # it is on its way
    NOTHING = "nothing"


class Sink(Protocol):
    """`tells`: whether the owner is told of room; else it must look at `idle`."""

    tells: bool

    @property
    def idle(self) -> bool:
        """Whether the viewer took all it was given, as far as anybody can tell."""

    def give(self, part: bytes) -> Taken:
        """Hand over a part, if there is room."""

    def cut(self) -> bool:
        """Unless all it was given left this machine, drop the rest and the viewer; whether so."""

    def close(self) -> None:
        """Nothing more will come, and nothing more leaves: cut(), or a close as usual."""


class _TransportSink:
    """A connection's transport, and how it is let go of."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cut(self) -> bool:
        """As Sink says."""
        if self._all_sent():
            return False
        lowat.cut(self._transport)
        return True

    def close(self) -> None:
        """As Sink says."""
        if not self.cut():
            lowat.close(self._transport)

    def _all_sent(self) -> bool:
        """Whether all it was given left this machine, as far as anybody can tell."""
        return lowat.all_sent(self._transport)


class PlainSink(_TransportSink):
    """A TCP connection: bytes go to the kernel, and the transport holds what it would not take.

    While it has room, send() of a whole part is as good as give(), and so is sendfile() to
    fileno(), which is -1 once the connection is closed. `begun`: the beginning that all parts share
    went ahead.
    """

    tells = True

    def __init__(
        self,
        transport: Transport,
        send: Callable[[bytes | memoryview], int],
        fileno: Callable[[], int],
    ) -> None:
        super().__init__(transport)
        self.send = send
        self.fileno = fileno
        self.begun = False

    @property
    def idle(self) -> bool:
        """Asks the kernel too."""
        return not self.begun and _has_room(self._transport)

    def give(self, part: bytes) -> Taken:
        """As Sink says."""
        ahead = _BEGUN if self.begun else 0
        self.begun = False
        taken = self.tried(memoryview(part)[ahead:])
        return self.rest(part, ahead + taken if taken >= 0 else taken)

    def tried(self, data: bytes | memoryview) -> int:
        """send(): how many bytes went; -1: it failed."""
        try:
            return self.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return -1

    def rest(self, part: bytes, taken: int) -> Taken:
        """send() took so many bytes of this part; -1: it failed.

        Of a part that is hardly begun only the beginning goes to the transport, which tells when
        that is through: behind it goes what then is the newest. Something has to, or nobody tells.
        """
        transport = self._transport
        if taken < 0 or transport.is_closing():
            lowat.cut(transport)
            return Taken.NOTHING
        if taken == len(part):
            return Taken.WHOLE
        self.begun = taken < _BEGUN
        transport.write(memoryview(part)[taken : _BEGUN if self.begun else len(part)])
        if not transport.get_write_buffer_size():  # the kernel found room meanwhile
            return self.give(part) if self.begun else Taken.WHOLE
        return Taken.NOTHING if self.begun else Taken.BEHIND

    def _all_sent(self) -> bool:
        return not self.begun and super()._all_sent()


class TlsSink(_TransportSink):
    """TLS: records wait below its transport, which does not count them, so the kernel is asked."""

    tells = False

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._loop = asyncio.get_running_loop()
        self._given = self._loop.time()  # stands still while the loop's turn lasts

    @property
    def idle(self) -> bool:
        """Whether next to nothing waits, here or in the kernel."""
        return _has_room(self._transport)

    def give(self, part: bytes) -> Taken:
        """As Sink says."""
        if self._transport.is_closing() or not self.idle:
            return Taken.NOTHING
        self._transport.write(part)
        self._given = self._loop.time()
        return Taken.WHOLE

    def _all_sent(self) -> bool:
        """In the turn of a write nobody knows: then not."""
        return self._given < self._loop.time() and super()._all_sent()


class SendSink:
    """ASGI's send(), under a server that offers nothing better: one part on the way at a time."""

    tells = True

    def __init__(self, send: Send) -> None:
        self._send = send
        self._part: bytes | None = None
        self._bell = asyncio.Event()
        self._over = False
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether send() came back."""
        return self._part is None

    def give(self, part: bytes) -> Taken:
        """As Sink says."""
        if self._part is not None:
            return Taken.NOTHING
        self._part = part
        self._bell.set()
        return Taken.BEHIND

    def cut(self) -> bool:
        """As far as this end knows: what send() took is the server's."""
        if self._part is None:
            return False
        self._part = None
        self._over = True
        if self._task is not None:
            self._task.cancel()
        return True

    def close(self) -> None:
        """As Sink says."""
        self.cut()
        self._over = True
        self._bell.set()

    async def run(self, room: Callable[[], None]) -> None:
        """Send what is given, until it is over; `room` is called after each part."""
        self._task = asyncio.ensure_future(self._run(room))
        await asyncio.wait([self._task])

    async def _run(self, room: Callable[[], None]) -> None:
        while not self._over:
            await self._bell.wait()
            self._bell.clear()
            if self._part is not None:
                await self._send(
                    {"type": "http.response.body", "body": self._part, "more_body": True}
                )
                self._part = None
                room()


def _has_room(transport: Transport) -> bool:
    """Whether next to nothing waits in the transport and in the kernel."""
    if transport.is_closing():  # uvloop answers no questions about what is closed
        return True
    return transport.get_write_buffer_size() == 0 and not lowat.held_back(transport)
