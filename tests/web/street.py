"""A street for the page: the real host in a process of its own, and boards that do as told.

The boards here are accord sessions that obey like the firmware: they send only while somebody with
a grant watches, they say what their light does, and their pictures move.
"""

import asyncio
import contextlib
import io
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from accord import b64, canon, names, wire
from porchkit import cli, keys, mint
from porchkit.client import AsyncClient
from porchkit.demo import household, page
from porchkit.demo.acts import Resident
from porchkit.demo.hostproc import HostProcess
from porchkit.demo.household import Camera, Household
from porchkit.home import Running
from tests.support.boardpeer import BoardPeer

PURPOSES = ("burglary", "theft")
FRAME_S = 0.2
SIZE = (320, 240)
HOST_CLOCK = 3


def pictures(count: int = 12) -> list[bytes]:
    """JPEGs in which something walks from left to right."""
    return [_picture(step / count) for step in range(count)]


def _picture(along: float) -> bytes:
    image = Image.new("RGB", SIZE, (60, 80, 120))
    x = int(along * SIZE[0])
    ImageDraw.Draw(image).rectangle((x, 60, x + 40, 220), fill=(230, 200, 120))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


class ObedientBoard(BoardPeer):
    """Sends while it is watched and not `paused`; says so when that changes."""

    def __init__(self, url: str, key: bytes, **options: Any) -> None:
        super().__init__(url, key, **options)
        self.paused = False
        self.every_s = FRAME_S
        self._wants: list[tuple[bytes, bytes, int]] = []
        self._filming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.open()
        await self._tell_state()
        self._filming = asyncio.create_task(self._film())

    async def stop(self) -> None:
        if self._filming is not None:
            self._filming.cancel()
        await self.close()

    async def _film(self) -> None:
        shown, album = [], pictures()
        while True:
            if shown != self._wants:
                shown = self._wants
                await self._tell_state()
            if shown and not self.paused:
                await self.send_frame(album[self.sequence % len(album)], shown[0][1])
            await asyncio.sleep(self.every_s)

    async def _tell_state(self) -> None:
        on = bool(self._wants)
        handle = self._wants[0][1] if on else bytes(16)
        word = b"ok" if on else b"not-watched"
        state = 2 if on else 0
        await self.say(wire.Status(state, on, HOST_CLOCK, on, 0, 0, 0, 0, 0, 0, handle, word))

    async def _take(self, payload: bytes | str) -> None:
        before = len(self.told)
        await super()._take(payload)
        for message in self.told[before:]:
            if isinstance(message, wire.Watch):
                self._wants = message.wants
            elif isinstance(message, wire.GrantToken):
                await self.say(wire.Answer(_handle(message.token), b"held"))
            elif isinstance(message, wire.Revoke):
                self._wants = [want for want in self._wants if want[1] != message.handle]
                await self.say(wire.Answer(message.handle, b"revoked"))


def _handle(token: bytes) -> bytes:
    """What a board that holds the grant calls it."""
    claims = canon.loads(b64.decode(token.split(b".")[1].decode()))
    return b64.decode(claims["jti"])


@dataclass
class Street:
    """The host, its people, their boards."""

    host: HostProcess
    running: Running
    house: Household
    boards: dict[str, ObedientBoard]
    resident: Resident
    jtis: dict[str, str]

    @property
    def page(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.running.http}/"

    @property
    def demo(self) -> str:
        """The page with the demo's keys."""
        return self.demo_at(self.page)

    def demo_at(self, base: str) -> str:
        """The same by another address of this host, that of a passage for instance."""
        return page.address(base, self.house.resident, self.house.hub, self.house.names)

    def key_file(self, kind: str) -> Path:
        """The PEM of the resident or the hub."""
        name = household.RESIDENT if kind == "resident" else household.HUB
        return self.house.home.path / f"{kind}s" / f"{name}.pem"

    def camera(self, name: str) -> str:
        """The thumb of a camera."""
        return next(camera.thumb for camera in self.house.cameras if camera.name == name)

    async def allow(self, name: str, lasts_s: int = 600) -> None:
        """The resident lets the hub look through one camera."""
        now = int(time.time())
        rows = (await self.resident.client.get("/grants"))["grants"]
        wish = mint.Wish(
            camera=self.camera(name),
            audience=(keys.thumb(self.house.hub.public_key()),),
            actions=("live", "snapshot"),
            purposes=PURPOSES,
            starts=now,
            ends=now + lasts_s,
        )
        seq = mint.next_seq(max((row["seq"] for row in rows), default=0), now)
        made = mint.mint(wish, self.house.resident, seq=seq, now=now, random=os.urandom)
        await self.resident.client.post("/grants", {"token": made.token.decode()})
        self.jtis[name] = made.jti

    async def revoke(self, name: str) -> None:
        """The resident takes it back, through the API."""
        await self.resident.revoke(self.jtis[name])

    async def calm_down(self) -> None:
        """Nobody is allowed anything, and every board films again when it is asked to."""
        for grant in (await self.resident.client.get("/grants"))["grants"]:
            if grant["state"] == "active":
                await self.resident.revoke(grant["jti"])
        for board in self.boards.values():
            board.paused = False

    def host_log(self) -> str:
        """All that the host has said."""
        return (self.house.home.path.parent / "host.log").read_text("utf-8")

    async def command(self, *words: str) -> None:
        """Run one command of `porchlight` as the resident would."""
        home = ("--home", str(self.house.home.path))
        await asyncio.to_thread(_quietly, [*words, *home])

    async def entries(self, kind: str) -> list[dict[str, Any]]:
        """What the log says, of one type."""
        return [entry for entry in await self.resident.entries() if entry["type"] == kind]


@asynccontextmanager
async def building(folder: Path, more: tuple[str, ...] = ()) -> AsyncIterator[Street]:
    """Host, household, three boards and `more`; nobody is allowed anything yet."""
    home = await asyncio.to_thread(household.found, folder / "home", 0)
    host = HostProcess(home, folder / "host.log")
    async with AsyncExitStack() as undo:
        await asyncio.to_thread(household.move_in, home)
        undo.push_async_callback(host.stop)
        running = await host.start()
        house = await asyncio.to_thread(_furnish, home, more)
        base = f"https://127.0.0.1:{running.https}"
        client = await undo.enter_async_context(AsyncClient(base, house.resident, ca=home.ca))
        boards = {camera.name: _board(running, home.ca, camera) for camera in house.cameras}
        for board in boards.values():
            await board.start()
            undo.push_async_callback(board.stop)
        yield Street(host, running, house, boards, Resident(client, house.resident), {})


def _quietly(words: list[str]) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert cli.dispatch(words) == 0


def _furnish(home: household.Home, more: tuple[str, ...]) -> Household:
    house = household.add_cameras(home)
    for name in more:
        words = ["camera", "add", name, "--resident", household.RESIDENT, "--label", name]
        _quietly([*words, "--home", str(home.path)])
    others = tuple(
        Camera(name, name, (home.path / "boards" / name / "board.key").read_bytes())
        for name in more
    )
    return Household(house.home, house.residents, house.hub, house.cameras + others)


def _board(running: Running, ca: Path, camera: Camera) -> ObedientBoard:
    tls = ssl.create_default_context(cafile=str(ca))
    board = ObedientBoard(f"wss://127.0.0.1:{running.https}/uplink", camera.key, tls=tls)
    assert board.camera == names.camera_thumb(camera.key)
    return board
