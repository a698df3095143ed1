"""The host taking pictures from boards: flat out, and in the small pieces of a Wi-Fi; and the C
floor doing the same without WebSocket, accord, grants and all."""

import hmac
import json
import time
from collections.abc import Sequence
from typing import Any

from porchkit.bench import stamped
from porchkit.bench.house import BoardProcess, House, seen
from porchkit.bench.kit import Kit
from porchkit.bench.processes import Process, cpu_ns
from porchkit.bench.servers import free_port, listening
from porchkit.bench.stalled import looking
from porchkit.demo.household import Camera
from porchkit.errors import CommandError

BOARDS, SLOW_BOARDS, SLOW_FPS = 16, 100, 5
PIECE = 1440
PER_VIEW = 50
_FRAMES_IN = "frames_in_total"
_LATE_S = 30.0
_WARM_S = 1.0
_MACS = 3000
Cost = dict[str, float]  # us_per_frame, frames_s, frames


def flood(kit: Kit, house: House, cameras: Sequence[Camera], frames: int, *, tls: bool) -> Cost:
    """So many frames from each of these boards, as fast as the host takes them."""
    with house.boards(cameras, kit.frames, tls=tls) as boards:
        boards.proved()
        with looking(_streams(house, cameras)):
            boards.tell(f"flood {frames}")
            count = boards.hear("ready")
            return _poured(house, boards, count)


def _poured(house: House, boards: BoardProcess, count: int) -> Cost:
    before = house.counts().of(_FRAMES_IN)
    cpu, since = cpu_ns(house.process.pid), time.monotonic()
    boards.tell("go")
    boards.hear("sent")
    seen(house, _FRAMES_IN, before + count, _LATE_S)
    seconds = time.monotonic() - since
    spent = cpu_ns(house.process.pid) - cpu
    return {"us_per_frame": spent / 1000 / count, "frames_s": count / seconds, "frames": count}


def trickle(kit: Kit, house: House, cameras: Sequence[Camera], seconds: float) -> Cost:
    """These boards at a few frames a second, in pieces a millisecond apart."""
    pace = ["--fps", str(SLOW_FPS), "--piece", str(PIECE)]
    stagger_s = 1 / SLOW_FPS
    with house.boards(cameras, kit.frames, *pace, tls=False, stagger_s=stagger_s) as boards:
        boards.proved()
        with looking(_streams(house, cameras)):
            time.sleep(_WARM_S)
            before, cpu = house.counts().of(_FRAMES_IN), cpu_ns(house.process.pid)
            time.sleep(seconds)
            spent = cpu_ns(house.process.pid) - cpu
            count = house.counts().of(_FRAMES_IN) - before
            if not count:
                raise CommandError("the host took no frame that came in pieces")
    return {"us_per_frame": spent / 1000 / count, "frames_s": count / seconds, "frames": count}


def floor(kit: Kit, seconds: float, *, slow: bool) -> Cost:
    """shalimit, flat out or in pieces. Needs the C tools."""
    words = ["-n", str(BOARDS)]
    if slow:
        words = ["-n", str(SLOW_BOARDS), "-r", str(SLOW_FPS), "-g", str(PIECE), "-G", "1000"]
    return _floor(kit, seconds, words)


def floor_of_one(kit: Kit, seconds: float, fps: float) -> Cost:
    """shalimit taking what one board sends. Needs the C tools."""
    return _floor(kit, seconds, ["-n", "1", "-r", f"{fps:g}"])


def _floor(kit: Kit, seconds: float, words: list[str]) -> Cost:
    port = free_port()
    server = [f"{kit.tools}/shalimit", str(port)]
    with Process(server, kit.cores.server, kit.log("shalimit")) as limit:
        listening(limit, port)
        given = ["-m", "raw", "-f", str(kit.frames), "-p", str(port), "-P", str(limit.pid)]
        command = [f"{kit.tools}/framepush", *given, "-d", f"{seconds:g}", *words]
        with Process(command, kit.cores.load, kit.log("framepush"), piped=True) as pushing:
            pushing.wait(seconds + _LATE_S)
            try:
                found: dict[str, Any] = json.loads(pushing.stdout.read())
            except ValueError:
                raise pushing.failed("measured nothing") from None
    us, rate = float(found["srv_us_per_frame"]), float(found["frames_s"])
    return {"us_per_frame": us, "frames_s": rate, "frames": float(found["total"])}


def mac_us(kit: Kit) -> float:
    """The MAC of a picture and nothing else, on whatever core this runs."""
    shown, key = stamped.read(kit.frames), bytes(32)
    since = time.process_time()
    for number in range(_MACS):
        hmac.digest(key, shown[number % len(shown)], "sha256")
    return (time.process_time() - since) * 1e6 / _MACS


def _streams(house: House, cameras: Sequence[Camera]) -> list[str]:
    """URLs of all these, in as many views as it takes."""
    found: list[str] = []
    for at in range(0, len(cameras), PER_VIEW):
        found += house.view(cameras[at : at + PER_VIEW])["streams"]
    return found
