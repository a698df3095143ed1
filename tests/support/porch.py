"""One porch: the real firmware in a virtual board, a host that obeys the test, a tap between."""

import asyncio
import os
import re
import socket
import time
from pathlib import Path
from typing import Any

from accord import b64, names, wire
from porchkit import keys, mint
from porchkit.flashroot import BoardConfig, FrameSettings, MotionSettings
from porchkit.tap import Tap
from porchkit.vboard import PinChange, VirtualBoard
from tests.support.fakehost import Ca, FakeHost

SMALL = FrameSettings(width=320, height=240, fps=10)
PLAIN = MotionSettings()


class Porch:
    """`host`, `tap`, `board`, and a resident who signs what the test wants. Use `async with`."""

    def __init__(
        self,
        folder: Path,
        film: Path,
        *,
        frame: FrameSettings = SMALL,
        motion: MotionSettings = PLAIN,
        board: str = "ai_thinker",
        heap: str | None = None,
    ) -> None:
        self.key = os.urandom(names.KEY_BYTES)
        self.camera = names.camera_thumb(self.key)
        self.resident = keys.generate()
        self.hub = names.raw(keys.thumb(keys.generate().public_key()))
        self.ca = Ca()
        self.host = FakeHost(self.key)
        self.board = VirtualBoard(folder / "board", footage=film, heap=heap)
        self.tap: Tap
        self._folder = folder
        self._frame = frame
        self._motion = motion
        self._name = board
        self._seq = 0

    async def __aenter__(self) -> "Porch":
        await self.host.start(self.ca.context(self._folder))
        self.tap = Tap("127.0.0.1", self.host.port)
        await self.tap.start()
        x, y = keys.coordinates(self.resident.public_key())
        self.board.provision(
            BoardConfig(
                host="127.0.0.1",
                port=self.tap.port,
                server_name="localhost",
                ca_der=self.ca.der,
                board_key=self.key,
                resident_x=x,
                resident_y=y,
                frame=self._frame,
                motion=self._motion,
                board=self._name,
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.board.stop()
        await self.tap.stop()
        await self.host.stop()

    @property
    def log(self) -> str:
        """What the board has printed so far."""
        return self.board.log.read_text()

    def patch(self, file: str, old: str, new: str) -> None:
        """Change a line of this board's own copy of the firmware, such as a time-out."""
        path = self.board.root / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is not once in {file}"
        path.write_text(text.replace(old, new))

    def narrow(self) -> None:
        """Let the line to the board hold little, so that it is soon full when it is stalled."""
        assert self.tap._server is not None
        for listener in self.tap._server.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)

    async def online(self) -> None:
        """Power on, unless it is; wait for the first Status with a trusted clock."""
        if not self.board.powered:
            await self.board.start()
        await self.host.wait_for(lambda h: h.online and h.statuses and h.statuses[-1].clock == 3)

    def token(
        self,
        *,
        seq: int | None = None,
        limits: dict[str, int] | None = None,
        for_s: int = 600,
        signed: int | None = None,
        **more: Any,
    ) -> bytes:
        """A grant for the hub: live pictures for so long, newer than every one before. `signed`:
        at this unix second; five seconds ago by default. `more`: as in mint.Wish."""
        self._seq = seq if seq is not None else self._seq + 1
        now = int(time.time()) if signed is None else signed + 5
        wish = mint.Wish(
            camera=self.camera,
            audience=(names.text(self.hub),),
            actions=("live",),
            purposes=("theft",),
            starts=now - 5,
            ends=now + for_s,
            limits=limits or {},
            **more,
        )
        minted = mint.mint(wish, self.resident, seq=self._seq, now=now - 5, random=self._jti)
        return minted.token

    def _jti(self, size: int) -> bytes:
        return self.handle(self._seq)

    def handle(self, seq: int) -> bytes:
        """The handle of the grant with this seq."""
        return seq.to_bytes(16, "big")

    async def ask(self, message: wire.GrantToken | wire.Revoke) -> str:
        """Send what wants an Answer; its reason."""
        return await self.host.ask(message)

    def watch(self, seq: int | None = None, fps: int = 0) -> wire.Watch:
        """The Watch of the hub that looks under the grant `seq`, the newest by default."""
        return wire.watch(fps, [(self.hub, self.handle(seq or self._seq), 1)])

    async def film(self, **grant: Any) -> None:
        """Online, granted, watched (also by every later connection), first frame here."""
        await self.online()
        assert await self.ask(wire.GrantToken(self.token(**grant))) == "held"
        self.host.greeting = [self.watch()]
        await self.host.send(self.watch())
        await self.frames(1)

    async def frames(self, more: int, timeout_s: float = 20.0) -> list[wire.Frame]:
        """Wait for so many more frames; those."""
        seen = len(self.host.frames)
        await self.host.wait_for(lambda host: len(host.frames) >= seen + more, timeout_s)
        return self.host.frames[seen:]

    async def reason(self, word: str, timeout_s: float = 20.0) -> wire.Status:
        """Wait for a Status with this reason."""
        seen = len(self.host.statuses)
        latest = self.host.statuses[-1:]
        if latest and latest[0].reason == word.encode():
            return latest[0]
        found = await self.host.wait_for(
            lambda host: [s for s in host.statuses[seen:] if s.reason == word.encode()], timeout_s
        )
        status: wire.Status = found[0]
        return status

    async def logged(self, pattern: str, timeout_s: float = 20.0) -> None:
        """Wait for a line of the board's log."""
        deadline = time.monotonic() + timeout_s
        while not re.search(pattern, self.log):
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.log}"
            await asyncio.sleep(0.02)

    def pin(self, number: int) -> list[PinChange]:
        """The changes of one output, oldest first."""
        return [change for change in self.board.pins() if change.pin == number]

    def jti(self, seq: int) -> str:
        return b64.encode(self.handle(seq))


def assert_nothing_twice(host: FakeHost) -> None:
    """Numbers only rise, also from one connection to the next."""
    numbers = [(frame.boot, frame.sequence) for frame in host.frames]
    assert numbers == sorted(set(numbers))
