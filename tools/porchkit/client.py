"""The host's HTTP API as a resident or a hub uses it: signed requests, the host's CA pinned.

`Client` serves the commands, `AsyncClient` the demo and the sim; what both share stands above
them. A problem document becomes one error with its reason; no answer becomes HostUnreachable.
"""

import json
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from porchkit import keys, proof
from porchkit.errors import CommandError, ConsentRefused, HostUnreachable
from porchkit.streams import Event, EventReader, MjpegReader, Part, StreamError

API = "/api/v1"
TIMEOUT_S = 10.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_REFUSALS = (403, 410)
# What to do about a reason, where the host's own words cannot know it.
_ADVICE = {
    "seq-replayed": "this camera knows a newer grant already; make this one again",
    "too-many": "this camera holds as many grants as it can; revoke one first",
    "unknown-hub": "it names a hub that is not registered there; see: porchlight hub list",
    "wrong-camera": "no such camera of this resident is registered there; see: camera list",
    "unknown-key": "this key is not registered there; see: porchlight resident add --help",
    "stale-proof": "this machine's clock and the host's differ; set the clock",
}
# The host pings on its event stream every few seconds; a longer silence is a dead connection.
_QUIET = httpx.Timeout(TIMEOUT_S, read=60)


class _Signer:
    """Makes the pieces of a request that is signed with `key`; without a key, unsigned."""

    def __init__(
        self,
        base: str,
        key: keys.PrivateKey | None,
        now: Callable[[], float],
        random: Callable[[int], bytes],
    ) -> None:
        self.base = base.rstrip("/")
        self._key, self._now, self._random = key, now, random

    def prepare(self, method: str, path: str, value: object) -> tuple[str, dict[str, Any]]:
        """(url, the rest of what httpx.request wants); the body is signed as sent."""
        url = path if "://" in path else self.base + path
        body = b"" if value is None else json.dumps(value).encode()
        headers = {"Content-Type": "application/json"} if body else {}
        if self._key is not None:
            jti = self._random(proof.JTI_BYTES)
            headers["DPoP"] = proof.make(
                self._key, method, url, now=int(self._now()), jti=jti, body=body
            )
        return url, {"headers": headers, "content": body}


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
        self._signer = _Signer(base, key, now, random)
        self._http = httpx.Client(**_transport(base, ca))

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        return self._ask("GET", path, params=params)

    def post(self, path: str, value: object = None) -> Any:
        return self._ask("POST", path, value)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def events(self) -> Iterator[Event]:
        """Server-sent events as they come, without end; first one of ours, "open", once the
        host sends them."""
        url, rest = self._signer.prepare("GET", f"{API}/events", None)
        stream = self._http.stream("GET", url, timeout=_QUIET, **rest)
        with _translated(self._signer.base), stream as answer:
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
        url, rest = self._signer.prepare(method, API + path, value)
        with _translated(self._signer.base):
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
        self._signer = _Signer(base, key, now, random)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=8)
        self._http = httpx.AsyncClient(limits=limits, **_transport(base, ca))

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, value: object = None) -> Any:
        return await self._ask("POST", path, value)

    async def delete(self, path: str) -> Any:
        return await self._ask("DELETE", path)

    async def parts(self, url: str) -> AsyncIterator[Part]:
        """Pictures of a stream URL (absolute, or a path of this host) until the host ends it.

        The ticket in the URL is the authority, so the request is not signed."""
        address = url if "://" in url else self._signer.base + url
        timeout = httpx.Timeout(TIMEOUT_S, read=None)
        with _translated(self._signer.base):
            async with self._http.stream("GET", address, timeout=timeout) as answer:
                if answer.is_error:
                    await answer.aread()
                    raise problem(answer)
                reader = MjpegReader(answer.headers.get("content-type", ""))
                async for chunk in answer.aiter_bytes():
                    reader.feed(chunk)
                    while (part := reader.next_part()) is not None:
                        yield part

    async def _ask(
        self,
        method: str,
        path: str,
        value: object = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Any:
        url, rest = self._signer.prepare(method, API + path, value)
        with _translated(self._signer.base):
            answer = await self._http.request(method, url, params=params, **rest)
        return decoded(answer)


def decoded(answer: httpx.Response) -> Any:
    """The JSON of a good answer (None if empty); the error of any other."""
    if answer.is_error:
        raise problem(answer)
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise CommandError(f"{_place(answer.url)} answers, but not as a Porchlight host") from None


def problem(answer: httpx.Response) -> CommandError:
    """The error in a problem document (RFC 9457), in one line with its reason word."""
    try:
        found = answer.json()
        reason = str(found["reason"])
        line = str(found.get("detail") or found.get("title") or reason)
    except (ValueError, KeyError, TypeError, AttributeError):
        place = _place(answer.url)
        return CommandError(f"{place} answered {answer.status_code}; is it a Porchlight host?")
    line = _ADVICE.get(reason, line)
    if answer.status_code in _REFUSALS:
        return ConsentRefused(f"refused by the host: {line} ({reason})", reason)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return CommandError(f"the host does not accept this request: {line} ({reason})")
    return CommandError(f"{line} ({reason})")


@contextmanager
def _translated(base: str) -> Iterator[None]:
    """httpx's errors of the connection as ours."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise CommandError(f"{base} is no address of a host: {error}") from None
    except httpx.TransportError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise CommandError(
                f"the certificate of {base} is not from the expected CA; "
                "is --ca (or --home) that of this host?"
            ) from None
        raise HostUnreachable(
            f"no host answers at {base} ({type(error).__name__}); start it with: porchlight serve"
        ) from None
    except StreamError as error:
        raise CommandError(f"{base} sent a broken stream: {error}") from None


def _transport(base: str, ca: Path | None) -> dict[str, Any]:
    """Arguments for httpx: TLS pinned to `ca` where given, never a proxy."""
    address = urlsplit(base)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise CommandError(f"'{base}' is no address of a host; write https://NAME:8443")
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        raise CommandError("plain http is for this machine only; write https:// for another")
    settings: dict[str, Any] = {"timeout": TIMEOUT_S, "trust_env": False}
    if address.scheme == "https":
        settings["verify"] = _pinned(ca)
    return settings


def _pinned(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError):
        raise CommandError(f"{ca} is no certificate; give the host's ca.pem with --ca") from None


def _place(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"
