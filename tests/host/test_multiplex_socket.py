"""The page's socket at a running host: what goes down it, to whom, and how it ends."""

import asyncio
import contextlib
import socket
import struct
from pathlib import Path

import httpx
import pytest

from porchlight.pagesocket import PageSocket
from porchlight.porch import WireLimits
from tests.support.hosting import InThread, Kit, Signer, handle_of, hosted
from tests.support.listening import (
    OPENING,
    Frames,
    listening,
    raw_viewer,
    read_all,
    read_until,
    refused,
)
from tests.support.viewing import (
    PATIENCE_S,
    board_at,
    metric,
    open_view,
    picture,
    sending,
    until,
    watching,
)

SETTINGS = '[listen]\naddress="127.0.0.1"\nport=0\n[page]\nport=0\n[views]\noverlay=false\n'


@pytest.fixture
def garden(host: InThread, ann: Signer) -> Kit:
    return host.camera(ann, "garden")


@pytest.mark.parametrize("over_tls", [False, True])
async def test_the_pictures_of_all_cameras_come_down_one_socket(
    host: InThread, fire: Signer, porch: Kit, garden: Kit, over_tls: bool
) -> None:
    handles = [handle_of(host.grant(kit, fire)) for kit in (porch, garden)]
    async with board_at(host, porch) as one, board_at(host, garden) as two:
        opened = open_view(host, fire, porch, garden)
        async with listening(host, opened, over_tls=over_tls) as viewer:
            await one.watched(handles[0])
            await two.watched(handles[1])
            big = picture() + bytes(70_000)
            out = metric(host, "frames_out_total")
            sent = [
                await one.send_frame(picture(), handles[0], score=7),
                await two.send_frame(big, handles[1]),
            ]
            await viewer.until(lambda: len(viewer.seen) == 2)
        assert metric(host, "frames_out_total") == out + 2
    assert viewer.said[0] == {"cameras": [porch.id, garden.id]}
    assert viewer.told("now")
    by_camera = sorted(viewer.seen, key=lambda message: message.index)
    for index, (message, frame) in enumerate(zip(by_camera, sent, strict=True)):
        assert (message.version, message.index, message.flags) == (1, index, 0)
        assert message.jpeg == frame.jpeg
        assert message.sequence == frame.sequence
        assert message.captured_ms == frame.captured_ms
    assert by_camera[0].score == 7


async def test_a_revocation_ends_one_camera_and_no_other(
    host: InThread, fire: Signer, porch: Kit, garden: Kit
) -> None:
    jtis = [host.grant(kit, fire) for kit in (porch, garden)]
    handles = [handle_of(jti) for jti in jtis]
    async with (
        board_at(host, porch) as one,
        board_at(host, garden) as two,
        sending(one, handles[0], every_s=0.01),
        sending(two, handles[1], every_s=0.01),
        listening(host, open_view(host, fire, porch, garden)) as viewer,
    ):
        await viewer.until(lambda: {m.index for m in viewer.seen} == {0, 1})
        await asyncio.to_thread(host.caller(porch.owner).post, f"/grants/{jtis[0]}/revoke")
        await viewer.until(lambda: viewer.told("over"))
        before, others = len(viewer.sequences(0)), len(viewer.sequences(1))
        assert viewer.told("over") == [{"over": 0, "reason": "revoked"}]
        await viewer.until(lambda: len(viewer.sequences(1)) > others + 5)
        assert len(viewer.sequences(0)) == before
        await asyncio.to_thread(host.caller(porch.owner).post, f"/grants/{jtis[1]}/revoke")
        assert await viewer.closed() == 1000
    assert viewer.told("over")[1:] == [{"over": 1, "reason": "revoked"}]


async def test_a_camera_whose_look_is_over_is_told_to_who_comes_later(
    host: InThread, fire: Signer, porch: Kit, garden: Kit
) -> None:
    jti = host.grant(porch, fire)
    handle = handle_of(host.grant(garden, fire))
    async with board_at(host, garden) as board, sending(board, handle):
        opened = open_view(host, fire, porch, garden)
        host.caller(porch.owner).post(f"/grants/{jti}/revoke")
        async with listening(host, opened) as viewer:
            await viewer.until(lambda: viewer.seen)
    assert viewer.said[:2] == [
        {"cameras": [porch.id, garden.id]},
        {"over": 0, "reason": "revoked"},
    ]


async def test_closing_the_view_closes_its_socket_and_the_source_stops(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        view = host.parts.views.get(opened["id"], fire.thumb)
        assert view is not None
        async with listening(host, opened) as viewer:
            await viewer.until(lambda: viewer.seen)
            assert view.streams == 1
            await asyncio.to_thread(host.caller(fire).delete, f"/views/{opened['id']}")
            assert await viewer.closed() == 1000
            assert viewer.told("over") == [{"over": 0, "reason": "closed"}]
        await until(lambda: view.streams == 0)
        await board.watched(None)


async def test_a_viewer_that_leaves_is_let_go(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        view = host.parts.views.get(opened["id"], fire.thumb)
        assert view is not None
        async with listening(host, opened) as viewer:
            await viewer.until(lambda: viewer.seen)
        await until(lambda: view.streams == 0)
        await board.watched(None)


async def test_a_pace_that_the_grant_sets_is_kept(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire, detail={"limits": {"fps": 5}}))
    async with (
        board_at(host, porch) as board,
        sending(board, handle, every_s=0.02),
        listening(host, open_view(host, fire, porch)) as viewer,
    ):
        began = asyncio.get_running_loop().time()
        await viewer.until(lambda: len(viewer.seen) >= 6)
        passed = asyncio.get_running_loop().time() - began
    assert passed > 4 * 0.2  # five gaps, one of them for jitter
    sequences = viewer.sequences(0)
    assert sequences == sorted(set(sequences))
    assert sequences[-1] - sequences[0] > 2 * len(sequences)


async def test_the_document_says_how_to_listen(host: InThread) -> None:
    async with httpx.AsyncClient(base_url=host.http, trust_env=False) as client:
        described = (await client.get("/openapi.json")).json()["info"]["description"]
    assert "/api/v1/views/{ticket}/pictures" in described
    for word in ("cameras", "over", "now", "Origin", "1000"):
        assert word in described


# Who may listen


async def test_who_may_not_listen(
    host: InThread, fire: Signer, porch: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    host.grant(porch, fire)
    unknown = {"urls": {"pictures": "/api/v1/views/" + "x" * 43 + "/pictures"}}
    assert await refused(host, unknown) == (404, "no-view")
    opened = open_view(host, fire, porch)
    assert await refused(host, opened, local_addr=("127.0.0.2", 0)) == (403, "ticket-stolen")
    still = open_view(host, fire, porch, action="snapshot")
    assert await refused(host, still) == (403, "action-not-granted")
    host.caller(fire).delete(f"/views/{opened['id']}")
    assert await refused(host, opened) == (410, "ticket-expired")
    assert caplog.records == []


async def test_a_page_of_another_origin_may_not_listen(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    port = host.ports.http
    for origin in (
        "http://evil.example",
        f"http://localhost:{port}",
        f"https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "null",
        "",
    ):
        with_origin = {"additional_headers": {"Origin": origin}}
        assert await refused(host, opened, **with_origin) == (403, "wrong-origin"), origin
    for over_tls, own in ((False, host.http), (True, host.https)):
        async with listening(host, opened, over_tls=over_tls, origin=own) as viewer:
            await viewer.until(lambda viewer=viewer: viewer.told("cameras"))


async def test_a_strangers_name_for_this_machine_opens_nothing(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    """Another's page whose name was made to point here has an origin like its Host."""
    host.grant(porch, fire)
    path = open_view(host, fire, porch)["urls"]["pictures"]
    port = host.ports.http
    request = OPENING.format(path=path, port=port).replace("127.0.0.1", "evil.example")
    request = request.replace("\r\n\r\n", f"\r\nOrigin: http://evil.example:{port}\r\n\r\n")
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), 10)) as sock:
        sock.sendall(request.encode())
        assert (await asyncio.to_thread(sock.recv, 4_096)).startswith(b"HTTP/1.1 421 ")


async def test_a_socket_counts_among_the_streams_of_a_view(tmp_path: Path) -> None:
    with hosted(tmp_path / "home", SETTINGS + "streams_per_view=1\n") as host:
        fire, porch = host.hub(), host.camera(host.resident())
        host.grant(porch, fire)
        opened = open_view(host, fire, porch)
        async with listening(host, opened) as viewer:
            await viewer.until(lambda: viewer.told("cameras"))
            assert await refused(host, opened) == (429, "too-many-streams")


async def test_a_host_that_is_full_refuses_newcomers(tmp_path: Path) -> None:
    with hosted(tmp_path / "home", SETTINGS + "[limits]\nviewers=1\n") as host:
        fire, porch = host.hub(), host.camera(host.resident())
        host.grant(porch, fire)
        opened = open_view(host, fire, porch)
        async with listening(host, opened) as viewer:
            await viewer.until(lambda: viewer.told("cameras"))
            assert await refused(host, opened) == (503, "too-many-viewers")
            async with listening(host, opened, origin=host.http) as page:  # it could not read that
                assert await page.closed() == 1013
                assert page.said == []
            view = host.parts.views.get(opened["id"], fire.thumb)
            assert view is not None
            assert view.streams == 1
        await until(lambda: view.streams == 0)
        async with listening(host, opened) as viewer:
            await viewer.until(lambda: viewer.told("cameras"))


# What a client may do


async def test_who_says_something_is_sent_away(host: InThread, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    for said, code in (("hello", 1003), (b"hello", 1003), (bytes(200), 1009)):
        before = metric(host, "garbage_total", kind="websocket")
        async with listening(host, opened) as viewer:
            await viewer.connection.send(said)
            assert await viewer.closed() == code
        assert metric(host, "garbage_total", kind="websocket") == before + 1


async def test_a_ping_is_answered(host: InThread, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire)
    async with listening(host, open_view(host, fire, porch)) as viewer:
        pong = await viewer.connection.ping(b"still there?")
        async with asyncio.timeout(PATIENCE_S):
            await pong


# Slow viewers


@pytest.mark.parametrize("over_tls", [False, True])
async def test_a_viewer_that_does_not_read_slows_nobody_and_gets_the_newest_of_each_later(
    host: InThread, fire: Signer, porch: Kit, garden: Kit, over_tls: bool
) -> None:
    handles = [handle_of(host.grant(kit, fire)) for kit in (porch, garden)]
    big = picture() + bytes(60_000)
    async with board_at(host, porch) as one, board_at(host, garden) as two:
        opened = open_view(host, fire, porch, garden)
        slow = raw_viewer(host, opened["urls"]["pictures"], over_tls=over_tls)
        with contextlib.closing(slow):
            async with listening(host, opened) as fast:
                await one.watched(handles[0])
                await two.watched(handles[1])
                skipped = metric(host, "frames_skipped_total")
                for count in range(1, 41):
                    await one.send_frame(big, handles[0])
                    await two.send_frame(big, handles[1])
                    await fast.until(lambda count=count: len(fast.seen) == 2 * count)
                seen = await asyncio.to_thread(read_until, Frames(slow), {0: 40, 1: 40})
            for index in (0, 1):
                assert seen[index] == sorted(set(seen[index]))
                assert len(seen[index]) < 10
    await until(lambda: metric(host, "frames_skipped_total") > skipped + 50)


@pytest.mark.parametrize("over_tls", [False, True])
async def test_a_revocation_cuts_off_a_picture_that_is_under_way(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    big = picture() + bytes(120_000)
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        slow = raw_viewer(host, opened["urls"]["pictures"], over_tls=over_tls)
        with contextlib.closing(slow):
            await board.watched(handle)
            out = metric(host, "frames_out_total")
            await board.send_frame(big, handle)
            await until(lambda: metric(host, "frames_out_total") == out + 1)
            host.caller(porch.owner).post(f"/grants/{jti}/revoke")
            frames = Frames(slow)
            got = await asyncio.to_thread(read_all, frames)
    assert [first for first, _ in got] == [0x81, 0x81]  # cameras, now: no picture came whole


@pytest.mark.parametrize("over_tls", [False, True])
async def test_viewers_that_leave_at_any_moment_leave_nothing_behind(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool, caplog: pytest.LogCaptureFixture
) -> None:
    handle = handle_of(host.grant(porch, fire))
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    async with board_at(host, porch) as board, sending(board, handle, every_s=0.005):
        opened = open_view(host, fire, porch)
        view = host.parts.views.get(opened["id"], fire.thumb)
        assert view is not None
        before = metric(host, "connections")
        for number in range(60):
            path = opened["urls"]["pictures"]
            sock = await asyncio.to_thread(raw_viewer, host, path, over_tls=over_tls)
            await asyncio.sleep(number % 12 / 2_000)
            if number % 2:  # a reset instead of a goodbye
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        await until(lambda: view.streams == 0)
        await until(lambda: metric(host, "connections") <= before)
        await board.watched(None)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_one_slow_socket_does_not_slow_streams(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        with contextlib.closing(raw_viewer(host, opened["urls"]["pictures"])):
            url = host.http + opened["urls"]["cameras"][porch.id]["stream"]
            async with watching(host, url) as stream:
                await board.watched(handle)
                for count in range(1, 21):
                    await board.send_frame(picture() + bytes(60_000), handle)
                    await stream.got(count)


async def test_pings_of_who_does_not_read_do_not_pile_up(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    big = picture() + bytes(300_000)
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        with contextlib.closing(raw_viewer(host, opened["urls"]["pictures"])) as slow:
            await board.watched(handle)
            await board.send_frame(big, handle)
            await until(lambda: waiting(host) > 0)
            before = waiting(host)
            ping = bytes((0x89, 0x80 | 125)) + bytes(4) + bytes(125)
            slow.sendall(ping * 12 + b"\x89\x84" + bytes(4) + b"last")
            await until(lambda: host.call(lambda: sockets(host)[0]._pong.endswith(b"last")))
            assert waiting(host) <= before
            assert await asyncio.to_thread(read_pongs, Frames(slow), b"last") == [b"last"]


@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("crumb", [b"\x89\x80" + bytes(4), b"\x8a\x80" + bytes(4), b"\0"])
async def test_a_flood_down_one_socket_is_garbage_and_stops_no_other(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool, crumb: bytes
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        async with listening(host, opened) as viewer:
            before = metric(host, "garbage_total", kind="websocket")
            path = opened["urls"]["pictures"]
            with contextlib.closing(raw_viewer(host, path, over_tls=over_tls)) as sock:
                assert await asyncio.to_thread(flood, sock, crumb)
            assert metric(host, "garbage_total", kind="websocket") == before + 1
            seen = len(viewer.seen)
            await viewer.until(lambda: len(viewer.seen) > seen)


def flood(sock: socket.socket, crumb: bytes) -> bool:
    """Send it until there is nobody to send to; False: there still is, after megabytes."""
    with contextlib.suppress(OSError):
        for _ in range(1_000):
            sock.sendall(10_000 * crumb)
        return False
    return True


def sockets(host: InThread) -> list[PageSocket]:
    """The sockets that are open."""
    connections = host.serving._server.server_state.connections
    return [one for one in list(connections) if isinstance(one, PageSocket)]


def waiting(host: InThread) -> int:
    """Bytes that viewers on sockets did not take yet."""
    return host.call(lambda: sum(one.transport.get_write_buffer_size() for one in sockets(host)))


def read_pongs(frames: Frames, last: bytes) -> list[bytes]:
    """The pongs up to this one."""
    pongs: list[bytes] = []
    while not pongs or pongs[-1] != last:
        first, payload = frames.next()
        if first == 0x8A:
            pongs.append(payload)
    return pongs


@pytest.mark.parametrize("goodbye", [b"", b"\x88\x80" + bytes(4)], ids=["silent", "says goodbye"])
async def test_who_never_takes_what_waits_is_let_go(tmp_path: Path, goodbye: bytes) -> None:
    limits = WireLimits(ping_s=0.2, tls_shutdown_s=0.2)
    with hosted(tmp_path / "home", SETTINGS, limits=limits) as host:
        fire, porch = host.hub(), host.camera(host.resident())
        handle = handle_of(host.grant(porch, fire))
        async with board_at(host, porch) as board:
            opened = open_view(host, fire, porch)
            with contextlib.closing(raw_viewer(host, opened["urls"]["pictures"])) as slow:
                await board.watched(handle)
                await board.send_frame(picture() + bytes(150_000), handle)
                await until(lambda: waiting(host) > 0)
                slow.sendall(goodbye)
                await until(lambda: not sockets(host))


async def test_stopping_the_host_ends_the_socket_promptly(tmp_path: Path) -> None:
    with hosted(tmp_path / "home", SETTINGS) as host:
        fire, porch = host.hub(), host.camera(host.resident())
        handle = handle_of(host.grant(porch, fire))
        async with (
            board_at(host, porch) as board,
            sending(board, handle),
            listening(host, open_view(host, fire, porch)) as viewer,
        ):
            await viewer.until(lambda: viewer.seen)
            began = asyncio.get_running_loop().time()
            host.serving.stop()
            assert await viewer.closed() == 1000
            assert asyncio.get_running_loop().time() - began < 1.0
            assert viewer.told("over") == [{"over": 0, "reason": "host-stopped"}]
        await until(lambda: not host.loop.is_running())


async def test_who_does_not_read_does_not_hold_up_a_host_that_stops(tmp_path: Path) -> None:
    with hosted(tmp_path / "home", SETTINGS) as host:
        fire, porch = host.hub(), host.camera(host.resident())
        handle = handle_of(host.grant(porch, fire))
        async with board_at(host, porch) as board:
            opened = open_view(host, fire, porch)
            with contextlib.closing(raw_viewer(host, opened["urls"]["pictures"])):
                await board.watched(handle)
                await board.send_frame(picture() + bytes(150_000), handle)
                await until(lambda: waiting(host) > 0)
                began = asyncio.get_running_loop().time()
                host.serving.stop()
                await until(lambda: not host.loop.is_running())
                assert asyncio.get_running_loop().time() - began < 2.5
