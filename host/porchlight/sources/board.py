"""Boards: one WebSocket each at /uplink, speaking accord. The board calls, the host answers.

Nothing counts before both sides proved the board key. Whatever breaks the protocol ends the
connection with close code 1008 and a reason word, is counted and, where it concerns a resident,
entered in their log. Nothing that a board sends ends the process.
"""

import asyncio
import contextlib
import logging
import secrets
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from accord import wire
from accord.errors import RemoteError
from accord.session import NONCE_BYTES, HostSession
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.desk import Desk
from porchlight.errors import StoreError
from porchlight.frames import Frame
from porchlight.sources.link import Link
from porchlight.sources.marks import UNSEEN, Mark, Marks
from porchlight.tally import Tally

REFUSED: Final = 1008  # WebSocket: policy violation
BROKEN: Final = 1011  # WebSocket: the host's own fault
_GOING: Final = 1012  # WebSocket: service restart, as the server says when it stops
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UplinkLimits:
    """`handshake_s`: from the connection to both proofs. `time_s`: between two Time messages."""

    handshake_s: float = 10.0
    time_s: float = 15.0
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

    async def serve(self, socket: WebSocket) -> None:
        """Talk with whoever connected, until one side ends it."""
        await socket.accept()
        session = HostSession(secrets.token_bytes(NONCE_BYTES), self._cameras.key)
        try:
            try:
                async with asyncio.timeout(self._limits.handshake_s):
                    await _prove(socket, session)
            except TimeoutError:
                raise RemoteError("slow-handshake") from None
            await self._talk(socket, session)
        except RemoteError as error:
            await _hang_up(socket, REFUSED, error.reason)
            await self._refused(socket, session, error.reason)
        except WebSocketDisconnect:
            pass  # a board that leaves owes nobody a reason
        except StoreError as error:
            _log.error("a board was sent away: %s", error)
            await _hang_up(socket, BROKEN, "store")

    async def _talk(self, socket: WebSocket, session: HostSession) -> None:
        """Everything after both proofs."""
        camera = self._cameras.get(session.camera)
        full = self._cameras.online() >= self._limits.boards
        if camera is None or (full and not camera.online):
            raise RemoteError("too-many")
        mark = await self._mark(session)
        self._desk.metrics.sessions.inc()
        await socket.send_bytes(session.seal(wire.Time(self._desk.clock.unix_ms())))
        link = Link()
        tasks: list[asyncio.Task[None]] = []
        try:
            await camera.attach(link, session.firmware)
            tasks.append(asyncio.create_task(self._read(socket, session, link, camera)))
            tasks.append(asyncio.create_task(self._write(socket, session, link)))
            # Either ending is the end: a board that cannot be told of a revocation is sent away.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = await _end(tasks)
            await camera.detach(link, link.closing or _reason(ended))
            if self._seen[camera.id] != mark:
                await self._marks.save(camera.id, self._seen[camera.id])
        if ended is not None:
            raise ended

    async def _mark(self, session: HostSession) -> Mark:
        """Where this board's counters stand; RemoteError if it came back as an earlier boot."""
        camera = session.camera
        if camera not in self._seen:
            self._seen[camera] = await self._marks.load(camera)
        kept = self._seen[camera]
        if session.boot < kept[0]:
            raise RemoteError("old-boot")
        if session.boot > kept[0]:
            self._seen[camera] = (session.boot, UNSEEN[1])
            await self._marks.save(camera, self._seen[camera])
        return self._seen[camera]

    async def _read(
        self, socket: WebSocket, session: HostSession, link: Link, camera: Camera
    ) -> None:
        """Take what the board says, until it leaves (WebSocketDisconnect) or misbehaves."""
        while True:
            message = await _receive(socket, session)
            if link.closing:
                return
            if isinstance(message, wire.Frame):
                self._advance(camera.id, message)
                await camera.on_frame(_frame(camera.id, message, self._desk.clock.monotonic()))
            elif isinstance(message, wire.Status):
                camera.on_status(message)
            elif isinstance(message, wire.Answer):
                await camera.on_answer(message)
            elif isinstance(message, wire.LogLine):
                camera.boardlog.add(message.payload())

    def _advance(self, camera: str, frame: wire.Frame) -> None:
        """Refuse what was seen before, in this connection or an earlier one; count gaps."""
        boot, sequence = self._seen[camera]
        if frame.sequence <= sequence:
            raise RemoteError("replayed")
        if sequence != UNSEEN[1]:
            self._desk.metrics.gaps.inc(frame.sequence - sequence - 1)
        self._seen[camera] = (boot, frame.sequence)

    async def _write(self, socket: WebSocket, session: HostSession, link: Link) -> None:
        """Tell the board what its outbox holds, and the time now and then."""
        while not link.closing:
            message = link.outbox.next(self._desk.clock.unix_ms())
            if message is not None:
                await socket.send_bytes(session.seal(message))
            else:
                await self._pause(session.camera, link)
        await _hang_up(socket, REFUSED, link.closing)

    async def _pause(self, camera: str, link: Link) -> None:
        """Wait for something to tell; where nothing comes, keep the mark and tell the time."""
        link.wake.clear()
        try:
            async with asyncio.timeout(self._limits.time_s):
                await link.wake.wait()
        except TimeoutError:
            link.outbox.time()
            with contextlib.suppress(StoreError):  # the next one may succeed; telling must go on
                await self._marks.save(camera, self._seen[camera])

    async def _refused(self, socket: WebSocket, session: HostSession, reason: str) -> None:
        """Count it; enter it in the log of the resident whose camera it claimed to be, or ours."""
        metrics = self._desk.metrics
        metrics.refused("board", reason)
        if reason == "replayed":
            metrics.repeats.inc()
        camera = self._cameras.get(session.camera) if session.camera else None
        if camera is not None:
            await camera.refused(reason)
            return
        count = self._tally.due(reason, self._desk.clock.monotonic())
        if count:
            address = socket.client.host if socket.client else ""
            detail = {"count": count, "address": address}
            await self._desk.entries.add(
                "board.stranger", resident=None, reason=reason, detail=detail
            )


def routes(uplink: Uplink) -> APIRouter:
    """The endpoint that boards call."""
    router = APIRouter()
    router.add_websocket_route("/uplink", uplink.serve)
    return router


async def _prove(socket: WebSocket, session: HostSession) -> None:
    """Hello, Challenge, Proof: returns once both sides proved the board key."""
    while not session.open:
        await _receive(socket, session)
        answer = session.take_outgoing()
        if answer:
            await socket.send_bytes(answer)


async def _receive(socket: WebSocket, session: HostSession) -> wire.Message:
    """The accord message in the next WebSocket message; RemoteError if there is not one."""
    received: dict[str, Any] = dict(await socket.receive())
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1006))
    payload = received.get("bytes")
    if not payload:
        raise RemoteError("not-binary")
    session.receive(payload)
    message = session.next_event()
    if message is None or session.next_event() is not None:
        raise RemoteError("bad-length")
    return message


async def _end(tasks: "list[asyncio.Task[None]]") -> BaseException | None:
    """Cancel what still runs; what the first of those that failed by themselves failed with."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [error for error in results if error is not None]
    return next((e for e in failed if not isinstance(e, asyncio.CancelledError)), None)


def _reason(ended: BaseException | None) -> str:
    """Why a board is offline, in a word."""
    if isinstance(ended, RemoteError):
        return ended.reason
    if isinstance(ended, WebSocketDisconnect) and ended.code == _GOING:
        return "host-stopped"
    return "left"


async def _hang_up(socket: WebSocket, code: int, reason: str) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it may be gone already
        await socket.close(code, reason)


def _frame(camera: str, message: wire.Frame, arrived: float) -> Frame:
    return Frame(
        camera=camera,
        jpeg=message.jpeg,
        boot=message.boot,
        sequence=message.sequence,
        captured_ms=message.captured_ms,
        clock=message.clock,
        reason=message.reason,
        score=message.score,
        handle=message.handle,
        arrived=arrived,
    )
