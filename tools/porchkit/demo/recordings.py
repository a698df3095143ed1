"""The evening's second half: recordings are asked for, allowed by one, taken away, and checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from porchkit.demo import commands
from porchkit.demo.cast import Cast
from porchkit.demo.neighbour import Neighbour
from porchlight.client import Circle, Problem, Wanted, Why

WINDOW_S = 15 * 60  # the shortest that may be asked for
ASKED_S, RELEASED_S, CLIP_S = 15.0, 30.0, 30.0
POLL_S = 0.1


async def until(holds: Callable[[], Awaitable[bool]], limit_s: float) -> None:
    """Wait; TimeoutError when it does not hold within `limit_s` seconds."""
    async with asyncio.timeout(limit_s):
        while True:
            if await holds():
                return
            await asyncio.sleep(POLL_S)


class Asking:
    """What the hub asks for, and what becomes of it."""

    def __init__(self, cast: Cast, area: Circle, why: Why) -> None:
        self._cast, self._hub, self._report = cast, cast.hub, cast.report
        self._sam, self._kim = self._two = cast.sam, cast.kim
        self._area, self._why = area, why
        self._until = 0  # the end of what is asked for, unix s
        self._request = ""
        self._bundle = Path()

    async def run(self) -> None:
        """Every step in order."""
        await self._they_are_asked()
        await self._one_answers()
        await self._a_clip_is_taken()
        await self._it_is_checked()
        await self._a_report()

    async def _they_are_asked(self) -> None:
        await until(self._both_recorded, CLIP_S)
        window = (self._until - WINDOW_S, self._until)
        wanted = Wanted(self._area, self._why, window, ("clips", "export"))
        self._request = await self._hub.request(wanted)
        await until(self._both_asked, ASKED_S)
        lee = await self._cast.lee.asked()
        await self._cast.told(
            "asked",
            not lee,
            "The fire brigade asks the street for recordings of the last quarter of an hour; it is "
            "not told whom that reaches: Sam and Kim, not Lee, who never said they may ask",
            sam=("request.received",),
            kim=("request.received",),
        )

    async def _both_recorded(self) -> bool:
        """Both have a recording of before now, and read in their logs that they do."""
        self._until = int(time.time())
        return all([await each.recorded(self._until) for each in self._two])

    async def _both_asked(self) -> bool:
        return all([await each.asked() for each in self._two])

    async def _one_answers(self) -> None:
        (asked,) = await self._sam.asked()
        early = await self._seen_of(self._sam)
        looked = await self._sam.looks_at(asked)
        (asked,) = await self._sam.asked()  # when a yes may begin has moved on meanwhile
        jti = await self._sam.answer(asked)
        await until(self._heard, RELEASED_S)
        answers = await self._hub.approvals(self._request)
        said = str(await self._hub.ask("GET", f"/requests/{self._request}"))
        silent = self._kim.camera.thumb not in said and self._kim.resident.thumb not in said
        kim = await self._kim.has("request.approved") or await self._kim.has("request.denied")
        await self._cast.told(
            "answered",
            answers == {self._sam.camera.thumb: jti} and looked and not (early or kim) and silent,
            "Sam looks at the recording in private, and says yes; Kim says nothing, and that looks "
            "to the fire brigade as if there were no Kim",
            sam=("clip.played", "request.approved"),
        )

    async def _heard(self) -> bool:
        return bool(await self._hub.approvals(self._request))

    async def _seen_of(self, whom: Neighbour) -> list[str]:
        return [clip.id for clip in await self._hub.clips(whom.camera.thumb, self._why)]

    async def _a_clip_is_taken(self) -> None:
        found, others = await self._seen_of(self._sam), await self._seen_of(self._kim)
        if not found:
            self._report.step("taken", False, "no recording is listed for the fire brigade")
            return
        folder = self._cast.home.parent / "brigade"
        await asyncio.to_thread(folder.mkdir, exist_ok=True)
        self._bundle = await self._hub.export(found[0], self._why, folder)
        size = (await asyncio.to_thread(self._bundle.stat)).st_size
        await self._cast.told(
            "taken",
            not others,
            f"The fire brigade is told of {len(found)} of Sam's recordings and none of Kim's, and "
            f"takes one away: {size // 1024} KB with everything that proves it",
            sam=("search", "clip.released"),
        )

    async def _it_is_checked(self) -> None:
        changed = self._bundle.with_name("changed.zip")
        await asyncio.to_thread(_change_one_byte, self._bundle, changed)
        code, said = await self._verify(self._bundle)
        other, _ = await self._verify(changed)
        self._report.step(
            "verified",
            code == 0 and said.endswith("Trusted") and other == commands.NOT_TRUSTED,
            f"porchlight verify, which asks nobody, says of it: {said.splitlines()[-1]}; "
            f"and of the same with one byte changed: {'not trusted' if other else 'Trusted'}",
        )

    async def _verify(self, bundle: Path) -> tuple[int, str]:
        """What somebody sees who has the resident's thumb, the host's CA and the file."""
        away = self._cast.home.parent / "court"
        who = ("--resident", self._sam.resident.thumb, "--ca", str(self._cast.home / "ca.pem"))
        return await asyncio.to_thread(commands.typed, "verify", str(bundle), *who, home=away)

    async def _a_report(self) -> None:
        """A quarter that is not over has no report: what happened tonight is in the next."""
        quarter = quarter_of(time.gmtime())
        try:
            await self._hub.ask("GET", f"/transparency/{quarter}")
            why = ""
        except Problem as problem:
            why = problem.reason
        self._report.step(
            "reported",
            why == "no-report",
            f"Tonight will be counted in the report of {quarter}, which everybody can read once "
            "that quarter is over, and nobody before",
        )


def quarter_of(now: time.struct_time) -> str:
    """ "2026-Q4"."""
    return f"{now.tm_year}-Q{(now.tm_mon + 2) // 3}"


def _change_one_byte(source: Path, target: Path) -> None:
    """In the middle of the recording, which is most of the file."""
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
