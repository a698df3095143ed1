"""A hub's connections to one host."""

import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from porchlight.client.errors import problem
from porchlight.client.making import API, PICTURES, Maker, decoded, translated, transport
from porchlight.client.proofs import Signer
from porchlight.client.standing import Standing

Given = Mapping[str, str | int | float]


class Session:
    """`base`: https://NAME:PORT (plain http on this machine only); ValueError for anything else.
    `key`: None signs nothing. `ca`: the host's ca.pem; None: as the system trusts. `now` (unix s)
    and `random` are there for tests."""

    def __init__(
        self,
        base: str,
        key: Signer | None,
        *,
        ca: Path | None = None,
        now: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.make = Maker(base.rstrip("/"), key, now, random)
        self._standing: tuple[str, Standing] | None = None
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=8)
        self._http = httpx.AsyncClient(limits=limits, **transport(base, ca))

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def ask(
        self, method: str, path: str, value: object = None, *, params: Given | None = None
    ) -> Any:
        """The JSON of a good answer (None if it is empty); raises HubError. `path`: below API."""
        url, rest = self.make.request(method, API + path, value)
        with translated(self.make.base):
            answer = await self._http.request(method, url, params=params, **rest)
        return decoded(answer)

    async def standing(self) -> Standing:
        """What the asker is at this host, with the token it has now; asked once for each."""
        token = self.make.token
        if self._standing is None or self._standing[0] != token:
            self._standing = token, Standing.read(await self.ask("GET", "/me"))
        return self._standing[1]

    async def open_view(self, wish: dict[str, Any]) -> Any:
        """POST /views, each look signed. `wish`: cameras, action and the cause."""
        signed = (await self.standing()).view(self.make, wish)
        return await self.ask("POST", "/views", signed)

    async def open_clip(self, clip: str, what: str, wish: dict[str, Any], action: str) -> Any:
        """POST /clips/CLIP/`what` (plays, exports), signed."""
        signed = (await self.standing()).clip(self.make, clip, wish, action)
        return await self.ask("POST", f"/clips/{clip}/{what}", signed)

    @asynccontextmanager
    async def opened(
        self,
        path: str,
        *,
        signed: bool,
        params: Given | None = None,
        patience: httpx.Timeout = PICTURES,
    ) -> AsyncIterator[httpx.Response]:
        """An answer that is read as it comes, for as long as it does."""
        url, rest = self.make.request("GET", path, signed=signed)
        with translated(self.make.base):
            async with self._http.stream(
                "GET", url, params=params, timeout=patience, **rest
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                    raise problem(answer)
                yield answer
