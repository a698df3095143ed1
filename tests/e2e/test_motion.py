"""A board that sends what moves, at a running host: real firmware, real host, a tap between.

On a quiet scene not one picture byte passes the tap. When somebody passes, what was seen just
before arrives first and in order, then what moves, then a little more, and then nothing again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from accord import b64, wire
from porchkit.tap import Tap
from porchkit.vboard import BoardConfig, FrameSettings, MotionSettings, VirtualBoard
from porchlight.camera import Camera
from porchlight.frames import Frame
from tests.support import passing
from tests.support.hosting import PATIENCE_S, InThread, hosted
from tests.support.runtimes import find_micropython

FPS = 10
PRE_ROLL_S, POST_ROLL_S = 2, 1
THRESHOLD = 1000  # of agent/sight.py
VIEW = {"action": "live", "case": "24-117", "purpose": "fire", "reason": "smoke reported"}


class Watched:
    """A board in motion mode whose camera a hub looks at. `frames`: all that reached the host."""

    def __init__(self, host: InThread, tap: Tap, board: VirtualBoard) -> None:
        self.host, self.tap, self.board = host, tap, board
        self.sam = host.resident()
        self.hub = host.hub()
        self.kit = host.camera(self.sam)
        self.frames: list[Frame] = []
        camera = host.call(lambda: host.parts.cameras.get(self.kit.id))
        assert camera is not None
        self.camera: Camera = camera
        self._listen()

    def _listen(self) -> None:
        """Note every frame that the host takes; a viewer is shown the newest only."""
        take = self.camera.on_frame

        def noting(frame: Frame, **more: Any) -> Any:
            self.frames.append(frame)
            return take(frame, **more)

        self.camera.on_frame = noting  # type: ignore[method-assign]

    async def power_on(self) -> None:
        authority = x509.load_pem_x509_certificate(self.host.ca.read_bytes())
        public = self.sam.key.public.jwk()
        self.board.provision(
            BoardConfig(
                host="127.0.0.1",
                port=self.tap.port,
                server_name="localhost",
                ca_der=authority.public_bytes(Encoding.DER),
                board_key=self.kit.key,
                resident_x=b64.decode(public["x"]),
                resident_y=b64.decode(public["y"]),
                frame=FrameSettings(width=320, height=240, fps=FPS, mode="motion"),
                motion=MotionSettings(pre_roll_s=PRE_ROLL_S, post_roll_s=POST_ROLL_S),
            )
        )
        report = self.board.root / "agent" / "report.py"
        text = report.read_text("utf-8")
        assert "EVERY_MS = 10_000" in text
        report.write_text(text.replace("EVERY_MS = 10_000", "EVERY_MS = 300"), "utf-8")
        await self.board.start()
        await self.until(lambda: self.camera.status is not None)

    async def until(self, happened: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline, self.board.log.read_text()[-800:]
            await asyncio.sleep(0.02)

    async def open(self) -> str:
        """Grant and view; the address of the stream."""
        self.host.grant(self.kit, self.hub)
        caller = self.host.caller(self.hub)
        body = VIEW | {"cameras": [self.kit.id]}
        opened = await asyncio.to_thread(caller.post, "/views", body)
        assert opened.status_code == 201, opened.text
        return str(opened.json()["urls"]["cameras"][self.kit.id]["stream"])

    @property
    def quiet(self) -> int:
        """How many pictures the board says it kept back."""
        return self.camera.status.quiet if self.camera.status else 0

    async def assert_silent(self, pictures: int) -> None:
        """While the board takes so many pictures, no byte of one passes the tap."""
        began, sent = self.quiet, self.tap.pictures.bytes
        await self.until(lambda: self.quiet >= began + pictures)
        assert self.tap.pictures.bytes == sent

    def reasons(self) -> list[str]:
        return [wire.FRAME_REASONS[frame.reason] for frame in self.frames]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    find_micropython()
    film = passing.film(tmp_path)
    knobs = {"footage_part": passing.STILL}
    with hosted(tmp_path / "home") as host:
        tap = Tap("127.0.0.1", host.ports.https)
        await tap.start()
        # The heap of a board with PSRAM: the ring is an eighth of what is free.
        board = VirtualBoard(tmp_path / "board", footage=film, knobs=knobs, heap="4m")
        made = Watched(host, tap, board)
        try:
            await made.power_on()
            yield made
        finally:
            await board.stop()
            await tap.stop()


async def look(watched: Watched, stream: str) -> None:
    """Look until cancelled, as a hub's screen does."""
    async with (
        httpx.AsyncClient(base_url=watched.host.http, timeout=None) as client,
        client.stream("GET", stream) as answer,
    ):
        async for _ in answer.aiter_bytes():
            pass


async def test_pictures_leave_only_around_what_moves(watched: Watched) -> None:
    looking = asyncio.create_task(look(watched, await watched.open()))
    try:
        await watched.until(lambda: watched.quiet > 0)
        learnt = len(watched.frames)
        assert set(watched.reasons()) == {"learning"}
        await watched.assert_silent(5 * FPS)
        assert len(watched.frames) == learnt

        watched.board.set_knob(footage_part=passing.PASSING)
        await watched.until(lambda: watched.reasons().count("motion") >= 5)
        watched.board.set_knob(footage_part=passing.STILL)
        told = watched.camera.status
        await watched.until(lambda: watched.camera.status is not told)
        kept_back = watched.quiet  # told since the motion began: more of them is after it
        await watched.until(lambda: watched.quiet > kept_back)
        await watched.assert_silent(3 * FPS)
    finally:
        looking.cancel()
    assert_around_a_motion(watched.frames[learnt:])
    assert_whole(watched.frames)


def assert_around_a_motion(frames: list[Frame]) -> None:
    reasons = [wire.FRAME_REASONS[frame.reason] for frame in frames]
    first = reasons.index("motion")
    last = len(reasons) - 1 - reasons[::-1].index("motion")
    assert reasons[:first] == ["pre-roll"] * first
    assert set(reasons[first : last + 1]) <= {"motion", "post-roll"}
    assert reasons[last + 1 :] == ["post-roll"] * (len(reasons) - last - 1)
    for frame, reason in zip(frames, reasons, strict=True):
        assert (frame.score >= THRESHOLD) == (reason == "motion")
    before_ms = frames[first].captured_ms - frames[0].captured_ms
    after_ms = frames[-1].captured_ms - frames[last].captured_ms
    # A board on a busy machine skips points of its schedule, so less than asked, but not nothing.
    assert PRE_ROLL_S * 500 <= before_ms <= PRE_ROLL_S * 1000 + 250
    assert POST_ROLL_S * 500 <= after_ms <= POST_ROLL_S * 1000 + 250


def assert_whole(frames: list[Frame]) -> None:
    """All that the board decided to send, in the order it was seen in."""
    assert [frame.sequence for frame in frames] == list(range(len(frames)))
    times = [frame.captured_ms for frame in frames]
    assert times == sorted(set(times))
