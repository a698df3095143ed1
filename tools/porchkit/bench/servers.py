"""The servers that are measured in turn: each up while entered, at a URL, as one process."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from porchkit.bench.house import House
from porchkit.bench.kit import USTREAMER, Kit, interpreter
from porchkit.bench.processes import Process
from porchkit.demo.household import Camera
from porchkit.errors import CommandError

START_S = 15.0
SETTLE_S = 0.5  # until a camera's first picture is through
_POLL_S = 0.02
OURS, FLOOR = "porchlight", "floor"
WORDED = "porchlight, who looks below"


@dataclass(frozen=True)
class Target:
    """What viewers are pointed at, and whose cost is counted."""

    url: str
    pid: int


Server = Callable[[float], AbstractContextManager[Target]]  # frames a second -> up


def servers(kit: Kit, house: House, camera: Camera, *, gentle_s: float = 0.0) -> dict[str, Server]:
    """All there are, by name; the floor first, for the others are measured against it.

    `gentle_s`: how long our board is slow at first, for viewers to come in before a storm."""
    found: dict[str, Server] = {
        FLOOR: lambda fps: floor(kit, fps),
        OURS: lambda fps: ours(kit, house, camera, fps, gentle_s),
    }
    if "naive" in kit.peers:
        found["naive"] = lambda fps: naive(kit, fps)
    if "ustreamer" in kit.peers:
        found["ustreamer"] = lambda fps: ustreamer(kit, fps)
    return found


@contextmanager
def floor(kit: Kit, fps: float, *, core: int | None = None) -> Iterator[Target]:
    """Nothing but send(): what the kernel itself costs."""
    port = free_port()
    words = ["-f", str(kit.frames), "-r", f"{fps:g}", "-p", str(port)]
    where = kit.cores.server if core is None else core
    with Process([*kit.floor, *words], where, kit.log("floor")) as process:
        listening(process, port)
        yield Target(f"http://127.0.0.1:{port}/", process.pid)


@contextmanager
def ours(
    kit: Kit, house: House, camera: Camera, fps: float, gentle_s: float = 0.0
) -> Iterator[Target]:
    """Porchlight, all of it: a board's uplink, grant, permit, view, entry, metrics. Without TLS, as
    the others."""
    pace = ["--fps", f"{fps:g}", "--gentle", f"{gentle_s:g}"]
    with house.boards([camera], kit.frames, *pace, tls=False) as boards:
        boards.proved()
        url = house.view([camera])["streams"][0]
        yield Target(url, house.process.pid)


@contextmanager
def naive(kit: Kit, fps: float) -> Iterator[Target]:
    """FastAPI's StreamingResponse over an async generator, as tutorials have it."""
    if kit.shared is None:
        raise CommandError("naive needs ../shared/bench")
    port, peers = free_port(), str(kit.shared / "peers")
    with floor(kit, fps, core=kit.cores.load) as camera:
        env = [f"PORT={port}", f"SRC={camera.url}", f"PYTHONPATH={peers}"]
        env.append("PYTHONDONTWRITEBYTECODE=1")
        command = ["env", *env, interpreter(), f"{peers}/naive_fastapi.py"]
        with Process(command, kit.cores.server, kit.log("naive")) as process:
            listening(process, port)
            time.sleep(SETTLE_S)
            yield Target(f"http://127.0.0.1:{port}/stream", process.pid)


@contextmanager
def ustreamer(kit: Kit, fps: float) -> Iterator[Target]:
    """ustreamer as Debian packages it, shown the same pictures as a V4L2 device."""
    port, device = free_port(), kit.folder / "video0"
    device.touch()
    where = ["--host", "127.0.0.1", "-p", str(port)]
    command = [str(USTREAMER), "-d", str(device), "-m", "MJPEG", "-r", "640x480", *where]
    env = [
        f"V4L2FAKE_DEV={device}",
        f"V4L2FAKE_FRAMES={kit.frames}",
        f"V4L2FAKE_FPS={fps:g}",
        f"LD_PRELOAD={kit.tools}/v4l2fake.so",
    ]
    log = kit.log("ustreamer")
    with Process(["env", *env, *command], kit.cores.server, log) as process:
        listening(process, port)
        time.sleep(SETTLE_S)
        yield Target(f"http://127.0.0.1:{port}/stream", process.pid)


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def listening(process: Process, port: int) -> None:
    """Return once somebody accepts there; CommandError if the process ends first."""
    limit = time.monotonic() + START_S
    while time.monotonic() < limit:
        process.must_run()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(_POLL_S)
        else:
            return
    raise CommandError(f"{process.name} did not listen within {START_S:.0f} s")
