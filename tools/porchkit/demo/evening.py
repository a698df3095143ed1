"""The evening of `porchlight demo --story`: one street, one fire, and all that consent means there.

Three neighbours have a camera. The fire brigade may learn that there are cameras, and no more; then
one of them opens theirs for an incident, which ends by itself; then recordings are asked for, and
one answers while another keeps silent. Every step must stand in the logs of those it concerns,
and in nobody else's: that is part of whether it holds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from porchkit.demo import commands
from porchkit.demo.cast import Cast
from porchkit.demo.household import Street
from porchkit.demo.household import Wanted as Place
from porchkit.demo.neighbour import Neighbour
from porchkit.demo.recordings import Asking, until
from porchkit.errors import CommandError
from porchlight.client import Circle, HubError, Refused, View, Why

LAT, LON = 52.3676, 4.9041
AREA = Circle(LAT, LON, 400)
CAMERAS = (
    Place("porch", "Front porch", "sam", f"{LAT},{LON}"),
    Place("garden", "Garden gate", "kim", f"{LAT + 0.0002},{LON}"),
    Place("drive", "Driveway", "lee", f"{LAT},{LON + 0.0003}"),
)
SETTINGS = """
[clips]
quiet_seconds = 2
pre_roll_seconds = 1
longest_seconds = 5

[requests]
slot_seconds = 1
"""
STREET = Street(CAMERAS, SETTINGS)
WHY = Why("2026-1170", "fire", "smoke over the roofs")
INCIDENT_S = 8
PICTURES = 3  # how many are a view
SOON_S = 1.0  # after its end nothing may come later than this
PATIENCE_S = 20.0
Act = Callable[[], Awaitable[None]]


class Evening:
    """Told once."""

    def __init__(self, cast: Cast) -> None:
        self._cast, self._hub = cast, cast.hub
        self._sam, self._kim = cast.sam, cast.kim
        self._ends = 0  # the incident grant, unix s

    async def run(self) -> None:
        """Every step in order; one that cannot go on ends the evening as a failed step."""
        acts: tuple[Act, ...] = (
            self._they_register,
            self._the_hub_searches,
            self._a_look_is_refused,
            self._sam_opens_for_an_incident,
            self._the_hub_looks_until_it_ends,
            self._nothing_afterwards,
            Asking(self._cast, AREA, WHY).run,
            self._the_logs_hold,
        )
        try:
            for act in acts:
                await act()
        except (CommandError, HubError, TimeoutError, OSError) as error:
            self._cast.report.step("goes on", False, str(error) or "something took too long")

    async def _they_register(self) -> None:
        for each in self._cast.all:
            await each.register(self._cast.thumb, WHY.purpose)
        for each in (self._sam, self._kim):
            await each.let_ask(self._cast.thumb, WHY.purpose)
            await each.record()
        await until(self._recording, PATIENCE_S)
        await self._cast.told(
            "registered",
            True,
            "Sam, Kim and Lee let the fire brigade know that there are cameras, and let nobody "
            "look; Sam and Kim record what moves, for themselves",
            sam=("grant.seen", "asked.set", "recording.begun"),
            kim=("grant.seen", "asked.set", "recording.begun"),
            lee=("grant.seen",),
        )

    async def _recording(self) -> bool:
        return all([await each.has("recording.begun") for each in (self._sam, self._kim)])

    async def _the_hub_searches(self) -> None:
        found = await self._hub.search(AREA, WHY)
        known = {each.camera.thumb for each in self._cast.all}
        labels = {each.label for each in found} - {""}
        hidden = not labels and not known & {each.camera for each in found}
        await self._cast.told(
            "searched",
            len(found) == len(self._cast.all) and all(one.registered for one in found) and hidden,
            f"The fire brigade searches the street: {len(found)} cameras, each a pseudonym "
            f"somewhere within {max((one.accuracy_m for one in found), default=0)} m",
            sam=("search",),
            kim=("search",),
            lee=("search",),
        )

    async def _a_look_is_refused(self) -> None:
        why = await self._refusal(self._sam)
        await self._cast.told(
            "refused",
            why == "no-grant",
            f"The fire brigade tries to look through Sam's camera all the same: refused ({why})",
            sam=("access.refused",),
        )

    async def _refusal(self, whom: Neighbour) -> str:
        """The reason word for which the hub may not look; "" if it may."""
        try:
            async with self._hub.view([whom.camera.thumb], WHY):
                return ""
        except Refused as refused:
            return refused.reason

    async def _sam_opens_for_an_incident(self) -> None:
        granted = await self._sam.incident(self._cast.thumb, WHY.purpose, WHY.case, INCIDENT_S)
        jti, self._ends = granted
        board = await self._sam.resident.board_says(jti, "held", INCIDENT_S)
        found = await self._hub.search(AREA, WHY)
        shown = [one.camera for one in found if not one.registered]
        await self._cast.told(
            "opened",
            board == "held" and shown == [self._sam.camera.thumb],
            f"Sam smells smoke and opens the front porch for this incident, {INCIDENT_S} seconds; "
            f"the board itself has checked it ({board}), and the fire brigade finds that one "
            "camera",
            sam=("grant.seen", "search"),
        )

    async def _the_hub_looks_until_it_ends(self) -> None:
        async with self._hub.view([self._sam.camera.thumb], WHY) as view:
            await self._cast.told(
                "entered",
                len(view.receipts) == 1,
                "The fire brigade opens the porch; before the first picture the look stands in "
                "Sam's log, and the fire brigade holds the host's signed word for it",
                sam=("view.open",),
            )
            taken = await self._watch(view)
        over = time.time() - self._ends
        late = [at for at in taken if at >= self._ends]
        await self._cast.told(
            "ended",
            len(taken) >= PICTURES and not late and 0 <= over < SOON_S,
            f"It sees {len(taken)} pictures. Then the {INCIDENT_S} seconds are over and it ends by "
            f"itself, {over * 1000:.0f} ms later; {len(late)} pictures are from after that",
            sam=("view.close",),
        )

    async def _watch(self, view: View) -> list[float]:
        """When each picture was taken (unix s), until there are no more."""
        taken = []
        async with asyncio.timeout(INCIDENT_S + PATIENCE_S):
            async for picture in view.pictures(self._sam.camera.thumb):
                if not picture.repeated:
                    taken.append(datetime.fromisoformat(picture.taken).timestamp())
        return taken

    async def _nothing_afterwards(self) -> None:
        why = await self._refusal(self._sam)
        await self._cast.told(
            "closed",
            why == "expired",
            f"The fire brigade asks for more: refused ({why})",
            sam=("access.refused",),
        )

    async def _the_logs_hold(self) -> None:
        for each in self._cast.all:
            words = ("log", "verify", "--resident", each.name)
            code, said = await asyncio.to_thread(commands.typed, *words, home=self._cast.home)
            verdict = " ".join(said.split("\n"))
            name = f"log of {each.name}"
            self._cast.report.step(name, code == 0, f"porchlight log verify: {verdict}")
