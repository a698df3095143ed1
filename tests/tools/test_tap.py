"""The tap counts pictures by TLS records alone, and can stall and cut the line."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from porchkit.tap import PICTURE_RECORD, Pictures, RecordMeter, Tap

PATIENCE_S = 10.0


def record(kind: int, size: int) -> bytes:
    return bytes([kind, 3, 3]) + size.to_bytes(2, "big") + bytes(size)


# handshake, a small and two large application records, an alert, a large handshake record
STREAM = (
    record(22, 2000)
    + record(23, PICTURE_RECORD)
    + record(23, PICTURE_RECORD + 1)
    + record(21, 2)
    + record(23, 4200)
    + record(23, 0)
)
COUNTED = PICTURE_RECORD + 1 + 4200


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 1000, len(STREAM)])
def test_every_split_counts_the_same(step: int) -> None:
    total, other = Pictures(), Pictures()
    meter = RecordMeter(total, other)
    for at in range(0, len(STREAM), step):
        meter.feed(STREAM[at : at + step], float(at))
    assert (total.bytes, total.records) == (COUNTED, 2)
    assert total == other


def test_times_are_of_the_first_and_last_picture_byte() -> None:
    total = Pictures()
    meter = RecordMeter(total)
    for at in range(len(STREAM)):
        meter.feed(STREAM[at : at + 1], float(at))
    first = 5 + 2000 + 5 + PICTURE_RECORD + 5
    assert total.first == first
    assert total.last == len(STREAM) - 5 - 1


def test_half_a_record_counts_as_half() -> None:
    total = Pictures()
    RecordMeter(total).feed(record(23, 4000)[:1005], 1.0)
    assert total.bytes == 1000


class Far:
    """The host's end: keeps what it got, answers with b"ok" to each line's end."""

    def __init__(self) -> None:
        self.got = b""
        self.changed = asyncio.Event()
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                self.got += data
                self.changed.set()
                writer.write(b"ok")
        except ConnectionError:
            pass
        finally:
            self.closed.set()
            writer.close()

    async def holds(self, size: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.got) < size:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def far() -> AsyncIterator[tuple[Far, Tap]]:
    end = Far()
    server = await asyncio.start_server(end.serve, "127.0.0.1", 0)
    async with server, Tap("127.0.0.1", server.sockets[0].getsockname()[1]) as tap:
        yield end, tap


async def test_bytes_pass_unchanged_and_are_counted(far: tuple[Far, Tap]) -> None:
    end, tap = far
    reader, writer = await asyncio.open_connection("127.0.0.1", tap.port)
    writer.write(STREAM)
    await end.holds(len(STREAM))
    assert end.got == STREAM
    assert await asyncio.wait_for(reader.read(2), PATIENCE_S) == b"ok"
    [connection] = tap.connections
    assert (connection.up_bytes, connection.pictures.bytes) == (len(STREAM), COUNTED)
    assert tap.pictures.bytes == COUNTED
    assert connection.closed is None
    writer.close()
    await asyncio.wait_for(end.closed.wait(), PATIENCE_S)


async def test_totals_are_over_all_connections(far: tuple[Far, Tap]) -> None:
    end, tap = far
    for count in (1, 2):
        _, writer = await asyncio.open_connection("127.0.0.1", tap.port)
        writer.write(STREAM)
        await end.holds(count * len(STREAM))
        writer.close()
    assert [connection.pictures.records for connection in tap.connections] == [2, 2]
    assert tap.pictures.records == 4


async def test_stalled_line_carries_nothing_until_it_resumes(far: tuple[Far, Tap]) -> None:
    end, tap = far
    reader, writer = await asyncio.open_connection("127.0.0.1", tap.port)
    writer.write(b"before")
    await end.holds(6)
    assert await asyncio.wait_for(reader.read(2), PATIENCE_S) == b"ok"
    tap.stall()
    writer.write(b"during")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    assert end.got == b"before"
    tap.resume()
    await end.holds(12)
    writer.close()


async def test_cut_and_refused_lines_end_at_both_sides(far: tuple[Far, Tap]) -> None:
    end, tap = far
    reader, writer = await asyncio.open_connection("127.0.0.1", tap.port)
    writer.write(b"hello")
    await end.holds(5)
    tap.refuse()
    await asyncio.wait_for(end.closed.wait(), PATIENCE_S)
    await reaches_end(reader, writer)
    again, writer = await asyncio.open_connection("127.0.0.1", tap.port)
    await reaches_end(again, writer)
    tap.resume()
    _, writer = await asyncio.open_connection("127.0.0.1", tap.port)
    writer.write(b"again")
    await end.holds(10)
    writer.close()


async def test_a_host_that_is_away_closes_the_line(far: tuple[Far, Tap]) -> None:
    _, near = far
    async with Tap("127.0.0.1", near.port) as outer:
        await near.stop()
        reader, writer = await asyncio.open_connection("127.0.0.1", outer.port)
        await reaches_end(reader, writer)


async def reaches_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The connection is over, with or without a goodbye; what was under way may still come."""
    try:
        await asyncio.wait_for(reader.read(), PATIENCE_S)
    except ConnectionError:
        pass
    finally:
        writer.close()
