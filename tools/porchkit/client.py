"""The host's HTTP API as a resident or a hub at the command line uses it: porchlight.client, with
one line for a person where that raises.

`Client` serves the commands, `AsyncClient` the demo and the sim. A problem document becomes one
error with its reason; no answer becomes HostUnreachable.
"""

import os
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from porchkit import keys
from porchkit.errors import CommandError, ConsentRefused, HostUnreachable
from porchlight.client.errors import (
    HubError,
    NoCertificate,
    Problem,
    Refused,
    Unreachable,
    WrongHost,
    problem,
)
from porchlight.client.making import API, QUIET, Maker, decoded, translated, transport
from porchlight.client.readers import Event, EventReader, MjpegReader, Part
from porchlight.client.session import Session
from porchlight.client.standing import Standing

# What to do about a reason, where the host's own words cannot know it.
_ADVICE = {
    "seq-replayed": "this camera knows a newer grant already; make this one again",
    "too-many": "this camera holds as many grants as it can; revoke one first",
    "unknown-hub": "it names a hub that is not registered there; see: porchlight hub list",
    "wrong-camera": "no such camera of this resident is registered there; see: camera list",
    "unknown-key": "this key is not registered there; see: porchlight resident add --help",
    "stale-proof": "this machine's clock and the host's differ; set the clock",
}


class Client:
    """Blocking; closes with `with`. `path` begins with a slash, below /api/v1."""

    def __init__(
        self,
        base: str,
        key: keys.PrivateKey | None,
        *,
        ca: Path | None = None,
        now: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._make = Maker(base.rstrip("/"), _signing(key), now, random)
        self._standing: Standing | None = None
        with _told():
            self._http = httpx.Client(**transport(base, ca))

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        return self._ask("GET", path, params=params)

    def fetch(self, path: str) -> bytes:
        """A GET whose answer is no JSON: as it came."""
        url, rest = self._make.request("GET", API + path)
        with _told():
            with translated(self._make.base):
                answer = self._http.request("GET", url, **rest)
            if answer.is_error:
                raise problem(answer)
        return answer.content

    def post(self, path: str, value: object = None) -> Any:
        return self._ask("POST", path, value)

    def open_view(self, wish: dict[str, Any]) -> Any:
        """POST /views, each look signed as a hub has to."""
        if self._standing is None:
            self._standing = Standing.read(self.get("/me"))
        with _told():
            signed = self._standing.view(self._make, wish)
        return self.post("/views", signed)

    def put(self, path: str, value: object) -> Any:
        return self._ask("PUT", path, value)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def events(self) -> Iterator[Event]:
        """Server-sent events as they come, without end; first one of ours, "open", once the
        host sends them."""
        url, rest = self._make.request("GET", f"{API}/events")
        stream = self._http.stream("GET", url, timeout=QUIET, **rest)
        with _told(), translated(self._make.base), stream as answer:
            if answer.is_error:
                answer.read()
                raise problem(answer)
            yield Event("open", "")
            reader = EventReader()
            for chunk in answer.iter_bytes():
                reader.feed(chunk)
                while (event := reader.next_event()) is not None:
                    yield event

    def _ask(
        self,
        method: str,
        path: str,
        value: object = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Any:
        url, rest = self._make.request(method, API + path, value)
        with _told():
            with translated(self._make.base):
                answer = self._http.request(method, url, params=params, **rest)
            return decoded(answer)


class AsyncClient:
    """The same for asyncio, with pictures; closes with `async with`."""

    def __init__(
        self,
        base: str,
        key: keys.PrivateKey | None,
        *,
        ca: Path | None = None,
        now: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        with _told():
            self._session = Session(base, _signing(key), ca=ca, now=now, random=random)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        with _told():
            return await self._session.ask("GET", path, params=params)

    async def post(self, path: str, value: object = None) -> Any:
        with _told():
            return await self._session.ask("POST", path, value)

    async def open_view(self, wish: dict[str, Any]) -> Any:
        """POST /views, each look signed as a hub has to."""
        with _told():
            return await self._session.open_view(wish)

    async def put(self, path: str, value: object) -> Any:
        with _told():
            return await self._session.ask("PUT", path, value)

    async def delete(self, path: str) -> Any:
        with _told():
            return await self._session.ask("DELETE", path)

    async def parts(self, url: str) -> AsyncGenerator[Part, None]:
        """Pictures of a stream URL (absolute, or a path of this host) until the host ends it.

        The ticket in the URL is the authority, so the request is not signed."""
        with _told():
            async with self._session.opened(url, signed=False) as answer:
                reader = MjpegReader(answer.headers.get("content-type", ""))
                async for chunk in answer.aiter_bytes():
                    reader.feed(chunk)
                    while (part := reader.next_part()) is not None:
                        yield part


def told(error: HubError | ValueError) -> CommandError:
    """The client's error as one line for whoever typed a command."""
    if isinstance(error, WrongHost):
        return CommandError(f"{error}; is --ca (or --home) that of this host?")
    if isinstance(error, Unreachable):
        return HostUnreachable(f"{error}; start it with: porchlight serve")
    if isinstance(error, NoCertificate):
        return CommandError(f"{error} with --ca")
    if not isinstance(error, Problem):
        return CommandError(str(error))
    line = f"{_ADVICE.get(error.reason, error.detail or error.reason)} ({error.reason})"
    if isinstance(error, Refused):
        return ConsentRefused(f"refused by the host: {line}", error.reason)
    if error.status == httpx.codes.UNAUTHORIZED:
        return CommandError(f"the host does not accept this request: {line}")
    return CommandError(line)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (HubError, ValueError) as error:
        raise told(error) from None


def _signing(key: keys.PrivateKey | None) -> keys.Signing | None:
    return None if key is None else keys.Signing(key)
