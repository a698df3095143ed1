"""What stands before every route: a cap on bodies, the right host name, headers that close doors.

Plain ASGI, because it must also hold for requests that match no route.
"""

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from porchlight.api import problems
from porchlight.errors import BadRequest, RequestError, TooLarge

_ALWAYS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class _SlowBody(RequestError):
    status = 408


class _Misdirected(RequestError):
    status = 421


class BodyCap:
    """Takes a request's whole body before the app sees it, up to `most_bytes` within `seconds`."""

    def __init__(self, app: ASGIApp, most_bytes: int, seconds: float) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._take(Headers(scope=scope), receive)
        except TimeoutError:
            error: RequestError = _SlowBody("slow-body", "the body did not come in time")
            await _answer(error, scope, receive, send)
            return
        except RequestError as refused:
            await _answer(refused, scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)

    async def _take(self, headers: Headers, receive: Receive) -> bytes | None:
        """The body; None if the client left; TooLarge above the cap, said or sent."""
        declared = headers.get("content-length", "0")
        if not (declared.isascii() and declared.isdigit()):
            raise BadRequest("bad-length", "Content-Length is no number")
        if len(declared) > 12 or int(declared) > self._most_bytes:
            raise self._too_large()
        taken, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            taken += message.get("body", b"")
            if len(taken) > self._most_bytes:
                raise self._too_large()
            more = message.get("more_body", False)
        return bytes(taken)

    def _too_large(self) -> TooLarge:
        detail = f"a body may have {self._most_bytes} bytes"
        return TooLarge("too-large", detail, headers={"Connection": "close"})


class LoopbackNames:
    """Plain HTTP is answered for this machine's own names only (421 otherwise).

    A page of a stranger whose name was made to point at 127.0.0.1 gets nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope.get("scheme") in ("http", "ws"):
            host = Headers(scope=scope).get("host", "")
            if not _is_loopback(host):
                error = _Misdirected("wrong-host", "without TLS this host is called localhost")
                await _answer(error, scope, receive, send)
                return
        await self._app(scope, receive, send)


class ClosedDoors:
    """Response headers for all: no sniffing, no referrer; no answer of the API in a cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._added(scope["path"]):
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_closed)

    def _added(self, path: str) -> Iterable[tuple[str, str]]:
        yield from _ALWAYS.items()
        if path.startswith(("/api/", "/ogc")):
            yield "Cache-Control", "no-store"


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive() that gives the body once, then whatever the client does next."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"http://{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _answer(error: RequestError, scope: Scope, receive: Receive, send: Send) -> None:
    await problems.answer(HTTPConnection(scope), error)(scope, receive, send)
