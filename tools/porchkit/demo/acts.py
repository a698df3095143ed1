"""What the people of the demo do: the resident grants and takes back, the hub asks to look."""

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from accord.grant import PURPOSES
from porchkit import keys, mint
from porchkit.client import AsyncClient
from porchkit.demo.household import Camera
from porchkit.errors import ConsentRefused

CASE, PURPOSE, REASON = "DEMO-1", "emergency", "smoke reported in the street"
OWN_USE = "own-use"
FOR_HUBS = tuple(purpose for purpose in PURPOSES if purpose != OWN_USE)
BACKDATE_S = 5  # as the `grant` command does
POLL_S = 0.05


class Resident:
    """The resident at work, over the host's API."""

    def __init__(self, client: AsyncClient, key: keys.PrivateKey) -> None:
        self.client, self._key = client, key
        self.thumb = keys.thumb(key.public_key())
        self._seq: dict[str, int] = {}

    async def grant(self, camera: Camera, audience: Sequence[str], lasts_s: int) -> str:
        """Allow live pictures and snapshots: for every purpose to a hub, for own use to the
        resident; the grant's jti."""
        now = int(time.time()) - BACKDATE_S
        wish = mint.Wish(
            camera=camera.thumb,
            audience=tuple(audience),
            actions=("live", "snapshot"),
            purposes=(OWN_USE,) if self.thumb in audience else FOR_HUBS,
            starts=now,
            ends=now + lasts_s,
        )
        return await self.hand_in(wish)

    async def hand_in(self, wish: mint.Wish, path: str = "/grants") -> str:
        """Sign what is wished for, and post it there; the grant's jti."""
        now = int(time.time()) - BACKDATE_S
        seq = self._seq[wish.camera] = mint.next_seq(self._seq.get(wish.camera, 0), now)
        made = mint.mint(wish, self._key, seq=seq, now=now, random=os.urandom)
        await self.client.post(path, {"token": made.token.decode()})
        return made.jti

    async def revoke(self, jti: str) -> None:
        """Take it back; returns when the host has answered."""
        await self.client.post(f"/grants/{jti}/revoke")

    async def board_says(self, jti: str, word: str, limit_s: float) -> str:
        """The board's word about a grant once it is `word`, or whatever it is after `limit_s`."""
        limit = time.monotonic() + limit_s
        while True:
            said = str((await self.client.get(f"/grants/{jti}"))["board"])
            if said == word or time.monotonic() > limit:
                return said
            await asyncio.sleep(POLL_S)

    async def entries(self) -> list[dict[str, Any]]:
        """The whole log, oldest first."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["n"] if found else 0
            page = (await self.client.get("/entries", {"after": after, "limit": 500}))["entries"]
            if not page:
                return found
            found += page


class Hub:
    """The operator at the hub."""

    def __init__(self, client: AsyncClient, key: keys.PrivateKey) -> None:
        self.client = client
        self.thumb = keys.thumb(key.public_key())

    async def open(self, cameras: Sequence[Camera], **changes: str) -> dict[str, Any]:
        """Open a live view; ConsentRefused or CommandError if the host says no."""
        wish = {"action": "live", "case": CASE, "purpose": PURPOSE, "reason": REASON, **changes}
        ids = [camera.thumb for camera in cameras]
        found: dict[str, Any] = await self.client.open_view({"cameras": ids, **wish})
        return found

    async def refusal(self, cameras: Sequence[Camera]) -> str:
        """Try to look; the reason word of the refusal, "" if there was none."""
        try:
            await self.open(cameras)
        except ConsentRefused as refused:
            return refused.reason
        return ""
