"""Alarms: when a callback comes, however often it was put off. By the clock of a loop that a test
moves."""

import asyncio
from collections.abc import Callable
from typing import Any

from porchlight.streams.alarms import Alarms


class Loop:
    """The part of an event loop that Alarms uses."""

    def __init__(self) -> None:
        self.made = 0
        self.rang: list[str] = []
        self._timers: dict[int, tuple[float, Callable[[], None]]] = {}

    def call_at(self, at: float, callback: Callable[..., None], *args: object) -> Any:
        self.made += 1
        number = self.made
        self._timers[number] = at, lambda: callback(*args)
        return _Timer(lambda: self._timers.pop(number, None))

    def go_to(self, now: float) -> None:
        """Everything due by then happens."""
        for number, (at, callback) in sorted(self._timers.items()):
            if at <= now:
                del self._timers[number]
                callback()


class _Timer:
    def __init__(self, cancel: Callable[[], object]) -> None:
        self.cancel = cancel


def alarms() -> tuple[Alarms, Loop, Callable[[], None]]:
    loop: Any = Loop()
    as_loop: asyncio.AbstractEventLoop = loop
    return Alarms(as_loop), loop, lambda: loop.rang.append("rang")


def test_what_is_put_off_does_not_ring_when_it_would_have() -> None:
    ours, loop, ring = alarms()
    ours.arm(ring, 10.0)
    ours.put_off(ring, 20.0, now=8.0)
    loop.go_to(19.0)
    assert loop.rang == []
    loop.go_to(20.0)
    assert loop.rang == ["rang"]


def test_who_keeps_putting_off_is_never_rung_and_makes_few_timers() -> None:
    ours, loop, ring = alarms()
    for step in range(100):
        now = step * 0.05
        loop.go_to(now)
        ours.put_off(ring, now + 0.175, now)
    assert loop.rang == []
    assert loop.made <= 35
    loop.go_to(99 * 0.05 + 0.175)
    assert loop.rang == ["rang"]


def test_it_may_be_put_off_to_an_earlier_time() -> None:
    ours, loop, ring = alarms()
    ours.arm(ring, 10.0)
    ours.put_off(ring, 3.0, now=1.0)
    loop.go_to(3.0)
    assert loop.rang == ["rang"]
    loop.go_to(10.0)
    assert loop.rang == ["rang"]
