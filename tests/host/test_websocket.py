"""One WebSocket between a transport that takes down what it is told and somebody who listens."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from porchlight.door import Door
from porchlight.metrics import Metrics
from porchlight.porch import Porch, Visit, WireLimits
from porchlight.websocket import frames
from porchlight.websocket.intake import CRUMBS, SHARE_BYTES, SHARE_FRAMES
from porchlight.websocket.rcvlowat import (
    BOARD_RECORD_BYTES,
    MOST_BYTES,
    TLS_RECORD_BYTES,
    WORTH_BYTES,
    ReceiveMark,
)
from porchlight.websocket.socket import BROKE_OFF, GOING, Gone, WebSocket
from tests.support.viewing import until

HEAD = (
    b"GET /uplink HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LIMITS = WireLimits(message_bytes=100_000, ping_s=0.05, tls_shutdown_s=0.05)
QUIET = WireLimits(message_bytes=100_000, ping_s=600, tls_shutdown_s=600)


class Wire(asyncio.Transport):
    """Keeps what was written; a peer that reads, or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""
        self.reading = True
        self.behind = 0
        self.closed = ""

    def write(self, data: Any) -> None:
        self.said += data

    def get_write_buffer_size(self) -> int:
        return self.behind

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return bool(self.closed)

    def close(self) -> None:
        self.closed = self.closed or "closed"

    def abort(self) -> None:
        self.closed = "aborted"

    def take(self) -> bytes:
        """What was written since the last time."""
        said, self.said = self.said, b""
        return said


class Line:
    """A WebSocket that is open, with both its ends."""

    def __init__(self, limits: WireLimits, sock: socket.socket, *, trusted: bool) -> None:
        self.trusted = trusted
        self.porch = Porch(limits, Door(9, 9), Metrics())
        self.server = ServerState()
        self.heard: list[bytes] = []
        self.wire = Wire()
        self.sock = sock
        self.closing = asyncio.Event()
        visit = Visit("192.0.2.1", sock)
        self.porch.door.enter(visit, visit.address)
        self.socket = WebSocket(self.porch, visit, self.server, self.welcome)
        self.socket.connection_made(self.wire)
        self.socket.data_received(HEAD)

    async def welcome(self, socket_: WebSocket) -> None:
        if self.trusted:
            socket_.trust()
        socket_.hand_to(self.hear)
        await self.closing.wait()

    def hear(self, message: bytes, alone: bool) -> None:
        self.heard.append(message)

    def says(self, *said: bytes) -> None:
        """Bytes of the peer arrive."""
        for piece in said:
            room = self.socket.get_buffer(-1)
            room[: len(piece)] = piece
            self.socket.buffer_updated(len(piece))

    @property
    def garbage(self) -> float:
        count = self.porch.metrics.registry.get_sample_value
        return count("porchlight_garbage_total", {"kind": "websocket"}) or 0.0


def framed(payload: bytes, opcode: Opcode = Opcode.BINARY) -> bytes:
    return Frame(opcode, payload).serialize(mask=True)


@pytest.fixture
async def made() -> AsyncIterator[Any]:
    """line(limits): made when asked, taken down afterwards."""
    lines: list[Line] = []

    async def make(limits: WireLimits = QUIET, *, trusted: bool = True) -> Line:
        line = Line(limits, socket.socket(), trusted=trusted)
        lines.append(line)
        await asyncio.sleep(0)  # its task begins
        assert line.wire.take().startswith(b"HTTP/1.1 101 ")
        return line

    yield make
    for line in lines:
        line.socket.connection_lost(None)
        line.closing.set()
        await asyncio.gather(*line.server.tasks)
        assert (len(line.porch.door), line.server.connections) == (0, set())
        line.sock.close()


async def test_messages_are_handed_over_in_the_turn_in_which_they_come(made: Any) -> None:
    line = await made()
    said = b"".join(framed(payload) for payload in (b"one", b"two", b"three" * 9_000))
    line.says(said[:9], said[9:30_000])
    assert line.heard == [b"one", b"two"]
    line.says(said[30_000:])
    assert line.heard[2:] == [b"three" * 9_000]


async def test_whoever_holds_gets_the_rest_later_and_in_order(made: Any) -> None:
    line = await made()

    def take(message: bytes, alone: bool) -> None:
        line.heard.append(message)
        line.socket.hold()

    line.socket.hand_to(take)
    line.says(framed(b"1") + framed(b"2"), framed(b"3"))
    assert (line.heard, line.wire.reading) == ([b"1"], False)
    line.socket.go_on()
    assert line.heard == [b"1", b"2"]
    line.socket.hand_to(line.hear)
    assert (line.heard, line.wire.reading) == ([b"1", b"2", b"3"], True)


async def test_a_message_is_alone_if_nothing_newer_waits_behind_it(made: Any) -> None:
    line, alone = await made(), []
    line.socket.hand_to(lambda message, only: alone.append((message[:1], only)))
    one, two, three = (framed(letter * 200) for letter in (b"1", b"2", b"3"))
    line.says(one, two + three, one[:50], one[50:] + two, three)
    assert alone == [
        (b"1", True),
        (b"2", False),
        (b"3", False),
        (b"1", False),
        (b"2", False),
        (b"3", True),
    ]
    line.says(framed(b"short"))
    assert alone[-1] == (b"s", False)
    line.says(framed(b"4" * 200) + framed(b"", Opcode.PING))
    assert alone[-1] == (b"4", False)


async def test_a_message_that_was_all_there_was_is_held_like_any_other(made: Any) -> None:
    line = await made()

    def take(message: bytes, alone: bool) -> None:
        line.heard.append(message)
        line.socket.hold()

    line.socket.hand_to(take)
    one, two = framed(b"1" * 200), framed(b"2" * 200)
    line.says(one, two)
    assert line.heard == [b"1" * 200]
    line.socket.go_on()
    assert line.heard == [b"1" * 200, b"2" * 200]


async def test_a_ping_is_answered_between_fragments(made: Any) -> None:
    line = await made()
    begun = Frame(Opcode.BINARY, b"a", fin=False).serialize(mask=True)
    line.says(begun + framed(b"?", Opcode.PING) + framed(b"b", Opcode.CONT))
    assert (line.wire.take(), line.heard) == (frames.pong(b"?"), [b"ab"])


async def test_a_peer_that_does_not_read_gets_one_pong_for_all_its_pings(made: Any) -> None:
    line = await made()
    line.socket.pause_writing()
    for number in range(SHARE_FRAMES):
        line.says(framed(b"%d" % number, Opcode.PING))
    assert line.wire.take() == b""
    line.socket.resume_writing()
    assert line.wire.take() == frames.pong(b"%d" % (SHARE_FRAMES - 1))


async def test_a_message_waits_for_a_peer_that_does_not_read(made: Any) -> None:
    line = await made()
    line.socket.pause_writing()
    sending = asyncio.create_task(line.socket.send(b"hello"))
    await asyncio.sleep(0)
    assert line.wire.take() == b""
    line.socket.resume_writing()
    await sending
    assert line.wire.take() == frames.binary(b"hello")


@pytest.mark.parametrize("how", ["close", "shutdown", "connection_lost"])
async def test_who_waits_to_send_hears_of_the_end(made: Any, how: str) -> None:
    line = await made()
    ends: list[int | None] = []
    line.socket.on_end = lambda: ends.append(line.socket.ended)
    line.socket.pause_writing()
    sending = asyncio.create_task(line.socket.send(b"hello"))
    await asyncio.sleep(0)
    arguments = {"close": (1008, "why"), "shutdown": (), "connection_lost": (None,)}[how]
    getattr(line.socket, how)(*arguments)
    with pytest.raises(Gone):
        await sending
    assert ends == [{"close": 1008, "shutdown": GOING, "connection_lost": BROKE_OFF}[how]]
    with pytest.raises(Gone):
        await line.socket.send(b"more")


async def test_a_goodbye_is_answered_and_ends_it(made: Any) -> None:
    line = await made()
    line.says(framed(b"\x03\xe8bye", Opcode.CLOSE) + framed(b"late"))
    assert (line.wire.take(), line.wire.closed) == (frames.close(1000, ""), "closed")
    assert (line.socket.ended, line.heard, line.garbage) == (1000, [], 0)


async def test_our_goodbye_waits_for_theirs_and_drops_what_comes_before(made: Any) -> None:
    line = await made()
    line.socket.hold()
    line.socket.close(1008, "replaced")
    line.socket.close(1000, "never said")
    assert line.wire.take() == frames.close(1008, "replaced")
    line.says(framed(b"late"))
    assert (line.wire.closed, line.wire.reading, line.heard) == ("", True, [])
    line.says(framed(b"\x03\xf0replaced", Opcode.CLOSE))
    assert (line.wire.closed, line.wire.take()) == ("closed", b"")


@pytest.mark.parametrize(("behind", "how"), [(0, "closed"), (9, "aborted")])
async def test_who_says_no_goodbye_is_not_waited_for(made: Any, behind: int, how: str) -> None:
    line = await made(LIMITS)
    line.wire.behind = behind
    line.socket.close(1008, "why")
    await until(lambda: line.wire.closed)
    assert line.wire.closed == how


async def test_garbage_ends_it_and_counts_once(made: Any) -> None:
    line = await made()
    line.says(framed(b"good") + b"\x83\x80" + framed(b"never"))
    line.says(framed(b"nor this"))
    assert line.wire.take() == frames.close(1002, "reserved bits or opcode")
    assert (line.heard, line.garbage, line.wire.closed) == ([b"good"], 1, "closed")


async def test_a_peer_gets_no_more_than_its_share_of_a_turn_however_often_it_is_read(
    made: Any,
) -> None:
    line = await made()
    said = framed(b"small") * SHARE_FRAMES
    line.says(said[:-1], said[-1:] + said + said)
    assert (len(line.heard), line.wire.reading) == (SHARE_FRAMES, False)
    line.socket.go_on()  # nor when whoever it talks with asks
    line.says(b"")
    for turn in (2, 3):
        assert (len(line.heard), line.wire.reading) == ((turn - 1) * SHARE_FRAMES, False)
        await asyncio.sleep(0)
        assert len(line.heard) == turn * SHARE_FRAMES
    await asyncio.sleep(0)
    assert (len(line.heard), line.wire.reading) == (3 * SHARE_FRAMES, True)


async def test_large_messages_are_a_share_by_their_bytes(made: Any) -> None:
    line = await made()
    said, reads = framed(bytes(50_000)), 0
    while line.wire.reading:
        line.says(said)
        reads += 1
    assert reads == len(line.heard) == -(-SHARE_BYTES // len(said))
    await asyncio.sleep(0)
    assert line.wire.reading


async def test_giving_way_and_holding_do_not_undo_each_other(made: Any) -> None:
    line = await made()
    line.says(framed(b"1") * (SHARE_FRAMES + 1))
    line.socket.hold()
    await asyncio.sleep(0)
    assert (len(line.heard), line.wire.reading) == (SHARE_FRAMES, False)
    line.socket.go_on()
    assert (len(line.heard), line.wire.reading) == (SHARE_FRAMES + 1, True)


async def test_who_leaves_while_giving_way_is_not_read_any_more(made: Any) -> None:
    line = await made()
    line.says(framed(b"1") * (SHARE_FRAMES + 1))
    line.socket.shutdown()
    await asyncio.sleep(0)
    assert (len(line.heard), line.wire.reading) == (SHARE_FRAMES, False)


FLOODS = {
    "pings": framed(b"", Opcode.PING),
    "pongs that nobody asked for": framed(b"????", Opcode.PONG),
    "empty fragments": Frame(Opcode.CONT, b"", fin=False).serialize(mask=True),
}


async def turns_of(line: Line, said: bytes) -> int:
    """How many turns it takes until the host ends it, at a peer that never stops."""
    turns = 0
    while not line.wire.closed:
        while line.wire.reading and not line.wire.closed:
            line.says(said)
        await asyncio.sleep(0)
        turns += 1
    return turns


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_of_nothing_is_garbage(made: Any, kind: str) -> None:
    line = await made()
    if kind == "empty fragments":
        line.says(Frame(Opcode.BINARY, b"", fin=False).serialize(mask=True))
    assert await turns_of(line, 40 * FLOODS[kind]) <= 1 + CRUMBS / SHARE_FRAMES
    assert (line.garbage, line.wire.closed, line.socket.ended) == (1, "aborted", 1008)
    assert line.wire.take().count(frames.pong(b"")) <= CRUMBS


async def test_a_flood_after_our_goodbye_is_garbage_too(made: Any) -> None:
    line = await made()
    line.socket.close(1008, "replaced")
    line.says(framed(bytes(90_000)))  # was under way
    await turns_of(line, 40 * framed(b"small"))
    assert (line.garbage, line.wire.closed, line.socket.ended) == (1, "aborted", 1008)


async def test_a_few_crumbs_a_second_are_no_flood(made: Any, monkeypatch: Any) -> None:
    line = await made()
    monkeypatch.setattr("porchlight.websocket.rate._WINDOW_S", 0.0)  # each is in its own second
    for _ in range(3 * CRUMBS):
        line.says(FLOODS["pings"])
        await asyncio.sleep(0)
    assert line.socket.ended is None


async def test_only_who_is_trusted_may_say_much(made: Any) -> None:
    line = await made(trusted=False)
    assert len(line.socket.get_buffer(-1)) == QUIET.stranger_bytes
    line.says(framed(bytes(QUIET.stranger_bytes - 20)))
    line.socket.trust()
    line.says(framed(bytes(QUIET.stranger_bytes + 1)))
    assert len(line.heard) == 2
    stranger = await made(trusted=False)
    stranger.says(framed(bytes(QUIET.stranger_bytes + 1))[:20])
    assert stranger.wire.take() == frames.close(1009, "message too big")
    assert stranger.garbage == 1


async def test_a_peer_that_answers_pings_stays(made: Any) -> None:
    line = await made(LIMITS)
    for _ in range(4):
        await until(lambda: line.wire.said)
        ping = line.wire.take()
        assert ping[:2] == b"\x89\x04"
        line.says(framed(b"old", Opcode.PONG), framed(ping[2:], Opcode.PONG))
    assert line.socket.ended is None


@pytest.mark.parametrize("halfway", [False, True])
async def test_a_peer_that_answers_none_is_let_go_even_within_a_message(
    made: Any, halfway: bool
) -> None:
    """Who claims a length and then drips has no room to answer in."""
    line = await made(LIMITS)
    if halfway:
        line.says(framed(bytes(90_000))[:100])

    def over() -> bool:
        if halfway:
            line.says(framed(b"????", Opcode.PONG))
        return line.socket.ended is not None

    await until(over)
    assert line.wire.take()[6:] == frames.close(1011, "keepalive ping timeout")


async def test_a_request_that_is_none_is_told_so() -> None:
    server, porch = ServerState(), Porch(QUIET, Door(9, 9), Metrics())

    async def never(_: WebSocket) -> None:
        raise AssertionError

    with socket.socket() as sock:
        for head, status in (
            (HEAD.replace(b": 13", b": 8"), b"HTTP/1.1 400 "),
            (HEAD.replace(b"dGhl", b"????"), b"HTTP/1.1 400 "),
            (b"\xff\xfe\r\n\r\n", b"HTTP/1.1 400 "),
        ):
            wire = Wire()
            asked = WebSocket(porch, Visit("192.0.2.1", sock), server, never)
            asked.connection_made(wire)
            asked.data_received(head)
            assert (wire.take()[: len(status)], wire.closed) == (status, "closed")
            asked.connection_lost(None)
    assert (server.tasks, server.connections) == (set(), set())


def mark_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)


async def test_the_kernel_is_asked_to_wait_for_the_rest_of_a_message(made: Any) -> None:
    line = await made()
    said = framed(bytes(25_000))
    line.says(said[:1_440])
    assert mark_of(line.sock) == len(said) - 1_440
    line.says(said[1_440:])
    assert mark_of(line.sock) == 1
    line.says(framed(bytes(99_000))[:50])
    assert mark_of(line.sock) == MOST_BYTES


@pytest.mark.parametrize("tls", [False, True])
async def test_a_mark_is_never_above_what_must_still_come(tls: bool) -> None:
    read_already = BOARD_RECORD_BYTES if tls else 0
    with socket.socket() as sock:
        mark = ReceiveMark(asyncio.get_running_loop(), sock, tls=tls)
        for missing in (0, 1, WORTH_BYTES, 20_000, 40_000, 2**62):
            mark.expect(missing, came=False)
            assert mark_of(sock) in {1, min(missing - read_already, MOST_BYTES)}
            assert mark_of(sock) == 1 or missing - read_already >= WORTH_BYTES
        mark.stop()
    mark.expect(30_000, came=False)  # closed: nothing happens
    mark.stop()


async def test_with_tls_a_mark_that_waits_for_too_much_is_taken_back_and_not_set_again() -> None:
    """As with a peer whose records are longer than a board's."""
    with socket.socket() as sock:
        mark = ReceiveMark(asyncio.get_running_loop(), sock, tls=True)
        for came, after in ((False, 20_000 - BOARD_RECORD_BYTES), (True, 1)):
            mark.expect(20_000, came=False)
            assert mark_of(sock) == 20_000 - BOARD_RECORD_BYTES
            await until(lambda: mark_of(sock) == 1)
            mark.expect(20_000, came=came)
            assert mark_of(sock) == after
        mark.expect(TLS_RECORD_BYTES + WORTH_BYTES, came=True)  # nobody's bet: it is missing
        assert mark_of(sock) == WORTH_BYTES
        mark.stop()
