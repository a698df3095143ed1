"""Boards: one WebSocket each at /uplink, speaking accord. The board calls, the host answers.

Nothing counts before both sides proved the board key. Whatever breaks the protocol ends the
connection with close code 1008 and a reason word, is counted and, where it concerns a resident,
entered in their log. Nothing that a board sends ends the process.
"""

import asyncio
import contextlib
import functools
import logging
from dataclasses import dataclass
from typing import Any, cast

from accord import wire
from accord.errors import RemoteError
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.desk import Desk
from porchlight.errors import StoreError
from porchlight.frames import Frame
from porchlight.sources.marks import UNSEEN, Mark, Marks
from porchlight.sources.proving import Proving
from porchlight.sources.session import Session
from porchlight.sources.talk import Talk, last_words
from porchlight.tally import Tally
from porchlight.websocket.socket import Gone, WebSocket

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UplinkLimits:
    """`handshake_s`: from the connection to both proofs. `time_s`: between two Time messages.
    `settle_s`: for those whose connection ended with the server's patience."""

    handshake_s: float = 10.0
    time_s: float = 15.0
    settle_s: float = 5.0
    boards: int = 1_024


class Uplink:
    """The endpoint for all boards. Keeps how far each board's counters had come."""

    def __init__(
        self, cameras: Cameras, marks: Marks, desk: Desk, limits: UplinkLimits | None = None
    ) -> None:
        self._cameras = cameras
        self._marks = marks
        self._desk = desk
        self._limits = limits or UplinkLimits()
        self._seen: dict[str, Mark] = {}
        self._tally = Tally()
        self._serving: set[asyncio.Task[Any]] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    async def serve(self, socket: WebSocket) -> None:
        """Talk with whoever connected, until one side ends it."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._serving.add(task)
        try:
            await self._serve(socket)
        finally:
            self._serving.discard(task)

    async def settle(self) -> None:
        """Wait until what is to be written of those who were served is written; called when no
        connection is left, though the server may have lost patience with some of their tasks."""
        for tasks in (self._serving, self._leaving):
            if tasks:
                await asyncio.wait(tasks, timeout=self._limits.settle_s)

    async def _serve(self, socket: WebSocket) -> None:
        session = Session(self._cameras.key, self._desk.clock)
        try:
            await self._hear(socket, session)
        except Gone:
            pass  # a board that leaves owes nobody a reason
        except StoreError as error:
            _log.error("a board was sent away: %s", error)
            socket.close(*last_words(error))

    async def _hear(self, socket: WebSocket, session: Session) -> None:
        try:
            await Proving(socket, session).run(self._limits.handshake_s)
            await self._talk(socket, session)
        except RemoteError as error:
            socket.close(*last_words(error))
            await self._refused(socket, session, error.reason)

    async def _talk(self, socket: WebSocket, session: Session) -> None:
        """Everything after both proofs."""
        camera = self._cameras.get(session.camera)
        full = self._cameras.online() >= self._limits.boards
        if camera is None or (full and not camera.online):
            raise RemoteError("too-many")
        mark = await self._mark(session)
        self._desk.metrics.sessions.inc()
        await socket.send(session.seal(wire.Time(self._desk.clock.unix_ms())))
        talk = self._talk_with(socket, session, camera)
        try:
            await camera.attach(talk.link, session.firmware)
            await talk.run()
        finally:
            leaving = asyncio.create_task(self._leave(camera, talk, mark))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            await asyncio.shield(leaving)  # from a server that does not wait

    async def _leave(self, camera: Camera, talk: Talk, since: Mark) -> None:
        """The entry and the mark, asked for at once: they share a commit, and neither is lost when
        the other cannot be written."""
        went = camera.detach(talk.link, talk.reason), self._save_above(since, camera.id)
        for error in await asyncio.gather(*went, return_exceptions=True):
            if isinstance(error, StoreError):
                _log.error("a board left, and not all of that could be written: %s", error)
            elif error is not None:
                raise error

    async def _save_above(self, since: Mark, camera: str) -> None:
        if self._seen[camera] != since:
            await self._marks.save(camera, self._seen[camera])

    def _talk_with(self, socket: WebSocket, session: Session, camera: Camera) -> Talk:
        return Talk(
            socket,
            session,
            camera,
            advance=functools.partial(self._advance, camera.id),
            idle=functools.partial(self._keep, camera.id),
            time_s=self._limits.time_s,
        )

    async def _mark(self, session: Session) -> Mark:
        """Where this board's counters stand; RemoteError if it came back as an earlier boot."""
        camera = session.camera
        if camera not in self._seen:
            self._seen[camera] = await self._marks.load(camera)
        kept = self._seen[camera]
        if session.boot < kept[0]:
            raise RemoteError("old-boot")
        if session.boot > kept[0]:
            self._seen[camera] = (session.boot, UNSEEN[1])
            began_anew = self._cameras.get(camera)
            if began_anew is not None:
                began_anew.restarted()
            await self._marks.save(camera, self._seen[camera])
        return self._seen[camera]

    def _advance(self, camera: str, frame: Frame) -> None:
        """Refuse what was seen before, in this connection or an earlier one; count gaps."""
        boot, sequence = self._seen[camera]
        if frame.sequence <= sequence:
            raise RemoteError("replayed")
        if frame.sequence > sequence + 1 and sequence != UNSEEN[1]:
            self._desk.metrics.gaps.inc(frame.sequence - sequence - 1)
        self._seen[camera] = (boot, frame.sequence)

    async def _keep(self, camera: str) -> None:
        """Keep the mark now and then, so that a host that falls over knows nearly all of it."""
        with contextlib.suppress(StoreError):  # the next one may succeed; telling must go on
            await self._marks.save(camera, self._seen[camera])

    async def _refused(self, socket: WebSocket, session: Session, reason: str) -> None:
        """Count it; enter it in the log of the resident whose camera it claimed to be, or ours."""
        metrics = self._desk.metrics
        metrics.refused("board", reason)
        if reason == "replayed":
            metrics.repeats.inc()
        camera = self._cameras.get(session.camera) if session.camera else None
        if camera is not None:
            await camera.log.refused(reason)
            return
        count = self._tally.due(reason, self._desk.clock.monotonic())
        if count:
            detail = {"count": count, "address": socket.address}
            await self._desk.entries.add(
                "board.stranger", resident=None, reason=reason, detail=detail
            )
