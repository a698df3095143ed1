"""The simulated town: residents with cameras, one hub, and a virtual board for each camera.

A host that runs already keeps what is registered here; a throw-away one is removed with it all.
"""

import asyncio
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from accord import b64
from porchkit import footage, keys, statements
from porchkit.client import AsyncClient
from porchkit.demo.acts import Hub, Resident
from porchkit.demo.household import Camera
from porchkit.demo.together import together
from porchkit.errors import HostUnreachable
from porchkit.sim.hosting import LOOPBACK, Hosting
from porchkit.sim.meters import Counts
from porchkit.sim.plan import Plan
from porchkit.vboard import BoardConfig, FrameSettings, VirtualBoard

PER_RESIDENT = 10
GRANT_S = 12 * 3600
BOARDS_AT_ONCE = 8  # starting together; more only wait for the processor
SERVER = "localhost"
PATIENCE_S = 30.0
AGAIN_S = 0.5
T = TypeVar("T")


@dataclass
class Lot:
    """One camera of the town: whose it is, its board, and the grant it is shown under."""

    camera: Camera
    owner: Resident
    board: VirtualBoard
    jti: str = ""
    granted: float = 0.0  # unix s
    over: float = 0.0  # unix s: the host had answered that it is taken back
    over_at: float = 0.0  # the same, monotonic s


@dataclass(frozen=True)
class Owner:
    """A resident and their key."""

    acts: Resident
    key: keys.PrivateKey = field(repr=False)


class Town:
    """Everything up while entered; nothing of it is left afterwards."""

    def __init__(self, folder: Path, plan: Plan, tell: Callable[[str], None]) -> None:
        self.lots: list[Lot] = []
        self.hub: Hub
        self.host = Hosting(folder, plan.home, plan.boards)
        self._folder, self._plan, self._tell = folder, plan, tell
        self._films: list[Path] = []
        self._owners: list[Owner] = []
        self._undo = AsyncExitStack()

    async def __aenter__(self) -> "Town":
        try:
            await self._build()
        except BaseException:
            await self._undo.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Take everything down; the host's folder is still there after it."""
        await self._undo.aclose()

    async def start_boards(self) -> None:
        """Power to all boards."""
        turn = asyncio.Semaphore(BOARDS_AT_ONCE)

        async def start(lot: Lot) -> None:
            async with turn:
                await lot.board.start()
                self._undo.push_async_callback(lot.board.stop)

        await together(*(start(lot) for lot in self.lots))

    async def grant_all(self) -> None:
        """Every resident allows the hub to look."""

        async def grant(lot: Lot) -> None:
            lot.granted = time.time()
            lot.jti = await lot.owner.grant(lot.camera, [self.hub.thumb], GRANT_S)

        await together(*(grant(lot) for lot in self.lots))

    async def revoke_all(self) -> None:
        """Every resident takes it back."""

        async def revoke(lot: Lot) -> None:
            await lot.owner.revoke(lot.jti)
            lot.over, lot.over_at = time.time(), time.monotonic()

        await together(*(revoke(lot) for lot in self.lots))

    async def rows(self) -> list[dict[str, Any]]:
        """Every camera as its resident sees it."""
        owners = [owner.acts.client for owner in self._owners]
        found = await together(*(client.get("/cameras") for client in owners))
        return [row for answer in found for row in answer["cameras"]]

    async def counts(self) -> Counts:
        """What the host has counted. HostUnreachable while it is away."""
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return Counts.parse((await http.get(f"{self.host.page}/metrics")).text)
        except httpx.TransportError as error:
            raise HostUnreachable(f"no host answers at {self.host.page}") from error

    async def _build(self) -> None:
        self._tell("drawing the street, starting the host")
        await together(self._film(), self._settle())
        self._tell(f"registering {self._plan.boards} cameras")
        await together(*(self._add(number, film) for number, film in enumerate(self._films)))
        self.lots.sort(key=lambda lot: lot.camera.name)

    async def _film(self) -> None:
        plan, folder = self._plan, self._folder / "footage"
        self._films = await asyncio.to_thread(footage.prepare, plan.footage, folder, plan.boards)

    async def _settle(self) -> None:
        """Host, residents and hub, registered by the commands that people type."""
        self._undo.push_async_callback(self.host.stop)
        await self.host.begin()
        tag, home = f"sim-{secrets.token_hex(3)}", self.host.home
        for number in range(-(-self._plan.boards // PER_RESIDENT)):
            name = f"{tag}-{number}"
            await asyncio.to_thread(self.host.command, "resident", "new", name)
            _, key = home.resident_key(name)
            self._owners.append(Owner(Resident(await self._client(key), key), key))
        await asyncio.to_thread(self.host.command, "hub", "add", tag)
        key = keys.load_private(home.path / "hubs" / f"{tag}.pem")
        self.hub = Hub(await self._client(key), key)

    async def _client(self, key: keys.PrivateKey) -> AsyncClient:
        return await self._undo.enter_async_context(AsyncClient(self.host.page, key))

    async def _add(self, number: int, film: Path) -> None:
        """Register one camera over the API and provision its board."""
        owner = self._owners[number // PER_RESIDENT]
        camera = Camera(f"cam{number:03}", f"Camera {number}", secrets.token_bytes(32))
        jti = secrets.token_bytes(statements.JTI_BYTES)
        token = statements.sign(owner.key, camera.thumb, camera.label, jti=jti)
        await owner.acts.client.post(
            "/cameras", {"statement": token.decode(), "key": b64.encode(camera.key)}
        )
        knobs = {"frame_bytes": self._plan.frame_bytes, **self._plan.knobs}
        board = VirtualBoard(self._folder / "boards" / camera.name, footage=film, knobs=knobs)
        await asyncio.to_thread(board.provision, self._config(camera, owner.key))
        self.lots.append(Lot(camera, owner.acts, board))

    def _config(self, camera: Camera, key: keys.PrivateKey) -> BoardConfig:
        x, y = keys.coordinates(key.public_key())
        return BoardConfig(
            host=LOOPBACK,
            port=self.host.running.https,
            server_name=SERVER,
            ca_der=ssl.PEM_cert_to_DER_cert(self.host.home.ca.read_text("ascii")),
            board_key=camera.key,
            resident_x=x,
            resident_y=y,
            frame=FrameSettings(fps=self._plan.fps),
        )


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer of a host that may be too busy at first; HostUnreachable after PATIENCE_S."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await ask()
        except HostUnreachable:
            if time.monotonic() > end:
                raise
        await asyncio.sleep(AGAIN_S)
