"""All cameras of a view down one socket: what is written when, by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from accord.errors import Refused
from porchlight.clock import Clock
from porchlight.ending import Ending
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import multiplex
from porchlight.streams.feed import LookFeed
from porchlight.streams.pictures import Pictures
from tests.support.viewing import host_frame


class Feed:
    """What a LookFeed is to Pictures, as a test wants it."""

    def __init__(self) -> None:
        self.slot = LatestFrame()
        self.over = Ending()
        self.reason = ""
        self.allowed = True
        self.refusal = ""
        self.asked = self.counted = self.sources = 0

    def before(self) -> int:
        return self.slot.number

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        if self.refusal:
            raise Refused(self.refusal)
        self.sources += 1
        try:
            yield
        finally:
            self.sources -= 1

    def shows(self, frame: Frame) -> bool:
        self.asked += 1
        return self.allowed

    def shown(self, frame: Frame, viewers: int) -> None:
        self.counted += viewers

    def end(self, reason: str) -> None:
        self.reason = reason
        self.over.set()


class Outlet:
    """Takes one picture, then none until there is room again."""

    def __init__(self) -> None:
        self.full = False
        self.waits = False  # some of what was taken, in the kernel
        self.aborted = False
        self.said: list[dict[str, Any]] = []
        self.seen: list[tuple[int, int]] = []  # camera, sequence
        self._go: Callable[[], None] | None = None

    def ready(self) -> bool:
        return not (self.full or self.aborted)

    def all_sent(self) -> bool:
        return not (self.full or self.waits)

    def begin(self, go: Callable[[], None]) -> None:
        self._go = go

    def picture(self, head: bytes, jpeg: bytes) -> None:
        assert self.ready(), "written to who had not taken the last one"
        _, index, _, _, sequence, _ = multiplex.HEAD.unpack(head)
        self.seen.append((index, sequence))
        self.full = True

    def text(self, words: str) -> None:
        self.said.append(json.loads(words))

    def abort(self) -> None:
        self.aborted = True

    def take(self) -> None:
        """The viewer took what was written."""
        self.full = False
        assert self._go is not None
        self._go()

    def told(self, word: str) -> list[dict[str, Any]]:
        return [text for text in self.said if word in text]


class Show:
    """Three cameras, one viewer."""

    def __init__(self) -> None:
        self.feeds = {name: Feed() for name in "abc"}
        self.outlet = Outlet()
        self.metrics = Metrics()
        given = cast("dict[str, LookFeed]", self.feeds)
        pictures = Pictures(given, self.outlet, Clock(), self.metrics)
        self.running = asyncio.create_task(pictures.run())

    async def leave(self) -> None:
        """The viewer hangs up."""
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    async def put(self, *names: str, sequence: int) -> None:
        """These cameras have a new frame; returns when whoever listens was told."""
        for name in names:
            self.feeds[name].slot.put(host_frame(sequence))
        await turn()


async def turn() -> None:
    """All that was to be called soon was called."""
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture
async def show() -> AsyncIterator[Show]:
    made = Show()
    await turn()
    yield made
    made.outlet.full = True
    await made.put("a", "b", "c", sequence=98)  # they wait
    await made.leave()
    assert [feed.sources for feed in made.feeds.values()] == [0, 0, 0]
    seen = len(made.outlet.seen)
    for feed in made.feeds.values():
        feed.slot.put(host_frame(99))
    await turn()
    if not made.outlet.aborted:
        made.outlet.take()
    assert len(made.outlet.seen) == seen, "written after the end"


async def test_who_has_not_taken_one_is_written_no_other(show: Show) -> None:
    await show.put("a", "b", sequence=1)
    await show.put("a", "b", "c", sequence=2)
    assert show.outlet.seen == [(0, 1)]
    show.outlet.take()
    show.outlet.take()
    show.outlet.take()
    assert show.outlet.seen == [(0, 1), (1, 2), (2, 2), (0, 2)]
    assert [feed.counted for feed in show.feeds.values()] == [2, 1, 1]


async def test_frames_of_one_turn_of_the_loop_are_one(show: Show) -> None:
    slot = show.feeds["a"].slot
    for sequence in range(1, 6):
        slot.put(host_frame(sequence))
    await turn()
    assert show.outlet.seen == [(0, 5)]


async def test_a_picture_is_asked_for_right_before_it_is_written(show: Show) -> None:
    await show.put("a", sequence=1)
    await show.put("b", sequence=1)
    show.feeds["b"].allowed = False  # while it waited
    show.outlet.take()
    assert show.outlet.seen == [(0, 1)]
    assert show.feeds["b"].asked == 1


async def test_a_frame_that_was_taken_back_is_not_written(show: Show) -> None:
    await show.put("a", "b", sequence=1)
    show.feeds["b"].slot.forget()
    show.outlet.take()
    assert show.outlet.seen == [(0, 1)]


async def test_a_look_that_ends_is_told_at_once_and_its_source_let_go(show: Show) -> None:
    await show.put("a", sequence=1)
    show.outlet.take()
    show.feeds["a"].end("revoked")
    assert show.outlet.told("over") == [{"over": 0, "reason": "revoked"}]
    await turn()
    assert [feed.sources for feed in show.feeds.values()] == [0, 1, 1]
    await show.put("a", "b", sequence=2)
    assert show.outlet.seen == [(0, 1), (1, 2)]


async def test_a_picture_under_way_is_cut_off_with_its_look(show: Show) -> None:
    await show.put("a", sequence=1)
    show.feeds["a"].end("revoked")
    assert show.outlet.aborted


async def test_anothers_picture_under_way_is_not_cut_off(show: Show) -> None:
    await show.put("b", sequence=1)
    await show.put("a", sequence=1)
    show.feeds["a"].end("revoked")
    assert not show.outlet.aborted
    assert show.outlet.told("over") == [{"over": 0, "reason": "revoked"}]
    show.outlet.take()
    assert show.outlet.seen == [(1, 1)]


async def test_nothing_of_a_camera_waits_behind_that_of_another(show: Show) -> None:
    show.outlet.waits = True
    await show.put("a", sequence=1)
    show.outlet.take()
    await show.put("b", sequence=1)
    show.outlet.take()
    show.feeds["c"].end("revoked")
    assert not show.outlet.aborted  # nothing of that was written
    show.feeds["a"].end("revoked")
    assert show.outlet.aborted


async def test_what_was_sent_is_no_reason_to_cut_off_others(show: Show) -> None:
    await show.put("a", sequence=1)
    show.outlet.take()
    await show.put("b", sequence=1)
    show.outlet.waits = True
    show.feeds["a"].end("revoked")
    assert not show.outlet.aborted


async def test_when_all_are_over_it_is_done(show: Show) -> None:
    for feed in show.feeds.values():
        feed.end("closed")
    async with asyncio.timeout(5):
        await show.running


async def test_a_slot_that_closes_ends_its_camera(show: Show) -> None:
    show.feeds["c"].slot.close("removed")
    await turn()
    assert show.outlet.told("over") == [{"over": 2, "reason": "removed"}]


async def test_a_source_that_must_not_run_ends_its_camera_alone() -> None:
    made = Show()
    made.feeds["b"].refusal = "too-many-viewers"  # before its task began
    await turn()
    assert made.outlet.told("over") == [{"over": 1, "reason": "too-many-viewers"}]
    await made.put("b", "c", sequence=1)
    assert made.outlet.seen == [(2, 1)]
    await made.leave()


async def test_what_the_viewer_was_too_slow_for_is_counted(show: Show) -> None:
    for sequence in range(1, 8):
        await show.put("a", sequence=sequence)
    show.outlet.take()
    assert show.outlet.seen == [(0, 1), (0, 7)]
    for feed in show.feeds.values():
        feed.end("closed")
    await turn()
    found = show.metrics.registry.get_sample_value("porchlight_frames_skipped_total")
    assert found == 5
