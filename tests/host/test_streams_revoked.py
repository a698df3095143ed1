"""What a viewer that does not read is sent after a revocation: nothing, even from the kernel."""

import asyncio
import contextlib
import fcntl
import io
import os
import select
import socket
import struct
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from PIL import Image

from porchlight.streaming import StreamingProtocol
from porchlight.streams import lowat
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import InThread, Kit, Signer, handle_of
from tests.support.listening import OPENING
from tests.support.viewing import PATIENCE_S, board_at, metric, open_view, until, watching

RECEIVES = 4_096  # bytes a viewer's own kernel keeps for it: Linux makes some 6 KB of that
RESET = select.POLLERR | select.POLLHUP


def noise() -> bytes:
    """A JPEG of some 5 KB: several wait in one kernel."""
    out = io.BytesIO()
    Image.frombytes("RGB", (96, 72), os.urandom(96 * 72 * 3)).save(out, "JPEG", quality=80)
    return out.getvalue()


@contextmanager
def unreading(host: InThread, path: str, *, over_tls: bool) -> Iterator[socket.socket]:
    """The TCP socket of a viewer that asked for this and does not read, by TLS or not."""
    port = host.ports.https if over_tls else host.ports.http
    with contextlib.ExitStack() as opened:
        sock = opened.enter_context(socket.socket())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVES)
        sock.settimeout(PATIENCE_S)
        sock.connect(("127.0.0.1", port))
        raw = opened.enter_context(socket.socket(fileno=os.dup(sock.fileno())))
        if over_tls:
            sock = host.tls().wrap_socket(sock, server_hostname="127.0.0.1")
            opened.enter_context(sock)
        sock.sendall(
            OPENING.format(path=path, port=port).encode()
            if "pictures" in path
            else f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        )
        yield raw


def held(sock: socket.socket) -> int:
    """Bytes in the viewer's own receive buffer."""
    found = fcntl.ioctl(sock.fileno(), termios.FIONREAD, bytes(4))
    return int(struct.unpack("i", found)[0])


def unsent(host: InThread) -> int:
    """Bytes in the host's kernel that viewers have no room for."""
    connections = host.serving._server.server_state.connections

    def count() -> int:
        transports = [one.transport for one in connections if hasattr(one, "transport")]
        return sum(lowat.unsent(one) or 0 for one in transports if not one.is_closing())

    return host.call(count)


def ends_by_itself(sock: socket.socket) -> bool:
    """Whether the connection was reset while nobody read."""
    poll = select.poll()
    poll.register(sock, RESET)
    return any(event & RESET for _, event in poll.poll(PATIENCE_S * 1_000))


def read_all(sock: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionError):
        while data := sock.recv(65_536):
            got += data
    return got


@asynccontextmanager
async def stuck(
    host: InThread, board: BoardPeer, handle: bytes, path: str, *, over_tls: bool
) -> AsyncIterator[socket.socket]:
    """A viewer whose buffer is full, for whom more waits in the host's kernel."""
    with unreading(host, path, over_tls=over_tls) as viewer:
        await board.watched(handle)
        for _ in range(100):
            taken = metric(host, "frames_in_total")
            await board.send_frame(noise(), handle)
            await until(lambda taken=taken: metric(host, "frames_in_total") > taken)
            await asyncio.sleep(0.02)  # a wall's pace, and the wire's: what counts is asked below
            if held(viewer) >= RECEIVES and unsent(host) > 1_000:
                break
        assert unsent(host) > 1_000
        yield viewer


def url_of(opened: dict[str, Any], kit: Kit, what: str) -> str:
    urls = opened["urls"]
    return str(urls["cameras"][kit.id]["stream"] if what == "stream" else urls[what])


@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("what", ["stream", "wall", "pictures"])
async def test_what_waits_in_the_kernel_never_leaves_after_a_revocation(
    host: InThread, fire: Signer, porch: Kit, what: str, over_tls: bool
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    async with board_at(host, porch) as board:
        path = url_of(open_view(host, fire, porch), porch, what)
        async with stuck(host, board, handle, path, over_tls=over_tls) as viewer:
            await asyncio.to_thread(host.caller(porch.owner).post, f"/grants/{jti}/revoke")
            had = held(viewer)
            assert await asyncio.to_thread(ends_by_itself, viewer)
            assert len(await asyncio.to_thread(read_all, viewer)) == had


async def test_a_wall_that_shows_a_camera_whose_consent_ended_is_not_taken_later(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """The others of the wall go on: who kept up stays, who did not has to begin anew."""
    garden = host.camera(ann, "garden")
    handle, jti = handle_of(host.grant(porch, fire)), host.grant(garden, fire)
    async with board_at(host, porch) as board:
        path = url_of(open_view(host, fire, porch, garden), porch, "wall")
        async with (
            stuck(host, board, handle, path, over_tls=False) as viewer,
            watching(host, host.http + path) as other,
        ):
            await other.got(1)
            await asyncio.to_thread(host.caller(ann).post, f"/grants/{jti}/revoke")
            had = held(viewer)
            assert await asyncio.to_thread(ends_by_itself, viewer)
            assert len(await asyncio.to_thread(read_all, viewer)) == had
            await other.got(len(other.parts) + 1)


async def test_who_hangs_up_half_is_given_nothing_later(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        path = url_of(open_view(host, fire, porch), porch, "stream")
        async with stuck(host, board, handle, path, over_tls=False) as viewer:
            viewer.shutdown(socket.SHUT_WR)
            assert await asyncio.to_thread(ends_by_itself, viewer)
            assert len(await asyncio.to_thread(read_all, viewer)) < 2 * 5_000 + RECEIVES


@pytest.mark.parametrize("behind", [b"", b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
async def test_a_host_that_shuts_down_closes_what_streams_have_taken_over(
    host: InThread, fire: Signer, porch: Kit, behind: bytes
) -> None:
    host.grant(porch, fire)
    path = url_of(open_view(host, fire, porch), porch, "stream")
    connections = host.serving._server.server_state.connections

    def streaming() -> list[StreamingProtocol]:
        found = [one for one in connections if isinstance(one, StreamingProtocol)]
        return [one for one in found if one._handed_over]

    with socket.create_connection(("127.0.0.1", host.ports.http), PATIENCE_S) as viewer:
        viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() + behind)
        await until(lambda: len(host.call(streaming)) == 1)
        host.call(lambda: [one.shutdown() for one in streaming()])
        assert await asyncio.to_thread(read_all, viewer)


async def test_who_resets_right_after_asking_stole_no_ticket(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    path = url_of(opened, porch, "stream")
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    pictures = OPENING.format(path=opened["urls"]["pictures"], port=host.ports.http).encode()
    before = metric(host, "connections")
    for number in range(60):
        with socket.create_connection(("127.0.0.1", host.ports.http)) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(pictures if number % 2 else request)
        await asyncio.sleep(0)
    async with watching(host, host.http + path) as viewer:  # after all of them
        await until(lambda: viewer.status == 200)
    await until(lambda: metric(host, "connections") <= before)
    assert metric(host, "refusals_total", what="view", reason="ticket-stolen") == 0
    assert host.entries(ann, "access.refused") == []
