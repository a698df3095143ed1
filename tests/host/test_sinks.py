"""Sinks: what a viewer's connection takes, and that what it did not take is never promised."""

import asyncio
from typing import Any

from porchlight.streams import mjpeg
from porchlight.streams.sinks import PlainSink, SendSink, Taken

AHEAD = len(mjpeg.PREFIX)


def part(sequence: int) -> bytes:
    return mjpeg.part(b"\xff\xd8" * 50, {"X-Sequence": str(sequence)})


class Kernel(asyncio.Transport):
    """A connection whose kernel takes so many bytes, then no more until somebody reads.

    Like uvloop's transport it tries at once, and keeps what was not taken.
    """

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.wire = b""
        self.kept = b""
        self.broken = self.closing = False

    def send(self, data: bytes | memoryview) -> int:
        """As a socket's."""
        if self.broken:
            raise BrokenPipeError
        if not self.room:
            raise BlockingIOError
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        self.wire += taken
        return len(taken)

    def read(self, size: int) -> None:
        """The viewer did: what was kept goes first."""
        self.room += size
        if self.kept:
            self.kept = self.kept[self.send(self.kept) :]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.kept
        try:
            taken = self.send(memoryview(data))
        except BlockingIOError:
            taken = 0
        self.kept = bytes(data[taken:])

    def get_write_buffer_size(self) -> int:
        return len(self.kept)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing, self.kept = True, b""


def plain(room: int) -> tuple[PlainSink, Kernel]:
    kernel = Kernel(room)
    return PlainSink(kernel, kernel.send, lambda: -1), kernel


def test_a_whole_part_leaves_room() -> None:
    sink, kernel = plain(10_000)
    assert sink.give(part(1)) is Taken.WHOLE
    assert (kernel.wire, sink.idle) == (part(1), True)


def test_what_was_not_taken_follows() -> None:
    sink, kernel = plain(100)
    assert sink.give(part(1)) is Taken.BEHIND
    assert not sink.idle
    kernel.read(10_000)
    assert (kernel.wire, sink.idle) == (part(1), True)


def test_every_split_of_a_part_gives_whole_parts_and_the_newest() -> None:
    for room in range(len(part(1)) + 1):
        sink, kernel = plain(room)
        taken = sink.give(part(1))
        kernel.read(10_000)
        sink.give(part(2))
        promised = part(1) if taken is not Taken.NOTHING else b""
        assert kernel.wire == promised + part(2), room
        assert (taken is Taken.NOTHING) == (room < AHEAD), room


def test_a_split_that_send_left_is_seen_to() -> None:
    for room in range(1, len(part(1)) + 1):
        sink, kernel = plain(room)
        sink.rest(part(1), sink.send(part(1)))  # as the audience does
        kernel.read(10_000)
        sink.give(part(2))
        assert kernel.wire in (part(2), part(1) + part(2)), room


def test_room_that_comes_amid_the_write_is_used_at_once() -> None:
    sink, kernel = plain(10_000)
    assert sink.rest(part(1), 0) is Taken.WHOLE  # EAGAIN a moment ago
    assert kernel.wire == part(1)
    sink, kernel = plain(10_000)
    kernel.wire = part(1)[:80]
    assert sink.rest(part(1), 80) is Taken.WHOLE
    assert kernel.wire == part(1)


def test_with_only_the_beginning_out_it_is_not_idle() -> None:
    sink, kernel = plain(0)
    assert sink.give(part(1)) is Taken.NOTHING
    assert not sink.idle
    kernel.read(AHEAD)
    assert not sink.idle  # a part has begun: closing gracefully would end amid it
    assert sink.give(part(2)) is Taken.BEHIND  # still no room: somebody has to tell when there is
    assert kernel.kept == part(2)[AHEAD:]


def test_a_broken_connection_takes_nothing() -> None:
    sink, kernel = plain(10_000)
    kernel.broken = True
    assert sink.give(part(1)) is Taken.NOTHING
    assert (kernel.closing, sink.idle) == (True, True)  # nothing waits for anybody
    kernel.broken = False
    kernel.closing = True
    assert sink.rest(part(1), 10) is Taken.NOTHING


async def test_send_takes_one_part_at_a_time_and_tells_when_it_is_through() -> None:
    sent: list[Any] = []
    gate = asyncio.Event()

    async def send(message: Any) -> None:
        await gate.wait()
        sent.append(message["body"])

    sink, rooms = SendSink(send), asyncio.Event()
    running = asyncio.create_task(sink.run(rooms.set))
    assert sink.give(b"1") is Taken.BEHIND
    assert sink.give(b"2") is Taken.NOTHING
    assert not sink.idle
    gate.set()
    await rooms.wait()
    assert (sent, sink.idle) == ([b"1"], True)
    sink.close()
    await running


async def test_an_aborted_send_sends_nothing_more() -> None:
    sent: list[Any] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def send(message: Any) -> None:
        begun.set()
        await gate.wait()
        sent.append(message["body"])

    sink = SendSink(send)
    running = asyncio.create_task(sink.run(lambda: None))
    sink.give(b"1")
    await begun.wait()
    assert sink.cut()
    gate.set()
    await running
    assert sent == []
