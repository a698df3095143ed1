"""A neighbour of the evening: what a resident signs, says and reads, over the host's API."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from porchkit import keys, mint, places
from porchkit.client import AsyncClient
from porchkit.demo.acts import BACKDATE_S, OWN_USE, Resident
from porchkit.demo.household import Camera
from porchkit.sentences import sentence

LASTS_S = 3600
WITHIN_M = 500


@dataclass
class Neighbour:
    """`camera`: theirs; `at`: where it is, "LAT,LON"; `names`: what to call each thumb. `told`: how
    much of their log was read out already."""

    name: str
    camera: Camera
    at: str
    client: AsyncClient
    key: keys.PrivateKey
    names: dict[str, str]
    told: int = 0
    resident: Resident = field(init=False)

    def __post_init__(self) -> None:
        self.resident = Resident(self.client, self.key)

    @property
    def called(self) -> str:
        return self.name.capitalize()

    async def register(self, hub: str, purpose: str) -> None:
        """There is a camera about here; nobody may look through it."""
        wish = self._wish(hub, ("register",), purpose, LASTS_S)
        await self.resident.hand_in(wish)

    async def incident(
        self, hub: str, purpose: str, incident: str, lasts_s: int
    ) -> tuple[str, int]:
        """Live pictures for one incident, from now on and not for long; the grant's jti, and when
        it ends (unix s)."""
        wish = self._wish(hub, ("live",), purpose, lasts_s, incident=incident)
        return await self.resident.hand_in(wish), wish.ends

    async def record(self) -> None:
        """What moves before the camera is kept, for its resident alone."""
        await self.resident.hand_in(self._wish(self.resident.thumb, ("clips",), OWN_USE, LASTS_S))

    async def let_ask(self, hub: str, purpose: str) -> None:
        """This hub may ask for recordings, for this purpose."""
        await self.client.put("/me/asked", {"hub": hub, "purposes": [purpose]})

    async def asked(self) -> list[dict[str, Any]]:
        """The inbox."""
        found: list[dict[str, Any]] = (await self.client.get("/me/requests"))["requests"]
        return found

    async def looks_at(self, row: dict[str, Any]) -> bool:
        """Begin to watch their own recording of what is asked for, in private; whether it shows
        anything."""
        (clip, *_) = (await self.client.get(f"/me/requests/{row['id']}"))["clips"]
        play = await self.client.post(f"/clips/{clip['id']}/plays", {"action": "clips"})
        async with aclosing(self.client.parts(play["urls"]["stream"])) as parts:
            return bool((await anext(parts)).jpeg)

    async def answer(self, row: dict[str, Any]) -> str:
        """Say yes: a grant for what was asked, and nothing else; its jti."""
        wish = mint.Wish(
            camera=self.camera.thumb,
            audience=(row["hub"],),
            actions=tuple(row["actions"]),
            purposes=(row["purpose"],),
            starts=row["begins"],
            ends=row["begins"] + LASTS_S,
            limits={"retain_s": 30 * 86_400},
            req=row["id"],
        )
        return await self.resident.hand_in(wish, f"/me/requests/{row['id']}/approve")

    async def recorded(self, until: int) -> bool:
        """Whether they have a recording that ended before `until` (unix s), and read that in their
        log."""
        clips = (await self.client.get("/clips"))["clips"]
        ended = any(clip["ended_ms"] <= until * 1000 for clip in clips)
        return ended and await self.has("clip.recorded")

    async def entries(self) -> list[dict[str, Any]]:
        """Their whole log, oldest first."""
        return await self.resident.entries()

    async def has(self, kind: str) -> bool:
        """Whether there is such an entry in it."""
        return any(entry["type"] == kind for entry in await self.entries())

    async def news(self) -> list[dict[str, Any]]:
        """What was entered since this was asked last."""
        entries = await self.entries()
        fresh, self.told = entries[self.told :], len(entries)
        return fresh

    def reads(self, entry: dict[str, Any]) -> str:
        """An entry in the words of `porchlight log`."""
        return sentence(entry, self.names)

    def _wish(
        self, audience: str, actions: Sequence[str], purpose: str, lasts_s: int, incident: str = ""
    ) -> mint.Wish:
        """From now on."""
        now = int(time.time()) - BACKDATE_S
        shown = audience != self.resident.thumb
        return mint.Wish(
            camera=self.camera.thumb,
            audience=(audience,),
            actions=tuple(actions),
            purposes=(purpose,),
            starts=now,
            ends=now + BACKDATE_S + lasts_s,
            incident=incident,
            geo=places.geo(self.at, WITHIN_M) if shown else {},
        )
