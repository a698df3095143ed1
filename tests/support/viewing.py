"""Boards that send and viewers that watch, for tests of a running host (tests.support.hosting)."""

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from PIL import Image

from porchlight.client.readers import MjpegReader, Part
from porchlight.frames import Frame
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import Hosted, InThread, Kit, Signer

PATIENCE_S = 10.0


def picture(
    width: int = 160, height: int = 120, colour: tuple[int, int, int] = (90, 0, 0)
) -> bytes:
    """A small JPEG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def host_frame(sequence: int, jpeg: bytes = b"\xff\xd8", **changed: Any) -> Frame:
    """A frame as the host holds it."""
    fields: dict[str, Any] = dict.fromkeys(("boot", "captured_ms", "clock", "reason", "score"), 0)
    fields |= {"camera": "c", "jpeg": jpeg, "sequence": sequence, "handle": b"", "arrived": 0.0}
    return Frame(**fields | changed)


@asynccontextmanager
async def board_at(host: Hosted, kit: Kit, **more: Any) -> AsyncIterator[BoardPeer]:
    """A board that proved its key, until the block ends."""
    board = BoardPeer(host.uplink, kit.key, tls=host.tls(), **more)
    await board.open()
    try:
        yield board
    finally:
        await board.close()


def open_view(host: Hosted, hub: Signer, *kits: Kit, **changed: Any) -> dict[str, Any]:
    """The answer to a hub that opens a view, which must succeed."""
    answer = ask_view(host, hub, *kits, **changed)
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def ask_view(host: Hosted, hub: Signer, *kits: Kit, **changed: Any) -> httpx.Response:
    """Ask for a view; `changed` fields differ from a live view for a fire."""
    body = {"action": "live", "case": "C-1", "purpose": "fire", "reason": "smoke was reported"}
    asked = {"cameras": [kit.id for kit in kits], **body, **changed}
    return host.caller(hub).post("/views", asked)


def stream_url(host: Hosted, opened: dict[str, Any], kit: Kit, *, over_tls: bool = False) -> str:
    """Where one camera's stream of a view is."""
    base = host.https if over_tls else host.http
    return base + str(opened["urls"]["cameras"][kit.id]["stream"])


def metric(host: InThread, name: str, **labels: str) -> float:
    """One figure of /metrics; 0 where it was never counted."""
    return host.parts.metrics.registry.get_sample_value(f"porchlight_{name}", labels) or 0.0


async def until(holds: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait for something that nothing announces; looks every few milliseconds."""
    async with asyncio.timeout(patience_s):
        while not holds():  # noqa: ASYNC110 - what is waited for is in another thread
            await asyncio.sleep(0.005)


class Watcher:
    """One viewer of one stream: what it got and when (monotonic s), and how it ended."""

    def __init__(self, url: str, host: Hosted) -> None:
        self.parts: list[Part] = []
        self.times: list[float] = []
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ended_at = 0.0
        self.cut_short = False
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._watch(url, host))

    async def got(self, count: int) -> list[Part]:
        """Wait until so many parts came."""
        await self._until(lambda: len(self.parts) >= count)
        assert len(self.parts) >= count, f"the stream ended after {len(self.parts)} parts"
        return self.parts

    async def ended(self) -> float:
        """Wait until the stream ended; when that was."""
        await self._until(lambda: False)
        return self.ended_at

    async def leave(self) -> None:
        """Hang up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: holds() or self.ended_at)

    async def _watch(self, url: str, host: Hosted) -> None:
        tls = host.tls() if url.startswith("https") else False
        try:
            async with httpx.AsyncClient(verify=tls, timeout=PATIENCE_S, trust_env=False) as client:
                await self._read(client, url)
        except httpx.TransportError:
            self.cut_short = True
        finally:
            async with self._news:
                self.ended_at = time.monotonic()
                self._news.notify_all()

    async def _read(self, client: httpx.AsyncClient, url: str) -> None:
        async with client.stream("GET", url) as answer:
            self.status, self.headers = answer.status_code, dict(answer.headers)
            if answer.is_error:
                return
            reader = MjpegReader(answer.headers["content-type"])
            async for chunk in answer.aiter_bytes():
                reader.feed(chunk)
                while (part := reader.next_part()) is not None:
                    async with self._news:
                        self.parts.append(part)
                        self.times.append(time.monotonic())
                        self._news.notify_all()


@asynccontextmanager
async def watching(host: Hosted, url: str) -> AsyncIterator[Watcher]:
    """A viewer, until the block ends."""
    watcher = Watcher(url, host)
    try:
        yield watcher
    finally:
        await watcher.leave()


@asynccontextmanager
async def sending(board: BoardPeer, handle: bytes, every_s: float = 0.05) -> AsyncIterator[None]:
    """The board sends frames all the time, each of another shade."""

    async def send() -> None:
        shade = 0
        while True:
            shade = (shade + 17) % 256
            await board.send_frame(picture(colour=(shade, 80, 80)), handle)
            await asyncio.sleep(every_s)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
