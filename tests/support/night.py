"""A night on one street: a host in a process of its own is killed (SIGKILL) at any moment while a
board films, a hub looks, searches, plays, exports and asks, and the resident reads and answers.

What everybody was told and got before that is kept in Told; tests.support.morning holds the host
to it after its next start.
"""

import asyncio
import contextlib
import itertools
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.exceptions import ConnectionClosed

from accord import wire
from tests.support import asking
from tests.support.boardpeer import BoardPeer
from tests.support.clipping import CAUSE, coloured
from tests.support.hosting import Caller, Spawned, environment, handle_of
from tests.support.street import AREA, Street
from tests.support.viewing import Watcher, board_at, until

MOST_ANSWERS: Final = 4  # a board has room for eight grants
MOVING: Final = wire.FRAME_REASONS.index("motion")


class Killed(Exception):
    """What somebody waited for will not come: the host is no more."""


GONE: Final = (httpx.TransportError, ConnectionClosed, Killed)


@contextlib.asynccontextmanager
async def busy(host: Spawned, street: Street, draw: random.Random) -> AsyncIterator["Night"]:
    """Everybody does what they do until the block ends: then the host is killed."""
    async with board_at(host, street.porch, boot=next(street.boots)) as board:
        await board.watched(handle_of(street.jti))
        night = Night(host, street, draw)
        tasks = night.begin(board)
        try:
            yield night
            night.check()
            host.kill()
            night.dead.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 30)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Night:
    """What each of them does, over and over."""

    def __init__(self, host: Spawned, street: Street, draw: random.Random) -> None:
        self._host, self._street, self._draw = host, street, draw
        self._told = street.told
        self._tasks: list[asyncio.Task[None]] = []
        self.dead = asyncio.Event()

    def begin(self, board: BoardPeer) -> list[asyncio.Task[None]]:
        """All of them, each in a task of its own."""
        self._tasks = [asyncio.create_task(self._until_gone(each)) for each in self._all(board)]
        return self._tasks

    async def happened(self, more: int) -> None:
        """Wait until people got so many more pictures, answers and files."""
        enough = self._told.so_far() + more
        await until(lambda: self._told.so_far() >= enough or self._some_done(), patience_s=60)

    def check(self) -> None:
        """Nobody failed, and nobody was left alone by the host."""
        for task in self._tasks:
            if task.done():
                task.result()
                raise AssertionError("the host hung up before it was killed")

    def _some_done(self) -> bool:
        return any(task.done() for task in self._tasks)

    async def _until_gone(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it; who is done sooner waits for the end as the others do."""
        with contextlib.suppress(*GONE):
            await work
            await self.dead.wait()

    def _all(self, board: BoardPeer) -> list[Coroutine[Any, Any, None]]:
        """One of each, and a second pair of eyes."""
        return [
            self.films(board),
            *(self.looks() for _ in range(2)),
            self.searches(),
            self.plays(),
            self.exports(),
            self.asks(),
            self.reads(),
            self.answers(),
        ]

    async def films(self, board: BoardPeer) -> None:
        """Something passes twice a second, and is gone for longer than a clip waits."""
        handle, at_ms = handle_of(self._street.jti), time.time_ns() // 1_000_000
        for number in itertools.count():
            at_ms += 1_200 if number % 8 == 7 else 100
            seen = {"reason": MOVING, "score": 2_000} if number % 8 < 5 else {"score": 0}
            await board.send_frame(coloured(number % 6), handle, captured_ms=at_ms, **seen)
            await asyncio.sleep(0.03)

    async def looks(self) -> None:
        """Opens a view, watches a little, and closes it or just leaves."""
        hub = self._host.caller(self._street.fire)
        camera = self._street.porch.id
        while True:
            body = {"cameras": [camera], "action": "live", **CAUSE}
            opened = await _asked(hub, "POST", "/views", body)
            self._told.receipts += opened["receipts"]
            url = self._host.http + opened["urls"]["cameras"][camera]["stream"]
            viewer = self._told.looks[opened["id"]] = Watcher(url, self._host)
            self._told.tickets.append(url.removeprefix(self._host.http))
            count = self._draw.randint(1, 6)
            await until(_has(viewer, count))
            assert viewer.status in (0, 200), viewer.status
            if viewer.ended_at:
                raise Killed
            if self._draw.random() < 0.5:
                await asyncio.to_thread(hub.delete, f"/views/{opened['id']}")
            await viewer.leave()

    async def searches(self) -> None:
        """Who can be looked at here?"""
        hub = self._host.caller(self._street.fire)
        while True:
            found = await _asked(
                hub, "POST", "/search", {"circle": AREA, "action": "live", **CAUSE}
            )
            assert [each["id"] for each in found["features"]] == [self._street.porch.id]
            self._told.receipts += found["receipts"]
            await asyncio.sleep(self._draw.uniform(0, 0.1))

    async def plays(self) -> None:
        """Opens clips, and reads them whole."""
        hub = self._host.caller(self._street.fire)
        for _ in range(12):  # a hub has no more open at once
            clip = await self._some_clip()
            body = {"action": "clips", **CAUSE}
            play = await _asked(hub, "POST", f"/clips/{clip}/plays", body)
            self._told.tickets.append(play["urls"]["file"])
            content = await asyncio.to_thread(_fetched, self._host.http + play["urls"]["file"])
            self._told.files[play["id"]] = (clip, content)

    async def exports(self) -> None:
        """Takes clips away."""
        hub = self._host.caller(self._street.fire)
        for _ in range(3):
            clip = await self._some_clip()
            made = await _asked(hub, "POST", f"/clips/{clip}/exports", CAUSE)
            self._told.receipts.append(made["receipt"])
            content = await asyncio.to_thread(_fetched, self._host.http + made["url"])
            self._told.bundles[made["id"]] = content

    async def asks(self) -> None:
        """Asks for footage, once a run."""
        hub = self._host.caller(self._street.fire)
        name = (await _asked(hub, "GET", "/requests"))["host"]
        case = f"26-{next(self._street.cases)}"
        said = asking.claims(self._street.fire, name, int(time.time()), case=case)
        token = asking.signed(self._street.fire, said)
        made = await _asked(hub, "POST", "/requests", {"token": token})
        self._told.requests.add(made["id"])

    async def reads(self) -> None:
        """The resident reads the log and its head, and is told of the clips there are."""
        ann, told = self._host.caller(self._street.ann), self._told
        while True:
            path = f"/log/{self._street.ann.thumb}/checkpoint"
            told.heads.append((await asyncio.to_thread(ann.get, path)).text)
            after = max(told.entries, default=0)
            page = (await asyncio.to_thread(ann.get, "/entries", after=after)).json()
            told.entries |= {entry["n"]: entry for entry in page["entries"]}
            rows = (await _asked(ann, "GET", "/clips"))["clips"]
            told.clips |= {row["id"]: row for row in rows}
            await asyncio.sleep(self._draw.uniform(0, 0.1))

    async def answers(self) -> None:
        """The resident says yes to some requests, no to others."""
        ann, kit = self._host.caller(self._street.ann), self._street.porch
        while True:
            asked = (await _asked(ann, "GET", "/me/requests"))["requests"]
            for row in [row for row in asked if row["state"] == "open"]:
                path = f"/me/requests/{row['id']}"
                if len(self._told.answers) >= MOST_ANSWERS or self._draw.random() < 0.5:
                    await asyncio.to_thread(ann.post, f"{path}/deny")
                    continue
                times = {"nbf": row["begins"], "exp": row["begins"] + 3_600}
                detail = {"actions": ["clips"], "purposes": ["fire"]}
                token = self._street.ann.grant(
                    kit.id, self._street.fire.thumb, seq=kit.next_seq(), detail=detail,
                    req=row["id"], **times,
                )  # fmt: skip
                given = await _asked(ann, "POST", f"{path}/approve", {"token": token})
                self._told.answers.add(given["grant"])
            await asyncio.sleep(self._draw.uniform(0, 0.3))

    async def _some_clip(self) -> str:
        await until(lambda: self._told.clips or self.dead.is_set(), patience_s=60)
        if not self._told.clips:
            raise Killed
        return self._draw.choice(sorted(self._told.clips))


async def killed_while_starting(home: Path, after_s: float) -> bool:
    """Start a host and kill it `after_s` later; whether it had got as far as to serve."""
    run_file = home / "run.json"
    run_file.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "porchkit.cli", "serve", "--home", str(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    await asyncio.sleep(after_s)
    assert process.returncode is None, "it could not start"
    process.kill()
    await process.wait()
    return run_file.exists()


async def _asked(caller: Caller, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """The answer to what must succeed."""
    answer = await asyncio.to_thread(caller.ask, method, path, body)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return dict(answer.json())


def _fetched(url: str) -> bytes:
    answer = httpx.get(url, timeout=20, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.content


def _has(viewer: Watcher, count: int) -> Callable[[], bool]:
    return lambda: len(viewer.parts) >= count or viewer.ended_at > 0
