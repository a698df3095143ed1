"""Streams: framing, newest wins, pace, and how they end."""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from pathlib import Path

import httpx
import pytest

from accord import wire
from porchlight.client.readers import MjpegReader
from porchlight.frames import Frame
from porchlight.streams import mjpeg
from tests.support.hosting import InThread, Kit, Signer, handle_of, hosted
from tests.support.viewing import (
    board_at,
    host_frame,
    metric,
    open_view,
    picture,
    sending,
    stream_url,
    until,
    watching,
)


def test_a_part_ends_with_the_boundary_of_the_next() -> None:
    frame = host_frame(9, b"\xff\xd8jpeg", captured_ms=1_700_000_000_123, score=4)
    part = mjpeg.part(frame.jpeg, mjpeg.frame_headers(frame, "J"))
    assert part == (
        b"Content-Type: image/jpeg\r\nContent-Length: 6\r\n"
        b"X-Timestamp: 2023-11-14T22:13:20.123Z\r\nX-Sequence: 9\r\nX-Motion: 4\r\nX-Grant: J\r\n"
        b"\r\n\xff\xd8jpeg\r\n--porchlight-frame\r\n"
    )
    reader = MjpegReader(mjpeg.CONTENT_TYPE)
    reader.feed(mjpeg.OPENING + part)
    whole = reader.next_part()  # without a byte of the next part
    assert whole is not None
    assert whole.jpeg == frame.jpeg


async def test_headers_keep_caches_and_proxies_out(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        url = stream_url(host, open_view(host, fire, porch), porch)
        async with watching(host, url) as viewer:
            await viewer.got(1)
    assert viewer.headers["content-type"].startswith("multipart/x-mixed-replace; boundary=")
    assert "no-store" in viewer.headers["cache-control"]
    assert viewer.headers["x-accel-buffering"] == "no"
    assert viewer.headers["connection"] == "close"
    assert viewer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in viewer.headers


async def test_the_last_frame_comes_once_more_when_a_pause_begins(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        url = stream_url(host, open_view(host, fire, porch), porch)
        async with watching(host, url) as viewer:
            await board.watched(handle)
            await board.send_frame(picture(), handle)
            first, second = await viewer.got(2)
            marks = {"x-repeat": "1", "x-age": second.headers["x-age"]}
            assert second.headers == {**first.headers, **marks}
            assert float(second.headers["x-age"]) >= 0.1
            await board.send_frame(picture(), handle)
            await until(lambda: viewer.parts[-1].sequence == 2)
            assert "x-repeat" not in next(p for p in viewer.parts if p.sequence == 2).headers


async def test_a_pace_that_the_grant_sets_is_kept(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire, detail={"limits": {"fps": 5}}))
    async with board_at(host, porch) as board, sending(board, handle, every_s=0.02):
        url = stream_url(host, open_view(host, fire, porch), porch)
        async with watching(host, url) as viewer:
            await viewer.got(6)
    passed = viewer.times[5] - viewer.times[0]
    assert passed > 4 * 0.2  # five gaps of 0.2 s, one of them for jitter
    sequences = [part.sequence for part in viewer.parts]
    assert sequences == sorted(set(sequences))
    assert sequences[-1] - sequences[0] > 2 * len(sequences)  # newest wins: others are left out


def raw_viewer(host: InThread, url: str, *, over_tls: bool) -> socket.socket:
    """A viewer that asked, and reads when the test says so."""
    port = host.ports.https if over_tls else host.ports.http
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    if over_tls:
        sock = host.tls().wrap_socket(sock, server_hostname="127.0.0.1")
    path = url.partition("/api/")[2]
    sock.sendall(f"GET /api/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return sock


@pytest.mark.parametrize("over_tls", [False, True])
async def test_a_viewer_that_does_not_read_slows_nobody_and_gets_fresh_frames_later(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool
) -> None:
    handle = handle_of(host.grant(porch, fire))
    big = picture(1024, 768) + bytes(60_000)  # trailing bytes after a JPEG are allowed
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        slow = raw_viewer(host, stream_url(host, opened, porch), over_tls=over_tls)
        with contextlib.closing(slow):
            async with watching(host, stream_url(host, opened, porch)) as fast:
                await board.watched(handle)
                skipped = metric(host, "frames_skipped_total")
                for count in range(1, 61):
                    await board.send_frame(big, handle)
                    await fast.got(count)
                seen = await asyncio.to_thread(read_sequences, slow, last=60)
    assert metric(host, "frames_skipped_total") > skipped + 40
    assert seen[-1] == 60
    # Before the newest there is only what was under way when it stopped reading: in the socket
    # buffers of both sides (the kernel's smallest, NOTSENT_LOWAT) and one frame of the server's.
    assert len(seen) < 12


def read_sequences(sock: socket.socket, last: int) -> list[int]:
    """Read parts until the one numbered `last`: all their numbers."""
    reader: MjpegReader | None = None
    head, seen = b"", []
    while not seen or seen[-1] < last:
        data = sock.recv(65_536)
        assert data, f"the stream ended after {seen}"
        if reader is None:
            head += data
            if b"\r\n\r\n" not in head:
                continue
            data = head.partition(b"\r\n\r\n")[2]
            reader = MjpegReader(mjpeg.CONTENT_TYPE)
        reader.feed(data)
        while (part := reader.next_part()) is not None:
            seen.append(part.sequence)
    return seen


@pytest.mark.parametrize("over_tls", [False, True])
async def test_revocation_cuts_off_a_viewer_that_does_not_read(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    big = picture() + bytes(300_000)
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        slow = raw_viewer(host, stream_url(host, opened, porch), over_tls=over_tls)
        with contextlib.closing(slow):
            await board.watched(handle)
            out = metric(host, "frames_out_total")
            await board.send_frame(big, handle)
            await until(lambda: metric(host, "frames_out_total") == out + 1)
            host.caller(porch.owner).post(f"/grants/{jti}/revoke")
            got = await asyncio.to_thread(read_all, slow)
    assert len(got) < 200_000  # the rest was in the host and stayed there


@pytest.mark.parametrize("over_tls", [False, True])
async def test_revocation_cuts_off_a_picture_that_nobody_reads(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    big = picture() + bytes(300_000)
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        view = host.parts.views.get(opened["id"], fire.thumb)
        assert view is not None
        url = str(opened["urls"]["cameras"][porch.id]["snapshot"])
        slow = await asyncio.to_thread(raw_viewer, host, url, over_tls=over_tls)
        with contextlib.closing(slow):
            await board.watched(handle)
            out = metric(host, "frames_out_total")
            await board.send_frame(big, handle)
            await until(lambda: metric(host, "frames_out_total") == out + 1)
            assert slow.recv(16).startswith(b"HTTP/1.1 200")
            host.caller(porch.owner).post(f"/grants/{jti}/revoke")
            await until(lambda: view.streams == 0)
            got = await asyncio.to_thread(read_all, slow)
    assert len(got) < 200_000  # the rest was in the host and stayed there


async def test_a_picture_comes_whole(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire))
    big = picture() + bytes(300_000)
    async with board_at(host, porch) as board, asyncio.TaskGroup() as tasks:
        opened = open_view(host, fire, porch)
        url = host.https + opened["urls"]["cameras"][porch.id]["snapshot"]
        async with httpx.AsyncClient(verify=host.tls()) as client:
            asking = tasks.create_task(client.get(url))
            await board.watched(handle)
            await board.send_frame(big, handle)
            answer = await asking
    assert answer.headers["content-length"] == str(len(big))
    assert answer.content == big


def read_all(sock: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := sock.recv(65_536):
            got += data
    return got


async def test_a_viewer_that_leaves_is_let_go(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        view = host.call(lambda: host.parts.views.get(opened["id"], fire.thumb))
        assert view is not None
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await viewer.got(1)
            assert view.streams == 1
        await until(lambda: view.streams == 0)
        await board.watched(None)


@pytest.mark.parametrize("over_tls", [False, True])
async def test_viewers_that_leave_at_any_moment_leave_nothing_behind(
    host: InThread,
    fire: Signer,
    porch: Kit,
    over_tls: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle, every_s=0.005):
        opened = open_view(host, fire, porch)
        url = stream_url(host, opened, porch)
        view = host.call(lambda: host.parts.views.get(opened["id"], fire.thumb))
        assert view is not None
        for number in range(60):
            sock = await asyncio.to_thread(raw_viewer, host, url, over_tls=over_tls)
            await asyncio.sleep(number % 12 / 2_000)
            if number % 2:  # a reset instead of a goodbye
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        await until(lambda: view.streams == 0)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_a_ticket_has_a_bounded_number_of_streams(tmp_path: Path) -> None:
    text = '[listen]\naddress="127.0.0.1"\nport=0\n[page]\nport=0\n[views]\nstreams_per_view=2\n'
    with hosted(tmp_path / "home", text) as host:
        fire, porch = host.hub(), host.camera(host.resident())
        handle = handle_of(host.grant(porch, fire))
        async with board_at(host, porch) as board, sending(board, handle):
            url = stream_url(host, open_view(host, fire, porch), porch)
            async with watching(host, url) as one, watching(host, url) as two:
                await one.got(1)
                await two.got(1)
                async with watching(host, url) as three:
                    await three.ended()
                    assert three.status == 429


async def test_stopping_the_host_ends_streams_and_views_promptly(tmp_path: Path) -> None:
    text = '[listen]\naddress="127.0.0.1"\nport=0\n[page]\nport=0\n'
    with hosted(tmp_path / "home", text) as host:
        ann = host.resident()
        fire, porch = host.hub(), host.camera(ann)
        handle = handle_of(host.grant(porch, fire))
        async with board_at(host, porch) as board, sending(board, handle):
            url = stream_url(host, open_view(host, fire, porch), porch)
            async with watching(host, url) as viewer:
                await viewer.got(1)
                began = time.monotonic()
                host.serving.stop()
                await viewer.ended()
                assert time.monotonic() - began < 1.0
                assert await board.dismissed() == ""
                assert board.socket.close_code == 1012  # service restart: come back
        await until(lambda: not host.loop.is_running())
    with hosted(tmp_path / "home", text) as again:
        closed = again.entries(ann, "view.close")
        assert [entry["reason"] for entry in closed] == ["host-stopped"]


async def test_pre_roll_on_its_way_is_not_for_who_looks_only_now(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    """The seconds before a motion come in one burst; who comes amid it is shown none of them."""
    handle = handle_of(host.grant(porch, fire))
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    async with board_at(host, porch) as board:

        async def sent(reason: str, ago_ms: int = 0) -> int:
            """Send a frame that was taken so long ago; its number, once it is in the slot."""
            taken_ms, code = time.time_ns() // 1_000_000 - ago_ms, wire.FRAME_REASONS.index(reason)
            frame = await board.send_frame(picture(), handle, captured_ms=taken_ms, reason=code)
            await until(lambda: camera.latest.latest and is_last(camera.latest.latest))
            return frame.sequence

        def is_last(frame: Frame) -> bool:
            return frame.sequence == board.sequence

        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)):
            await board.watched(handle)
            await sent("learning")
            await sent("pre-roll", 3_000)
            late = open_view(host, fire, porch)
            async with watching(host, stream_url(host, late, porch)) as second:
                await until(lambda: second.status)
                await sent("pre-roll", 2_900)
                await sent("pre-roll", 1_500)
                moved = await sent("motion")
                assert (await second.got(1))[0].sequence == moved
