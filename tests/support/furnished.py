"""A host with something of everything, so that whoever asks at random also finds something."""

import asyncio
import contextlib
import random
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, Final

import requests
from requests.auth import AuthBase

from tests.support.asking import Block, claims, signed
from tests.support.clipping import CAUSE, clip_grant, keep, open_play
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, hosted
from tests.support.scenes import Board
from tests.support.signing import Signer
from tests.support.viewing import host_frame, open_view, picture

MANY: Final = 100_000
PLENTY: Final = f"""\
[quotas]
hub_opens = {MANY}
operator_opens = {MANY}
hub_searches = {MANY}
operator_searches = {MANY}
case_cameras = {MANY}
[requests]
slot_seconds = 1
"""
ENDLESS: Final = ("multipart/x-mixed-replace", "text/event-stream")


class Signed(AuthBase):
    """Signs each request, as it goes out, by this key."""

    def __init__(self, who: Signer) -> None:
        self._who = who

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert request.url is not None
        assert request.method is not None
        request.headers["DPoP"] = self._who.proof(request.method, request.url, content)
        return request


class Filming(Board):
    """A board that films as long as somebody looks."""

    def __init__(self, host: InThread, kit: Kit) -> None:
        found = host.parts.cameras.get(kit.id)
        assert found is not None
        super().__init__(found)
        self._clock = host.parts.clock
        self._number = 0
        self._jpeg = picture()

    async def film(self) -> None:
        await self._camera.attach(self)
        while True:
            for _, handle, _ in self._camera.wants:
                self._number += 1
                now = {"captured_ms": self._clock.unix_ms(), "arrived": self._clock.monotonic()}
                self._camera.on_frame(
                    host_frame(self._number, self._jpeg, boot=1, handle=handle, **now)
                )
            await asyncio.sleep(0.05)


class Furnished:
    """`known`: words that mean something here, by the name of the field that takes them."""

    def __init__(self, host: InThread) -> None:
        self.host = host
        self.ann, self.fire = host.resident(), host.hub()
        self.stranger = Signer("stranger")
        block = Block(host, ShiftedClock())
        self.kit = block.camera(self.ann)
        asked = {"hub": self.fire.thumb, "purposes": ["fire"]}
        block.caller(self.ann).put("/me/asked", asked)
        self.jti = host.grant(self.kit, self.fire, self.ann)
        seeing = clip_grant(
            host, self.kit, self.fire, self.ann, detail={"actions": ["clips", "export"]}
        )
        self.clips = [keep(host, self.kit, seeing) for _ in range(8)]
        self.filming = asyncio.run_coroutine_threadsafe(Filming(host, self.kit).film(), host.loop)
        view = open_view(host, self.fire, self.kit)
        still = open_view(host, self.fire, self.kit, action="snapshot")
        plays = [
            open_play(host, self.fire, self.clips[0]),
            open_play(host, self.ann, self.clips[0]),
        ]
        spare = [open_view(host, self.fire, self.kit)["id"] for _ in range(6)]
        self._block = block
        released = host.caller(self.fire).post(f"/clips/{self.clips[0].id}/exports", CAUSE)
        assert released.status_code == 201, released.text
        plays.append(released.json())
        request = block.ask(self.fire)
        assert request.status_code == 201, request.text
        said = claims(self.fire, host.parts.requests.host, host.parts.clock.unix())
        self.known: dict[str, list[Any]] = {
            "camera_id": [self.kit.id],
            "camera": [self.kit.id],
            "cameras": [[self.kit.id]],
            "feature_id": [self.kit.id],
            "clip_id": [clip.id for clip in self.clips[1:]],
            "request_id": [request.json()["id"]],
            "jti": [host.grant(self.kit, self.fire) for _ in range(4)],
            "view_id": spare,
            "ticket": [view["ticket"], still["ticket"], *(play["ticket"] for play in plays)],
            "resident": [self.ann.thumb],
            "hub": [self.fire.thumb],
            "path": ["0/000.p/1", "entries/000.p/1", "0/000"],
            "n": [1, 2, 3],
            "index": [0, 1, 2],
            "action": ["live", "snapshot", "clips", "export"],
            "purpose": ["fire", "own-use"],
            "purposes": [["fire"], []],
            "case": ["26-1123"],
            "reason": ["smoke"],
            "optin-case": ["26-1123"],
            "optin-purpose": ["fire"],
            "bbox": ["4.8,52.3,5,52.4"],
            "polygon": [None],
            "circle": [{"center": [4.89, 52.37], "radius_m": 500}],
            "token": [self._grant, lambda: signed(self.fire, said)],
        }

    def _grant(self) -> str:
        return self.ann.grant(self.kit.id, self.fire.thumb, seq=self.kit.next_seq())

    def put_in(self, fields: Any, chance: random.Random) -> None:
        """Put words that mean something in place of most that mean nothing."""
        if not isinstance(fields, MutableMapping):
            return
        for name in list(fields):
            values = self.known.get(name.lower())
            if values and chance.random() < 0.8:
                value = chance.choice(values)
                fields[name] = value() if callable(value) else value

    def close(self) -> None:
        self.filming.cancel()
        self._block.close()


@contextlib.contextmanager
def furnished(folder: Path) -> Iterator[Furnished]:
    """With a host of its own."""
    with (
        hosted(folder / "home", SETTINGS + PLENTY) as host,
        contextlib.closing(Furnished(host)) as made,
    ):
        yield made
