"""Garbage to every port: the peer is sent away in time, nothing grows, nothing is logged in anger,
and another camera's stream goes on throughout.
"""

import asyncio
import contextlib
import functools
import logging
import os
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from accord import wire
from porchlight.porch import WireLimits
from porchlight.protocols import HttpProtocol
from porchlight.sources.board import UplinkLimits
from porchlight.websocket.intake import CRUMBS, SHARE_FRAMES
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import SETTINGS, InThread, handle_of, hosted
from tests.support.viewing import (
    Watcher,
    board_at,
    metric,
    open_view,
    sending,
    stream_url,
    until,
    watching,
)

PATIENCE_S = 5.0
LIMITS = WireLimits(
    head_s=0.4,
    tls_handshake_s=0.5,
    tls_shutdown_s=0.3,
    keep_alive_s=1,
    unread_s=0.5,
    message_bytes=8_192,
    connections=60,
)
HANDSHAKE_S = 0.5


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    """A host with little patience."""
    with pytest.MonkeyPatch.context() as patch:
        impatient = functools.partial(UplinkLimits, handshake_s=HANDSHAKE_S)
        patch.setattr("porchlight.app.UplinkLimits", impatient)
        with hosted(tmp_path_factory.mktemp("garbage") / "home", limits=LIMITS) as running:
            yield running


@pytest.fixture(autouse=True)
def calm(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No traceback and no warning, whatever a peer sends."""
    caplog.set_level(logging.INFO)
    yield
    loud = [r for r in caplog.records if r.exc_info or r.levelno >= logging.WARNING]
    assert [record.getMessage() for record in loud] == []
    assert "Traceback" not in "".join(capfd.readouterr())


@asynccontextmanager
async def street_goes_on(host: InThread) -> AsyncIterator[Watcher]:
    """A board and a viewer of another camera, who must not notice anything."""
    fire, porch = host.hub(), host.camera(host.resident())
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle, every_s=0.02):
        url = stream_url(host, open_view(host, fire, porch), porch, over_tls=True)
        async with watching(host, url) as viewer:
            await viewer.got(2)
            yield viewer
            seen = len(viewer.parts)
            await viewer.got(seen + 5)
            gaps = [b - a for a, b in zip(viewer.times, viewer.times[1:], strict=False)]
            assert max(gaps) < 5.0  # a busy machine takes its time too


@asynccontextmanager
async def dialled(
    host: InThread, port: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection: "http" and "https" are bare TCP to that port, "tls" has TLS up."""
    number = host.ports.http if port == "http" else host.ports.https
    tls = host.tls() if port == "tls" else None
    name = "127.0.0.1" if tls else None
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", number, ssl=tls, server_hostname=name
    )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def sent_away(reader: asyncio.StreamReader) -> bytes:
    """Wait until the host hangs up; what it said before."""
    said = b""
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while data := await reader.read(65_536):
                said += data
    return said


async def drip(writer: asyncio.StreamWriter, bites: list[bytes], every_s: float = 0.05) -> None:
    """Send bit by bit until there is nobody to send to."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        for bite in bites:
            writer.write(bite)
            await writer.drain()
            await asyncio.sleep(every_s)


HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
NOISE = random.Random(7).randbytes(4_096)
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
AT_ONCE = {
    "noise": NOISE,
    "zeros": bytes(4_096),
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NOISE[:500],
    "no such version": b"GET / HTTP/9.9\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a proxy's request": b"CONNECT evil:443 HTTP/1.1\r\nHost: evil\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "a bad chunk": b"POST /api/v1/views HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a bare line feed": b"GET /\nHost: localhost\n\n\x00",
    "a header of 64 KB": HEAD + b"X: " + b"a" * 65_536 + b"\r\n\r\n",
    "headers of 64 KB in all": HEAD + b"X: aaaaaaaaaaaaaaaa\r\n" * 3_000 + b"\r\n",
    "a path of 64 KB": b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header without end": HEAD + b"X: " + b"a" * 40_000,
    "garbage behind a request": HEAD + b"\r\n" + NOISE,
    "an upgrade elsewhere": HEAD + UPGRADE + KEY + b"\r\n",
    "an upgrade by POST": b"POST /uplink HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n",
    "an upgrade without a key": b"GET /uplink HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n",
    "an upgrade with a bad key": b"GET /uplink HTTP/1.1\r\nHost: x\r\n"
    + UPGRADE
    + b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "an upgrade to an old version": b"GET /uplink HTTP/1.1\r\nHost: x\r\n"
    + UPGRADE
    + KEY.replace(b"13", b"8")
    + b"\r\n",
    "an upgrade at a strange path": b"GET /uplink\xc3\xa4%00 HTTP/1.1\r\nHost: x\r\n"
    + UPGRADE
    + KEY
    + b"\r\n",
    "an upgrade with a strange query": b"GET /uplink?\xff\xfe HTTP/1.1\r\nHost: x\r\n"
    + UPGRADE
    + KEY
    + b"\r\n",
    "an upgrade with strange headers": b"GET /uplink HTTP/1.1\r\nHost: x\r\nX-\xe4: \xff\r\n"
    + UPGRADE
    + KEY
    + b"\r\n",
}


@pytest.mark.parametrize("port", ["http", "tls"])
@pytest.mark.parametrize("kind", AT_ONCE)
async def test_garbage_is_answered_shortly_and_hung_up_on(
    host: InThread, port: str, kind: str
) -> None:
    async with dialled(host, port) as (reader, writer):
        writer.write(AT_ONCE[kind])
        said = await sent_away(reader)
    # A 400 or the like where there was something to answer; 200 for a good request before garbage.
    assert said == b"" or said.startswith(b"HTTP/1.1 ")
    assert b"500" not in said.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "hello",
    [
        b"",
        NOISE,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NOISE[:100],  # truncated
        b"\x16\x03\x01\xff\xff",  # more than a record may hold
        b"\x15\x03\x01\x00\x02\x02\x28",  # an alert
        b"\x80\x2e\x01\x00\x02",  # SSL 2
        HEAD + b"\r\n",
    ],
)
async def test_no_tls_on_the_tls_port(host: InThread, hello: bytes) -> None:
    before = metric(host, "garbage_total", kind="tls")
    async with dialled(host, "https") as (reader, writer):
        writer.write(hello)
        assert b"HTTP" not in await sent_away(reader)
    await until(lambda: metric(host, "garbage_total", kind="tls") == before + 1)


async def test_a_tls_record_broken_in_the_middle(host: InThread) -> None:
    async with dialled(host, "tls") as (reader, writer):
        writer.write(HEAD)
        raw = writer.get_extra_info("socket")
        os.write(raw.fileno(), b"\x17\x03\x03\x00\x40" + NOISE[:64])  # under TLS's feet
        assert await sent_away(reader) == b""


SLOW = {
    "nothing at all": [],
    "a head byte by byte": [bytes([byte]) for byte in HEAD * 4],
    "empty lines": [b"\r\n"] * 100,
    "headers without end": [HEAD, *[b"X: y\r\n"] * 100],
}


@pytest.mark.parametrize("port", ["http", "tls"])
@pytest.mark.parametrize("kind", SLOW)
async def test_a_slow_head_is_not_waited_for(host: InThread, port: str, kind: str) -> None:
    began = asyncio.get_running_loop().time()
    async with dialled(host, port) as (reader, writer):
        dripping = asyncio.create_task(drip(writer, SLOW[kind]))
        said = await sent_away(reader)
        dripping.cancel()
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")
    assert asyncio.get_running_loop().time() - began < 2.5
    assert metric(host, "garbage_total", kind="slow-head") > 0


async def test_a_slow_second_head_is_not_waited_for_either(host: InThread) -> None:
    async with dialled(host, "http") as (reader, writer):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        dripping = asyncio.create_task(drip(writer, [b"\r\n"] * 100))
        await sent_away(reader)
        dripping.cancel()


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    text = SETTINGS + "[limits]\nbody_seconds=1\n"
    with hosted(tmp_path / "home", text) as patient:
        async with dialled(patient, "http") as (reader, writer):
            head = HEAD.replace(b"GET /healthz", b"POST /api/v1/views")
            writer.write(head + b"Content-Length: 100\r\n\r\nabc")
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")


async def text_message(socket_: BoardPeer) -> None:
    await socket_.socket.send("hello")


async def oversize(peer: BoardPeer) -> None:
    await peer.socket.send(bytes(LIMITS.message_bytes + 1))


async def oversize_in_fragments(peer: BoardPeer) -> None:
    async def fragments() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(1_000)

    await peer.socket.send(fragments())


def raw(*data: bytes) -> Callable[[BoardPeer], Awaitable[None]]:
    async def send(peer: BoardPeer) -> None:
        for piece in data:
            peer.socket.transport.write(piece)

    return send


async def proof_of_noise(peer: BoardPeer) -> None:
    await peer.socket.send(peer.session.hello())
    await peer.socket.recv()
    await peer.socket.send(NOISE[:76])


async def silence(peer: BoardPeer) -> None:
    pass


async def hello_and_silence(peer: BoardPeer) -> None:
    await peer.socket.send(peer.session.hello())


IN_WEBSOCKET: dict[str, Callable[[BoardPeer], Awaitable[None]]] = {
    "text": text_message,
    "a message over the cap": oversize,
    "fragments over the cap": oversize_in_fragments,
    "a claim of 2^62 bytes": raw(b"\x82\xff" + (2**62).to_bytes(8, "big") + bytes(4)),
    "an unknown opcode": raw(b"\x83\x80" + bytes(4)),
    "an unmasked frame": raw(b"\x82\x01x"),
    "reserved bits": raw(b"\xf2\x80" + bytes(4)),
    "a continuation of nothing": raw(b"\x80\x80" + bytes(4)),
    "text that is no UTF-8": raw(b"\x81\x82" + bytes(4) + b"\xff\xfe"),
    "a close without sense": raw(b"\x88\x81" + bytes(4) + b"x"),
    "a long ping": raw(b"\x89\xfe\x04\x00" + bytes(4) + bytes(1024)),
    "HTTP": raw(HEAD + b"\r\n"),
    "noise": raw(NOISE),
    "noise for a proof": proof_of_noise,
    "silence": silence,
    "hello and silence": hello_and_silence,
}


@pytest.mark.parametrize("kind", IN_WEBSOCKET)
async def test_garbage_in_a_websocket_ends_it(host: InThread, kind: str) -> None:
    porch = host.camera(host.resident())
    peer = BoardPeer(host.uplink, porch.key, tls=host.tls())
    await peer.connect()
    with contextlib.suppress(ConnectionClosed):
        await IN_WEBSOCKET[kind](peer)
    async with asyncio.timeout(PATIENCE_S):
        await peer.socket.wait_closed()
    assert host.parts.cameras.get(porch.id) is not None


async def test_garbage_after_the_right_handshake_ends_the_session_only(host: InThread) -> None:
    porch = host.camera(ann := host.resident())
    async with street_goes_on(host):
        for noise in (NOISE[:64], b"P\x01\x10\x00" + NOISE[:200]):
            async with board_at(host, porch) as board:
                await board.socket.send(noise)
                assert await board.dismissed() in ("bad-magic", "too-long", "bad-length")
    await until(lambda: host.entries(ann, "board.refused"))


async def test_some_pings_and_half_a_message_are_harmless(host: InThread) -> None:
    porch = host.camera(host.resident())
    async with street_goes_on(host), board_at(host, porch) as board:
        for _ in range(CRUMBS // 2):
            await board.socket.ping()
        async with asyncio.timeout(PATIENCE_S):
            await (await board.socket.ping())
        board.socket.transport.write(b"\x02\xfe\x10\x00" + bytes(4) + bytes(100))  # more to come
        board.socket.transport.abort()  # but it does not


CRUMB_FLOODS = {
    "pings": b"\x89\x80" + bytes(4),
    "pongs": b"\x8a\x80" + bytes(4),
    "empty fragments": b"\x00\x80" + bytes(4),
}


async def flood(writer: asyncio.StreamWriter, crumb: bytes) -> bool:
    """Send it until there is nobody to send to; False: there still is, after megabytes."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        for _ in range(1_000):
            if writer.is_closing():
                return True
            writer.write(10_000 * crumb)
            await writer.drain()
            await asyncio.sleep(0)  # drain() may return at once, and then nobody hears of the end
        return False
    return True


@pytest.mark.parametrize("port", ["http", "tls"])
@pytest.mark.parametrize("kind", CRUMB_FLOODS)
async def test_a_strangers_flood_is_garbage_and_stops_nobody(
    host: InThread, kind: str, port: str
) -> None:
    async with street_goes_on(host), dialled(host, port) as (reader, writer):
        before = metric(host, "garbage_total", kind="websocket")
        writer.write(b"GET /uplink HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        if kind == "empty fragments":
            writer.write(b"\x02\x80" + bytes(4))
        assert await flood(writer, CRUMB_FLOODS[kind])
        assert metric(host, "garbage_total", kind="websocket") == before + 1


async def test_a_board_that_talks_without_end_is_heard_in_turn_with_others(
    host: InThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything it says counts; but within a turn no more than its share."""
    porch, turns = host.camera(host.resident()), Turns(host)
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    add = camera.boardlog.add
    async with street_goes_on(host), board_at(host, porch) as board:
        monkeypatch.setattr(camera.boardlog, "add", lambda line: (turns.count(), add(line)))
        lines = [board.session.seal(wire.LogLine(b"%d" % n)) for n in range(3_000)]
        said = b"".join(Frame(Opcode.BINARY, line).serialize(mask=True) for line in lines)
        with turns:
            board.socket.transport.write(said)
            await until(lambda: sum(turns.counts) == len(lines))
        assert max(turns.counts) <= 2 * SHARE_FRAMES  # what waited, and what was read behind it
        assert camera.boardlog.newest(1)[0].text == "2999"


class Turns:
    """Counts something by the turns of the host's loop."""

    def __init__(self, host: InThread) -> None:
        self.counts = [0]
        self._loop = host.loop
        self._going = False

    def __enter__(self) -> None:
        self._going = True
        self._loop.call_soon_threadsafe(self._turn)

    def __exit__(self, *_: object) -> None:
        self._going = False

    def count(self) -> None:
        """Once more in this turn."""
        self.counts[-1] += 1

    def _turn(self) -> None:
        if self.counts[-1]:
            self.counts.append(0)
        if self._going:
            self._loop.call_soon(self._turn)


@pytest.mark.parametrize("more", [0, 20])
async def test_a_peer_that_does_not_read_its_answers_is_let_go(host: InThread, more: int) -> None:
    def slow() -> list[object]:
        """Connections for which the host holds something that the kernel does not take."""
        peers = host.serving._server.server_state.connections
        plain = [peer for peer in peers if isinstance(peer, HttpProtocol) and peer.scheme == "http"]
        return [peer for peer in plain if peer.transport.get_write_buffer_size()]

    async with street_goes_on(host):
        sock = socket.create_connection(("127.0.0.1", host.ports.http))
        with contextlib.closing(sock):
            asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
            async with asyncio.timeout(PATIENCE_S):
                while not (peers := await asyncio.to_thread(host.call, slow)):
                    sock.sendall(asked)
            sock.sendall(more * asked)  # none: its last answer fits the host's own buffer
            at_hand = host.serving._server.server_state.connections
            await until(lambda: not set(peers) & set(at_hand))


async def test_a_flood_of_connections_fills_the_door_and_leaves(host: InThread) -> None:
    async with street_goes_on(host), contextlib.AsyncExitStack() as flood:
        refused = metric(host, "refusals_total", what="connection", reason="too-many-connections")
        for number in range(2 * LIMITS.connections):
            with contextlib.suppress(OSError):
                await flood.enter_async_context(dialled(host, ("http", "https")[number % 2]))
        await until(
            lambda: (
                metric(host, "refusals_total", what="connection", reason="too-many-connections")
                > refused
            )
        )
        async with dialled(host, "http") as (reader, _):
            assert (await sent_away(reader)).startswith(b"HTTP/1.1 503 ")
        await until(lambda: metric(host, "connections") < LIMITS.connections / 2)  # heads late
    await until(lambda: host.call(lambda: host.parts.cameras.online()) == 0)


def resident_bytes() -> int:
    """Of this process, in which the host runs."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def volley(host: InThread, rounds: int) -> None:
    kinds = list(AT_ONCE.values())
    for number in range(rounds):
        for port in ("http", "tls", "https"):
            async with dialled(host, port) as (_, writer):
                writer.write(kinds[number % len(kinds)])
                with contextlib.suppress(ConnectionError):
                    await writer.drain()


async def test_garbage_does_not_grow_the_host(host: InThread) -> None:
    async with street_goes_on(host):
        await volley(host, 40)
        before = resident_bytes()
        await volley(host, 150)
        await until(lambda: metric(host, "connections") < 8)
        assert resident_bytes() - before < 16_000_000


def test_an_offer_of_http2_is_just_not_taken(host: InThread) -> None:
    offer = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABk",
    }
    assert httpx.get(f"{host.http}/healthz", headers=offer).status_code == 200


async def test_a_strange_websocket_client_of_another_path_gets_an_answer(host: InThread) -> None:
    with pytest.raises(Exception, match="404"):
        await connect(f"wss://127.0.0.1:{host.ports.https}/", ssl=host.tls(), proxy=None)
