"""What goes up, in order of urgency: a Status that is due, then the oldest picture.

The only place where bytes of pictures leave. They leave under a permit, asked again before every
slice, and while they do the porch light is on.
"""

from agent.errors import LinkLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accord.permit import Permit
    from accord.session import BoardSession
    from agent.connection import Connection
    from agent.frames import FrameQueue, Outgoing
    from agent.gate import Gate
    from agent.light import Light
    from agent.report import Report


class Sender:
    def __init__(self, gate: "Gate", queue: "FrameQueue", report: "Report", light: "Light") -> None:
        self._gate = gate
        self._queue = queue
        self._report = report
        self._light = light
        self._leaving: Permit | None = None  # of the picture that is on the line

    def withdrawn(self) -> bool:
        """Is a picture on the line whose permit is gone? Then the line has to be cut: it may be
        stuck, and nobody else would ask."""
        return self._leaving is not None and not self._gate.allows(self._leaving)

    def begin(self) -> None:
        """A new connection: the host knows nothing of our state."""
        self._report.forget()

    async def send_next(
        self, connection: "Connection", session: "BoardSession", watched: bool
    ) -> bool:
        """Send one thing; False if there is nothing. Pictures only if `watched`: the host has
        said over this very connection who looks."""
        if self._report.due():
            await connection.send((session.seal(self._report.status()),), always)
            return True
        outgoing = self._queue.take() if watched else None
        if outgoing is None:
            return False
        if self._gate.allows(outgoing.permit):
            await self._send_picture(connection, session, outgoing)
        else:
            self._report.lost += 1
        return True

    async def _send_picture(
        self, connection: "Connection", session: "BoardSession", outgoing: "Outgoing"
    ) -> None:
        frame, permit = outgoing.frame, outgoing.permit
        before, after = session.seal_frame(frame)
        self._leaving = permit
        try:
            with self._light:
                await connection.send(
                    (before, frame.jpeg, after), lambda: self._gate.allows(permit)
                )
        except LinkLost:
            self._report.lost += 1
            raise
        finally:
            self._leaving = None
        self._report.sent(len(frame.jpeg), outgoing.due_ms)


def always() -> bool:
    """The permit of what is no picture."""
    return True
