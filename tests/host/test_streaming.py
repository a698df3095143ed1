"""Streams over HTTP: what a viewer may ask for, HEAD, seats, and the connection's own manners."""

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from porchlight.client.readers import MjpegReader
from porchlight.errors import Unavailable
from porchlight.frames import jpeg_size
from porchlight.porch import WireLimits
from porchlight.streams import mjpeg
from porchlight.streams.response import StreamResponse
from porchlight.streams.seats import FEW, LATE_S, Seats
from tests.host.test_fanout import Stage, in_virtual_time, turns
from tests.support.hosting import InThread, Kit, Signer, handle_of, hosted
from tests.support.viewing import (
    board_at,
    metric,
    open_view,
    picture,
    sending,
    stream_url,
    until,
    watching,
)

QUIET = '[listen]\naddress="127.0.0.1"\nport=0\n[page]\nport=0\n'


def asked(host: InThread, url: str, *, method: str = "GET") -> httpx.Response:
    return httpx.request(method, url, verify=host.tls(), trust_env=False, timeout=10)


def wall_url(host: InThread, opened: dict[str, Any]) -> str:
    return host.http + str(opened["urls"]["wall"])


async def test_head_is_told_what_get_would_be_and_nobody_is_shown_anything(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    view = host.parts.views.get(opened["id"], fire.thumb)
    assert view is not None
    urls = opened["urls"]["cameras"][porch.id]
    for path in (urls["stream"], opened["urls"]["wall"], urls["snapshot"]):
        answer = await asyncio.to_thread(asked, host, host.http + path, method="HEAD")
        wanted = "image/jpeg" if path.endswith(".jpg") else mjpeg.CONTENT_TYPE
        assert (answer.status_code, answer.headers["content-type"]) == (200, wanted)
        assert answer.content == b""
        assert view.streams == 0
    unknown = await asyncio.to_thread(
        asked, host, f"{host.http}/api/v1/views/{'x' * 40}/{porch.id}.mjpg", method="HEAD"
    )
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("stream", "fps=0.05"),
        ("stream", "fps=61"),
        ("stream", "fps=nan"),
        ("stream", "fps=fast"),
        ("stream", "width=79"),
        ("stream", "width=1281"),
        ("snapshot", "width=0"),
        ("wall", "width=16"),
        ("wall", "width=9999"),
        ("wall", "columns=0"),
        ("wall", "columns=9"),
        ("wall", "columns=1&large=true"),
        ("wall", "fps=0"),
    ],
)
async def test_what_makes_no_sense_is_a_problem(
    host: InThread, fire: Signer, porch: Kit, what: str, query: str
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    url = opened["urls"]["wall"] if what == "wall" else opened["urls"]["cameras"][porch.id][what]
    answer = await asyncio.to_thread(asked, host, f"{host.http}{url}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "invalid-request"


async def test_a_viewer_may_ask_for_narrower_and_for_fewer_pictures(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        url = stream_url(host, open_view(host, fire, porch), porch)
        async with (
            watching(host, url) as whole,
            watching(host, url + "?width=100") as narrow,
            watching(host, url + "?fps=2") as few,
        ):
            await board.watched(handle)
            await until(lambda: whole.status and narrow.status and few.status)
            async with sending(board, handle, every_s=0.02):
                parts = await few.got(3)
                times = few.times
                sizes = [jpeg_size(part.jpeg) for part in await narrow.got(2)]
                assert jpeg_size((await whole.got(1))[0].jpeg) == (160, 120)
    assert sizes[0] == (96, 72)
    assert times[2] - times[0] > 0.7  # two gaps of 0.5 s, one of them for jitter
    assert parts[2].sequence - parts[1].sequence > 5


async def test_a_picture_may_be_asked_for_narrower(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        url = host.http + opened["urls"]["cameras"][porch.id]["snapshot"]
        answer = await asyncio.to_thread(asked, host, url + "?width=80")
    assert jpeg_size(answer.content) == (80, 60)


async def test_a_wall_as_wide_as_was_asked(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        url = wall_url(host, open_view(host, fire, porch)) + "?width=320&columns=2"
        async with watching(host, url) as wall:
            size = jpeg_size((await wall.got(1))[0].jpeg)
    assert size == (320, 120)


async def test_the_last_picture_is_repeated_while_its_board_is_away(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    url = stream_url(host, open_view(host, fire, porch), porch)
    async with watching(host, url) as viewer:
        async with board_at(host, porch) as board:
            await board.watched(handle)
            await board.send_frame(picture(), handle)
            await viewer.got(1)
        camera = host.parts.cameras.get(porch.id)
        assert camera is not None
        await until(lambda: not camera.online)
        count = len(viewer.parts)
        parts = await viewer.got(count + 1)
        assert parts[-1].sequence == 1
        assert int(parts[-1].headers["x-repeat"]) >= 1
        host.caller(porch.owner).post(f"/grants/{jti}/revoke")
        await viewer.ended()
    async with board_at(host, porch) as board:
        assert board.told  # back again, with nothing to send


async def test_a_host_has_so_many_seats(tmp_path: Path) -> None:
    with hosted(tmp_path / "home", QUIET + "[limits]\nviewers=1\n") as host:
        fire, porch = host.hub(), host.camera(host.resident())
        handle = handle_of(host.grant(porch, fire))
        async with board_at(host, porch) as board, sending(board, handle):
            url = stream_url(host, open_view(host, fire, porch), porch)
            async with watching(host, url) as one:
                await one.got(1)
                refused = await asyncio.to_thread(asked, host, url)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
                assert refused.json()["reason"] == "too-many-viewers"
                assert metric(host, "refusals_total", what="viewer", reason="too-many-viewers")
            await until(lambda: not len(host.parts.seats))
            async with watching(host, url) as another:
                await another.got(1)


def test_nobody_new_while_the_host_is_late() -> None:
    late_s = LATE_S + 0.01
    seats = Seats(FEW + 2, lambda: late_s)
    for _ in range(FEW):  # so few cannot be why
        seats.take()
    with pytest.raises(Unavailable, match="busy") as refused:
        seats.take()
    assert refused.value.headers == {"Retry-After": "2"}
    late_s = LATE_S
    seats.take()
    seats.take()
    with pytest.raises(Unavailable, match="too-many-viewers"):
        seats.take()
    seats.leave()
    seats.take()
    assert len(seats) == FEW + 2


class Raw:
    """One connection, by hand."""

    def __init__(self, host: InThread) -> None:
        self.sock = socket.create_connection(("127.0.0.1", host.ports.http), timeout=10)
        self.host = f"127.0.0.1:{host.ports.http}"

    def ask(self, url: str, *, version: str = "1.1", more: bytes = b"") -> None:
        path = "/" + url.split("/", 3)[3]
        head = f"GET {path} HTTP/{version}\r\nHost: {self.host}\r\n\r\n".encode()
        self.sock.sendall(head + more)

    def until(self, end: bytes) -> bytes:
        got = b""
        while not got.endswith(end):
            data = self.sock.recv(65_536)
            assert data, f"it ended after {got[:200]!r}"
            got += data
        return got

    def part(self) -> None:
        """Read the stream's head and one whole part."""
        head, reader = b"", MjpegReader(mjpeg.CONTENT_TYPE)
        while b"\r\n\r\n" not in head:
            head += self.sock.recv(65_536)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        assert b"transfer-encoding" not in head.lower()
        reader.feed(head.partition(b"\r\n\r\n")[2])
        while reader.next_part() is None:
            reader.feed(self.sock.recv(65_536))

    def rest(self) -> bytes:
        got = b""
        with contextlib.suppress(ConnectionError):
            while data := self.sock.recv(65_536):
                got += data
        return got


async def test_a_stream_on_a_connection_that_asked_before(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        url = stream_url(host, open_view(host, fire, porch), porch)

        def look() -> None:
            viewer = Raw(host)
            with contextlib.closing(viewer.sock):
                viewer.ask(host.http + "/openapi.json")
                viewer.until(b"}")
                viewer.ask(url)
                viewer.part()

        await asyncio.to_thread(look)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_request_behind_a_stream_is_never_answered(
    host: InThread, fire: Signer, porch: Kit, version: str
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        view = host.parts.views.get(opened["id"], fire.thumb)
        assert view is not None
        url = stream_url(host, opened, porch)
        behind = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        viewer = Raw(host)
        with contextlib.closing(viewer.sock):
            await asyncio.to_thread(viewer.ask, url, version=version, more=behind)
            await asyncio.to_thread(viewer.part)
            await asyncio.to_thread(viewer.ask, host.http + "/openapi.json")
            assert view.streams == 1
            host.caller(porch.owner).post(f"/grants/{jti}/revoke")
            assert b"HTTP/1.1" not in await asyncio.to_thread(viewer.rest)
        await until(lambda: view.streams == 0)


async def test_a_request_half_begun_behind_a_stream_is_no_late_head(tmp_path: Path) -> None:
    limits = WireLimits(head_s=0.2)
    with hosted(tmp_path / "home", QUIET, limits=limits) as host:
        fire, porch = host.hub(), host.camera(host.resident())
        handle = handle_of(jti := host.grant(porch, fire))
        async with board_at(host, porch) as board, sending(board, handle):
            url = stream_url(host, open_view(host, fire, porch), porch)
            viewer = Raw(host)
            with contextlib.closing(viewer.sock):
                await asyncio.to_thread(viewer.ask, url, more=b"GET /openapi.json HTTP/1.1\r\n")
                await asyncio.to_thread(viewer.part)
                camera = host.parts.cameras.get(porch.id)
                assert camera is not None
                begun = camera.latest.number
                await until(lambda: camera.latest.number >= begun + 10)  # 0.5 s of pictures
                host.caller(porch.owner).post(f"/grants/{jti}/revoke")
                assert b"HTTP/1.1 408" not in await asyncio.to_thread(viewer.rest)
        assert metric(host, "garbage_total", kind="slow-head") == 0


async def test_a_viewer_that_talks_without_end_is_sent_away(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        url = stream_url(host, open_view(host, fire, porch), porch)
        viewer = Raw(host)
        with contextlib.closing(viewer.sock):
            await asyncio.to_thread(viewer.ask, url)
            await asyncio.to_thread(viewer.part)
            before = metric(host, "garbage_total", kind="chatter")
            with contextlib.suppress(ConnectionError):
                await asyncio.to_thread(viewer.sock.sendall, bytes(1_000_000))
            await until(lambda: metric(host, "garbage_total", kind="chatter") == before + 1)


class Asgi:
    """A server that offers nothing but ASGI: what it was sent, and how it says goodbye."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.left = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.open.wait()
        self.sent.append(message)

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]


@in_virtual_time
async def test_under_another_server_all_goes_through_send() -> None:
    stage, server, done = Stage(), Asgi(), []
    response = StreamResponse(stage.fanout, gap_s=0.0, done=lambda: done.append(1))
    streaming = asyncio.create_task(response({"type": "http"}, server.receive, server.send))
    await turns(8)
    stage.feed.put(1)
    await turns(8)
    server.open.clear()  # the viewer does not read
    for sequence in (2, 3, 4):
        stage.feed.put(sequence)
        await turns(8)
    server.open.set()
    await turns(8)
    assert server.sent[0]["status"] == 200
    assert server.bodies == [mjpeg.OPENING, b"1 0", b"2 0", b"4 0"]
    server.left.set()
    await streaming
    assert (done, len(stage.fanout)) == ([1], 0)


@in_virtual_time
async def test_under_another_server_nothing_is_sent_after_the_end() -> None:
    stage, server, done = Stage(), Asgi(), []
    response = StreamResponse(stage.fanout, gap_s=0.0, done=lambda: done.append(1))
    streaming = asyncio.create_task(response({"type": "http"}, server.receive, server.send))
    await turns(8)
    server.open.clear()
    stage.feed.put(1)
    await turns(8)
    stage.feed.over.set()
    server.open.set()
    await streaming
    assert server.bodies == [mjpeg.OPENING, b""]
    assert done == [1]
