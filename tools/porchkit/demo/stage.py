"""Everything the demo needs, brought up together and taken down together.

The slow parts overlap: footage is made while the host's folder is, and the boards start at once.
Nothing listens beyond loopback, and after close() no process is left.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from porchkit import footage, keys
from porchkit.client import AsyncClient
from porchkit.demo import household
from porchkit.demo.hostproc import HostProcess
from porchkit.demo.household import Camera, Household, Street
from porchkit.demo.together import together
from porchkit.errors import CommandError
from porchkit.home import Running
from porchkit.lastline import last_line
from porchkit.tap import Tap
from porchkit.vboard import BoardConfig, FrameSettings, VirtualBoard

ONLINE_S = 20.0
POLL_S = 0.1
SERVER = "localhost"
LOOPBACK = "127.0.0.1"
ONE_FAMILY = Street()


class Stage:
    """One throw-away street. `tapped`: every board talks through a Tap that counts its bytes."""

    def __init__(
        self,
        folder: Path,
        *,
        footage: Path | None = None,
        page_port: int = 0,
        tapped: bool = False,
        street: Street = ONE_FAMILY,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder = folder
        self.taps: dict[str, Tap] = {}
        self.running: Running
        self.house: Household
        self._films: list[Path] = []
        self._boards: list[VirtualBoard] = []
        self._footage, self._page_port, self._tapped, self._tell = footage, page_port, tapped, tell
        self._street = street
        self._undo = AsyncExitStack()

    async def __aenter__(self) -> "Stage":
        try:
            await self._raise()
        except BaseException:
            await self._undo.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    @property
    def cameras(self) -> tuple[Camera, ...]:
        return self.house.cameras

    @property
    def page(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.running.http}/"

    def client(self, key: keys.PrivateKey) -> AsyncClient:
        """A client of the TLS listener that signs with `key`; the caller closes it."""
        return AsyncClient(f"https://{LOOPBACK}:{self.running.https}", key, ca=self.house.home.ca)

    async def broken(self) -> None:
        """Wait, for as long as all is well; CommandError when the host ends by itself."""
        await self._host.ended()

    async def _raise(self) -> None:
        self._tell("drawing the street, starting the host")
        await together(self._film(), self._host_and_house())
        self._tell("starting three virtual boards")
        await together(*map(self._board, self.cameras, self._films))
        await self._all_online()

    async def _film(self) -> None:
        folder, boards = self.folder / "footage", len(self._street.cameras)
        self._films = await asyncio.to_thread(footage.prepare, self._footage, folder, boards)

    async def _start_host(self) -> None:
        self.running = await self._host.start()

    async def _host_and_house(self) -> None:
        folder, more = self.folder / "home", self._street.settings
        home = await asyncio.to_thread(household.found, folder, self._page_port, more)
        self._host = HostProcess(home, self.folder / "host.log")
        self._undo.push_async_callback(self._host.stop)
        await together(
            self._start_host(), asyncio.to_thread(household.move_in, home, self._street.cameras)
        )
        self.house = await asyncio.to_thread(household.add_cameras, home, self._street.cameras)

    async def _board(self, camera: Camera, film: Path) -> None:
        port = self.running.https
        if self._tapped:
            tap = self.taps[camera.name] = Tap(LOOPBACK, port)
            await tap.start()
            self._undo.push_async_callback(tap.stop)
            port = tap.port
        board = VirtualBoard(self.folder / "boards" / camera.name, footage=film)
        await asyncio.to_thread(board.provision, self._config(camera, port))
        self._undo.push_async_callback(board.stop)
        self._boards.append(board)
        await board.start()

    def _config(self, camera: Camera, port: int) -> BoardConfig:
        x, y = keys.coordinates(self.house.residents[camera.resident].public_key())
        return BoardConfig(
            host=LOOPBACK,
            port=port,
            server_name=SERVER,
            ca_der=ssl.PEM_cert_to_DER_cert(self.house.home.ca.read_text("ascii")),
            board_key=camera.key,
            resident_x=x,
            resident_y=y,
            frame=FrameSettings(fps=5, mode="always"),
        )

    async def _all_online(self) -> None:
        """Wait until each board has proved itself and knows the time."""
        try:
            async with asyncio.timeout(ONLINE_S):
                await together(*map(self._online, self.house.residents.values()))
        except TimeoutError:
            words = "; ".join(
                f"{board.root.name}: {last_line(board.log)}" for board in self._boards
            )
            raise CommandError(
                f"not every board came online within {ONLINE_S:.0f} s ({words})"
            ) from None

    async def _online(self, resident: keys.PrivateKey) -> None:
        async with self.client(resident) as client:
            while True:
                rows = (await client.get("/cameras"))["cameras"]
                if all(row["online"] and row["clock"] == "both" for row in rows):
                    return
                await asyncio.sleep(POLL_S)
