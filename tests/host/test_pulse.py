"""The host's regular timer."""

import asyncio

import pytest

from porchlight.pulse import PERIOD_S, Pulse


class Broken(Exception):
    """Raised by a beat."""


async def test_every_beat_calls_all_and_tells_how_late_it_was() -> None:
    late: list[float] = []
    calls: list[str] = []
    third = asyncio.Event()

    def second() -> None:
        calls.append("second")
        if len(calls) == 6:
            third.set()

    loop = asyncio.get_running_loop()
    since = loop.time()
    running = asyncio.create_task(Pulse(late.append, lambda: calls.append("first"), second).run())
    await third.wait()
    assert loop.time() - since >= 3 * PERIOD_S - 0.01
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert calls == ["first", "second"] * 3
    assert len(late) == 3
    assert min(late) >= 0


async def test_it_ends_by_what_a_beat_raises() -> None:
    def beat() -> None:
        raise Broken

    with pytest.raises(Broken):
        await Pulse(lambda late_s: None, beat).run()
