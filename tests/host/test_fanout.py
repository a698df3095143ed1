"""The fan-out: who is given what and when, how it repeats, and how it ends. In virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from itertools import pairwise
from typing import Any

import pytest

from accord.errors import Refused
from porchlight.ending import Ending
from porchlight.frames import Frame, LatestFrame
from porchlight.streams.fanout import Fanout
from porchlight.streams.sinks import Taken
from porchlight.streams.viewer import Viewer
from tests.support import virtual
from tests.support.viewing import host_frame

Given = tuple[float, int, int]  # when, frame's sequence, how many times repeated


class ScriptedFeed:
    """`asked` keeps every question; `denied` makes the answer no."""

    def __init__(self, gap_s: float = 0.0) -> None:
        self.slot = LatestFrame()
        self.over = Ending()
        self.gap_s = gap_s
        self.denied = False
        self.refused = False
        self.stale = True
        self.runs = 0
        self.asked: list[tuple[int, int]] = []
        self.counted: list[tuple[int, int, int]] = []
        self.missed: list[tuple[int, int, int]] = []  # sequence, viewers, parts before it

    def before(self) -> int:
        return self.slot.number - (not self.stale and self.slot.latest is not None)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        if self.refused:
            raise Refused("too-many-viewers")
        self.runs += 1
        try:
            yield
        finally:
            self.runs -= 1

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        self.asked.append((frame.sequence, repeated))
        return None if self.denied else b"%d %d" % (frame.sequence, repeated)

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        self.counted.append((frame.sequence, viewers, repeated))
        self.missed.append((frame.sequence, viewers, missed))

    def put(self, sequence: int) -> None:
        self.slot.put(host_frame(sequence))


class Bucket:
    """A sink. While `full` it takes nothing; `slow` makes it full with each part."""

    def __init__(self, *, full: bool = False, slow: bool = False, tells: bool = True) -> None:
        self.full = full
        self.slow = slow
        self.tells = tells
        self.got: list[Given] = []
        self.ended = ""

    @property
    def idle(self) -> bool:
        return not self.full

    def give(self, part: bytes) -> Taken:
        assert not self.ended
        if self.full:
            return Taken.NOTHING
        sequence, repeated = map(int, part.split())
        self.got.append((round(asyncio.get_running_loop().time(), 3), sequence, repeated))
        self.full = self.slow
        return Taken.BEHIND if self.slow else Taken.WHOLE

    def cut(self) -> bool:
        if self.full:
            self.ended = "cut"
        return self.full

    def close(self) -> None:
        if not self.cut():
            self.ended = "closed"

    @property
    def sequences(self) -> list[int]:
        return [sequence for _, sequence, _ in self.got]


class Stage:
    """A fan-out and its viewers."""

    def __init__(self, gap_s: float = 0.0) -> None:
        self.feed = ScriptedFeed(gap_s)
        self.skipped = 0
        self.deserted = 0
        self.left: list[Viewer] = []
        self.fanout = Fanout(self.feed, skipped=self._skip, deserted=self._desert)

    def joins(self, bucket: Bucket, fps: float = 0) -> Viewer:
        viewer = Viewer(
            self.fanout, bucket, 1 / fps if fps else 0.0, lambda: self.left.append(viewer)
        )
        self.fanout.join(viewer)
        return viewer

    def _skip(self, count: int) -> None:
        self.skipped += count

    def _desert(self) -> None:
        self.deserted += 1


async def turns(count: int = 4) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The coroutine as a test of its own loop."""

    @wraps(test)
    def run(*args: object, **named: object) -> None:
        virtual.run(test(*args, **named))

    return run


@in_virtual_time
async def test_the_feed_is_asked_once_for_all_viewers() -> None:
    stage, buckets = Stage(), [Bucket() for _ in range(3)]
    for bucket in buckets:
        stage.joins(bucket)
    await turns()
    stage.feed.put(1)
    await turns()
    assert stage.feed.asked == [(1, 0)]
    assert [bucket.sequences for bucket in buckets] == [[1]] * 3
    assert stage.feed.counted == [(1, 3, 0)]


@in_virtual_time
async def test_of_frames_that_came_in_one_turn_only_the_newest_is_shown() -> None:
    stage, bucket = Stage(), Bucket()
    stage.joins(bucket)
    await turns()
    for sequence in (1, 2, 3):
        stage.feed.put(sequence)
    await turns()
    assert bucket.sequences == [3]
    assert stage.skipped == 0  # nobody was too slow


@in_virtual_time
async def test_who_is_behind_gets_the_newest_and_the_feed_is_asked_again() -> None:
    stage, fast, slow = Stage(), Bucket(), [Bucket(slow=True), Bucket(slow=True)]
    viewers = [stage.joins(bucket) for bucket in (fast, *slow)][1:]
    await turns()
    for sequence in (1, 2, 3, 4):
        stage.feed.put(sequence)
        await turns()
    assert fast.sequences == [1, 2, 3, 4]
    assert [bucket.sequences for bucket in slow] == [[1], [1]]
    asked = len(stage.feed.asked)
    for bucket, viewer in zip(slow, viewers, strict=True):
        bucket.full = False
        viewer.room()
    await turns()
    assert [bucket.sequences for bucket in slow] == [[1, 4], [1, 4]]
    assert stage.feed.asked[asked:] == [(4, 0)]  # once for both
    assert stage.skipped == 4  # two frames for each


@in_virtual_time
async def test_who_has_room_again_after_consent_went_gets_nothing() -> None:
    stage, slow = Stage(), Bucket(slow=True)
    viewer = stage.joins(slow)
    await turns()
    stage.feed.put(1)
    await turns()
    stage.feed.put(2)
    await turns()
    stage.feed.denied, slow.full = True, False
    viewer.room()
    await turns()
    assert slow.sequences == [1]


@in_virtual_time
async def test_a_frame_that_may_not_be_shown_is_never_repeated() -> None:
    stage, bucket = Stage(), Bucket()
    stage.joins(bucket)
    await turns()
    stage.feed.put(1)
    await turns()
    stage.feed.denied = True
    stage.feed.put(2)
    await turns()
    stage.feed.denied = False  # of another frame
    await asyncio.sleep(5)
    assert bucket.sequences == [1]


@in_virtual_time
async def test_a_pause_brings_the_last_frame_again_soon_and_then_every_second() -> None:
    stage, bucket = Stage(), Bucket()
    stage.joins(bucket)
    await turns()
    stage.feed.put(7)
    await asyncio.sleep(2.5)
    assert bucket.got == [(0.0, 7, 0), (0.1, 7, 1), (1.1, 7, 2), (2.1, 7, 3)]
    stage.feed.put(8)
    await asyncio.sleep(0.15)
    assert bucket.got[4:] == [(2.5, 8, 0), (2.6, 8, 1)]
    assert [counted[2] for counted in stage.feed.counted] == [0, 1, 2, 3, 0, 1]


@in_virtual_time
async def test_no_pause_begins_while_frames_come_as_usual() -> None:
    stage, bucket = Stage(), Bucket()
    stage.joins(bucket)
    await turns()
    for sequence in range(1, 11):
        stage.feed.put(sequence)
        await asyncio.sleep(0.2)
    again = [given for given in bucket.got if given[2]]
    assert again == [(0.1, 1, 1)]  # before anybody could know what is usual
    assert bucket.sequences[-1] == 10
    await asyncio.sleep(0.21)
    assert bucket.got[-1] == (2.2, 10, 1)  # half a frame's time and a tenth of a second overdue


@in_virtual_time
async def test_what_the_slot_forgot_is_repeated_while_the_feed_says_yes() -> None:
    stage, bucket = Stage(), Bucket()
    stage.joins(bucket)
    await turns()
    stage.feed.put(1)
    await turns()
    stage.feed.slot.forget()  # the board went away
    await asyncio.sleep(0.5)
    assert bucket.got[-1] == (0.1, 1, 1)
    stage.feed.denied = True
    await asyncio.sleep(3)
    assert bucket.got[-1] == (0.1, 1, 1)


@in_virtual_time
async def test_repetitions_keep_the_pace_of_the_feed() -> None:
    stage, bucket = Stage(gap_s=0.5), Bucket()
    stage.joins(bucket)
    await turns()
    for sequence in range(1, 5):
        stage.feed.put(sequence)
        await asyncio.sleep(0.5)
    assert [repeated for _, _, repeated in bucket.got] == [0, 0, 0, 0]
    await asyncio.sleep(3)
    times = [when for when, _, _ in bucket.got]
    assert bucket.got[-1][2] >= 2
    assert min(b - a for a, b in pairwise(times)) >= 0.5


@in_virtual_time
async def test_a_viewer_may_ask_for_fewer_frames_than_others() -> None:
    stage, fast, capped = Stage(), Bucket(), Bucket()
    stage.joins(fast)
    stage.joins(capped, fps=5)
    await turns()
    for sequence in range(1, 101):
        stage.feed.put(sequence)
        await asyncio.sleep(0.02)
    assert len(fast.got) == 100
    assert 9 <= len(capped.got) <= 11
    assert stage.skipped == 0
    await asyncio.sleep(0.5)  # a pause: the last frame is new to the one, old to the other
    assert capped.got[-1][1:] == (100, 0)
    assert fast.got[-1][1:] == (100, 1)


@in_virtual_time
async def test_when_the_feed_is_over_all_are_let_go_of_at_once() -> None:
    stage, idle, behind = Stage(), Bucket(), Bucket(slow=True)
    viewers = [stage.joins(idle), stage.joins(behind)]
    await turns()
    stage.feed.put(1)
    await turns()
    stage.feed.over.set()
    assert (idle.ended, behind.ended) == ("closed", "cut")
    assert stage.left == viewers
    assert (len(stage.fanout), stage.deserted) == (0, 1)
    for viewer in viewers:
        viewer.gone()  # their connections are lost a moment later
        viewer.room()
    await asyncio.sleep(5)
    assert stage.left == viewers
    assert (stage.deserted, stage.feed.runs) == (1, 0)


@in_virtual_time
async def test_who_comes_when_it_is_over_is_sent_away() -> None:
    stage, bucket = Stage(), Bucket()
    stage.feed.over.set()
    stage.joins(bucket)
    assert bucket.ended == "closed"
    assert len(stage.left) == 1


@pytest.mark.parametrize("stale", [False, True])
@in_virtual_time
async def test_who_comes_late_begins_with_what_came_this_very_moment(stale: bool) -> None:
    stage, first, second = Stage(), Bucket(), Bucket()
    stage.joins(first)
    await turns()
    stage.feed.put(1)
    await turns()
    stage.feed.stale = stale
    stage.joins(second)
    await turns()
    assert second.sequences == ([] if stale else [1])
    stage.feed.put(2)
    await turns()
    assert second.sequences[-1] == 2


@in_virtual_time
async def test_what_is_old_opens_no_stream_and_is_never_a_repetition_to_who_was_not_given_it() -> (
    None
):
    stage, first, late, capped = Stage(), Bucket(), Bucket(), Bucket()
    stage.joins(first)
    await turns()
    stage.feed.put(1)
    await asyncio.sleep(3)
    stage.joins(late)
    stage.joins(capped, fps=20)
    await asyncio.sleep(3)
    assert first.got[-1][2] >= 5
    assert late.got == capped.got == []
    stage.feed.put(2)
    await asyncio.sleep(0.15)
    for bucket in (first, late, capped):
        assert [given[1:] for given in bucket.got[-2:]] == [(2, 0), (2, 1)]
    assert [told for told in stage.feed.counted if told[2] == 0] == [
        (1, 1, 0),
        (2, 1, 0),
        (2, 2, 0),
    ]


@in_virtual_time
async def test_who_waits_for_news_and_leaves_or_sees_the_end_is_let_go_of() -> None:
    stage, buckets = Stage(), [Bucket(), Bucket(), Bucket()]
    stage.joins(buckets[0])
    await turns()
    stage.feed.put(1)
    await turns()
    leaving, staying = stage.joins(buckets[1]), stage.joins(buckets[2])
    await turns()
    assert len(stage.fanout) == 3
    leaving.gone()
    assert len(stage.fanout) == 2
    stage.feed.over.set()
    assert buckets[2].ended == "closed"
    assert staying in stage.left
    assert (len(stage.fanout), stage.deserted) == (0, 1)


@in_virtual_time
async def test_the_feed_is_told_how_many_parts_a_viewer_missed() -> None:
    stage, fast, slow = Stage(), Bucket(), Bucket(slow=True)
    stage.joins(fast)
    viewer = stage.joins(slow)
    await turns()
    for sequence in (1, 2, 3, 4):
        stage.feed.put(sequence)
        await turns()
    slow.full = slow.slow = False
    viewer.room()
    stage.feed.stale = False
    stage.joins(Bucket())
    await turns()
    assert stage.feed.missed == [
        (1, 2, 1),  # all there were
        *((sequence, 1, 0) for sequence in (2, 3, 4)),
        (4, 1, 2),  # 2 and 3
        (4, 1, 4),
    ]


@in_virtual_time
async def test_the_first_viewer_is_shown_what_the_slot_holds_if_that_is_fresh() -> None:
    stage, bucket = Stage(), Bucket()
    stage.feed.put(1)
    stage.feed.stale = False
    stage.joins(bucket)
    await turns()
    assert bucket.got == [(0.0, 1, 0)]


@in_virtual_time
async def test_the_feed_runs_from_the_first_viewer_to_the_last() -> None:
    stage = Stage()
    one, two = stage.joins(Bucket()), stage.joins(Bucket())
    await turns()
    assert stage.feed.runs == 1
    one.gone()
    await turns()
    assert (stage.feed.runs, stage.deserted) == (1, 0)
    two.gone()
    two.gone()
    await turns()
    assert (stage.feed.runs, stage.deserted, len(stage.left)) == (0, 1, 2)
    stage.feed.put(1)
    await asyncio.sleep(3)
    assert stage.feed.asked == []
    again = Bucket()
    stage.joins(again)
    await turns()
    assert stage.feed.runs == 1
    stage.feed.put(2)
    await turns()
    assert again.sequences == [2]


@in_virtual_time
async def test_viewers_of_what_must_not_run_are_let_go_of() -> None:
    stage, bucket = Stage(), Bucket()
    stage.feed.refused = True
    stage.joins(bucket)
    await turns()
    assert bucket.ended == "closed"
    assert (len(stage.left), stage.deserted) == (1, 1)


@in_virtual_time
async def test_sinks_that_do_not_tell_are_looked_at() -> None:
    stage, silent = Stage(), Bucket(full=True, tells=False)
    stage.joins(silent)
    await turns()
    stage.feed.put(1)
    await asyncio.sleep(0.05)
    assert silent.got == []
    stage.feed.put(2)
    silent.full = False
    await asyncio.sleep(0.05)
    assert silent.sequences == [2]


@in_virtual_time
async def test_a_closed_slot_ends_it() -> None:
    stage, bucket = Stage(), Bucket()
    stage.joins(bucket)
    await turns()
    stage.feed.slot.close("gone")
    await turns()
    assert bucket.ended == "closed"


class Broken(Bucket):
    """Fails as nothing should."""

    def give(self, part: bytes) -> Taken:
        raise RuntimeError("of its own")

    def close(self) -> None:
        super().close()
        raise RuntimeError("of its own")


@in_virtual_time
async def test_a_fan_out_that_fails_lets_go_of_its_viewers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage, one, broken, two = Stage(), Bucket(), Broken(), Bucket()
    viewers = [stage.joins(bucket) for bucket in (one, broken, two)]
    await turns()
    stage.feed.put(1)
    await turns()
    assert [bucket.ended for bucket in (one, broken, two)] == ["closed"] * 3
    assert set(stage.left) == set(viewers)
    assert (len(stage.fanout), stage.deserted) == (0, 1)
    assert [record.message for record in caplog.records] == ["a stream failed", "a callback failed"]


@in_virtual_time
async def test_an_end_of_a_part_lets_go_of_who_has_not_taken_all() -> None:
    stage, part, idle, behind = Stage(), Ending(), Bucket(), Bucket(slow=True)
    stage.fanout = Fanout(
        stage.feed, skipped=stage._skip, deserted=stage._desert, parts=[part, Ending()]
    )
    _, slow = stage.joins(idle), stage.joins(behind)
    await turns()
    stage.feed.put(1)
    await turns()
    part.set()
    assert (idle.ended, behind.ended) == ("", "cut")
    assert stage.left == [slow]
    stage.feed.put(2)
    await turns()
    assert idle.sequences == [1, 2]


class Silent(Bucket):
    """Does not tell of room; counts who asks."""

    def __init__(self) -> None:
        super().__init__(full=True, tells=False)
        self.asked = 0

    @property
    def idle(self) -> bool:
        self.asked += 1
        return not self.full


@in_virtual_time
async def test_who_takes_nothing_is_looked_at_ever_more_seldom() -> None:
    stage, silent = Stage(), Silent()
    stage.joins(silent)
    await turns()
    silent.asked = 0
    await asyncio.sleep(60)
    assert silent.asked == 0  # nothing waits for it
    stage.feed.put(1)
    await asyncio.sleep(10)
    assert 15 <= silent.asked <= 40
    silent.asked = 0
    await asyncio.sleep(10)
    assert 19 <= silent.asked <= 21  # twice a second
    silent.full = False
    await asyncio.sleep(0.6)
    assert silent.sequences == [1]


@in_virtual_time
async def test_viewers_go_on_in_another_fanout() -> None:
    recorded, live = Stage(), Stage()
    quick, slow = Bucket(), Bucket(slow=True)
    recorded.joins(quick)
    behind = recorded.joins(slow)
    await turns()
    recorded.feed.put(1)
    await turns()
    live.feed.put(7)  # came while nobody watched there: too old for who comes now
    recorded.fanout.hand_on(live.fanout)
    await turns()
    assert (len(recorded.fanout), recorded.feed.runs, recorded.deserted) == (0, 0, 1)
    assert (len(live.fanout), live.feed.runs) == (2, 1)
    live.feed.put(8)
    await turns()
    assert (quick.sequences, slow.sequences) == ([1, 8], [1])
    slow.full = False
    behind.room()
    await turns()
    assert slow.sequences == [1, 8]
    recorded.feed.put(2)
    recorded.feed.over.set()
    await turns()
    assert quick.sequences == [1, 8]
    behind.gone()
    assert len(live.fanout) == 1
    live.feed.over.set()
    assert (quick.ended, slow.ended) == ("closed", "")


@in_virtual_time
async def test_who_goes_on_where_it_is_over_is_let_go_of() -> None:
    recorded, live, bucket = Stage(), Stage(), Bucket()
    recorded.joins(bucket)
    await turns()
    live.feed.over.set()
    recorded.fanout.hand_on(live.fanout)
    assert (bucket.ended, len(recorded.left)) == ("closed", 1)
