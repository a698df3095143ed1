"""The slot: overwritten, whole, newest first; and the size in a JPEG's header."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.frames import Closed, LatestFrame, jpeg_size
from tests.support.viewing import host_frame as frame
from tests.support.viewing import picture


async def test_every_waiter_gets_the_newest() -> None:
    slot = LatestFrame()
    waiters = [asyncio.create_task(slot.newer(0)) for _ in range(3)]
    await asyncio.sleep(0)
    for sequence in (1, 2, 3):  # without giving way: nobody can have taken the first two
        slot.put(frame(sequence))
    got = await asyncio.gather(*waiters)
    assert [(number, f.sequence) for number, f in got] == [(3, 3)] * 3


async def test_none_asks_for_any_frame_and_a_number_for_a_newer_one() -> None:
    slot = LatestFrame()
    slot.put(frame(1))
    number, held = await slot.newer()
    assert held.sequence == 1
    waiting = asyncio.create_task(slot.newer(number))
    await asyncio.sleep(0)
    assert not waiting.done()
    slot.put(frame(2))
    assert (await waiting)[1].sequence == 2


async def test_a_slow_waiter_holds_nobody_up_and_keeps_no_queue() -> None:
    slot = LatestFrame()
    fast, slow = 0, 0
    for sequence in range(100):
        slot.put(frame(sequence))
        fast, taken = await slot.newer(fast)
        assert taken.sequence == sequence
    slow, taken = await slot.newer(slow)
    assert (slow, taken.sequence) == (100, 99)


async def test_what_is_forgotten_is_given_to_nobody() -> None:
    slot = LatestFrame()
    slot.put(frame(1))
    slot.forget()
    waiting = asyncio.create_task(slot.newer())
    await asyncio.sleep(0)
    assert not waiting.done()
    slot.put(frame(2))
    assert (await waiting)[1].sequence == 2


async def test_close_ends_waiters_now_and_later() -> None:
    slot = LatestFrame()
    slot.put(frame(1))
    waiting = asyncio.create_task(slot.newer(1))
    await asyncio.sleep(0)
    slot.close("gone")
    slot.close("again")
    for ended in (waiting, asyncio.create_task(slot.newer())):
        with pytest.raises(Closed) as error:
            await ended
        assert error.value.reason == "gone"
    assert slot.latest is None


async def test_a_bell_rings_only_while_it_is_hung() -> None:
    slot, bell = LatestFrame(), asyncio.Event()
    with slot.ringing(bell):
        slot.put(frame(1))
        assert bell.is_set()
        bell.clear()
    slot.put(frame(2))
    assert not bell.is_set()


@pytest.mark.parametrize("size", [(320, 240), (1600, 1200), (17, 5)])
def test_size_of_a_real_jpeg(size: tuple[int, int]) -> None:
    assert frame(1, picture(*size)).size == size


@pytest.mark.parametrize(
    "jpeg",
    [
        b"",
        b"\xff\xd8",
        b"GIF89a" + bytes(64),
        b"\xff\xd8\xff\xda\x00\x08" + bytes(64),  # a scan before any frame header
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x10",  # height 0
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00",  # cut short
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100,  # segments without end
        b"\xff\xd8" + b"\xff" * 4096,
    ],
)
def test_no_size_where_there_is_none(jpeg: bytes) -> None:
    assert jpeg_size(jpeg) is None


@given(st.binary(max_size=300))
def test_size_of_garbage_never_fails(tail: bytes) -> None:
    size = jpeg_size(b"\xff\xd8" + tail)
    assert size is None or (size[0] > 0 and size[1] > 0)


async def test_listeners_are_called_once_for_all_that_came_in_one_turn() -> None:
    slot, heard = LatestFrame(), []

    def first() -> None:
        heard.append(slot.number)
        if slot.number == 3:
            slot.unlisten(second)

    def second() -> None:
        heard.append(-slot.number)

    slot.listen(first)
    slot.listen(second)
    slot.put(frame(1))
    assert heard == []
    await asyncio.sleep(0)
    slot.put(frame(2))
    slot.put(frame(3))  # the first one makes the second leave, which then hears nothing
    await asyncio.sleep(0)
    assert heard == [1, -1, 3]
    slot.put(frame(4))
    slot.unlisten(first)  # nor does who leaves by themselves
    await asyncio.sleep(0)
    assert heard == [1, -1, 3]


async def test_listeners_hear_of_the_end_too() -> None:
    slot, heard = LatestFrame(), []
    slot.listen(lambda: heard.append(slot.closed))
    slot.close("gone")
    await asyncio.sleep(0)
    assert heard == ["gone"]


def test_what_is_made_of_a_frame_goes_with_it() -> None:
    one = frame(1)
    one.framed["jti"] = b"part"
    assert one.framed == {"jti": b"part"}
    assert frame(1).framed == {}


async def test_a_listener_that_fails_keeps_the_frame_from_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slot, heard = LatestFrame(), []

    def fail() -> None:
        raise RuntimeError("of its own")

    slot.listen(fail)
    slot.listen(lambda: heard.append(slot.number))
    for sequence in (1, 2):
        slot.put(frame(sequence))
        await asyncio.sleep(0)
    assert heard == [1, 2]
    assert [record.message for record in caplog.records] == ["a callback failed"] * 2


async def test_what_is_known_to_be_the_newest_is_told_of_at_once_and_once() -> None:
    slot, heard = LatestFrame(), []
    slot.listen(lambda: heard.append(slot.number))
    slot.put(frame(1), newest=True)
    assert heard == [1]
    await asyncio.sleep(0)
    assert heard == [1]
    slot.put(frame(2))
    slot.put(frame(3), newest=True)  # they are about to be called anyway
    assert heard == [1]
    await asyncio.sleep(0)
    assert heard == [1, 3]
