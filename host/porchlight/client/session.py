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
