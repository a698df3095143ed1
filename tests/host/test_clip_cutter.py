"""Where clips begin and end: frames in, decisions out, no file and no clock."""

from typing import Any

from porchlight.clips.cutter import MAX_PRE_FRAMES, Cut, Cutter, Lengths
from porchlight.frames import Frame
from tests.support.viewing import host_frame, picture

SMALL = picture(64, 48)
LENGTHS = Lengths(pre_ms=1_000, quiet_ms=2_000, longest_ms=10_000, longest_bytes=1 << 20)
MOVING = {"score": 1_000}


def at(ms: int, **changed: Any) -> Frame:
    fields = {"captured_ms": ms, "arrived": ms / 1000, "score": 0} | changed
    return host_frame(ms, fields.pop("jpeg", SMALL), **fields)


def fed(cutter: Cutter, *frames: Frame) -> list[tuple[bool, list[int]]]:
    """(ended, sequences to write) for each frame."""
    cuts = [cutter.feed(frame) for frame in frames]
    return [(cut.ends, [frame.sequence for frame in cut.frames]) for cut in cuts]


def test_a_clip_begins_with_what_was_seen_before() -> None:
    cutter = Cutter(LENGTHS)
    assert fed(cutter, at(0), at(500), at(1_200), at(1_400, **MOVING), at(1_600)) == [
        (False, []),
        (False, []),
        (False, []),
        (False, [500, 1_200, 1_400]),
        (False, [1_600]),
    ]


def test_a_board_that_says_so_is_believed() -> None:
    """Its own pre-roll comes first and is no motion yet."""
    before, moved = at(0, reason=3), at(200, reason=1, score=600)
    assert fed(Cutter(LENGTHS), before, moved) == [(False, []), (False, [0, 200])]


def test_it_ends_when_nothing_moved_for_a_while() -> None:
    cutter = Cutter(LENGTHS)
    told = fed(cutter, at(0, **MOVING), at(1_900), at(2_000), at(2_100, **MOVING))
    assert told == [(False, [0]), (False, [1_900]), (True, []), (False, [2_000, 2_100])]


def test_it_ends_when_frames_stop_coming() -> None:
    cutter = Cutter(LENGTHS)
    fed(cutter, at(0, **MOVING))
    assert not cutter.idle(1.9)
    assert cutter.running
    assert cutter.idle(2.0)
    assert not cutter.running
    assert not cutter.idle(9.0), "it ends once"


def test_pre_roll_is_not_kept_when_frames_stop_coming() -> None:
    cutter = Cutter(LENGTHS)
    fed(cutter, at(0), at(100))
    cutter.idle(1.05)
    assert fed(cutter, at(1_000, **MOVING)) == [(False, [100, 1_000])]


def test_no_clip_is_longer_or_larger_than_may_be() -> None:
    cutter = Cutter(LENGTHS)
    told = fed(cutter, *(at(ms, **MOVING) for ms in range(0, 12_000, 1_000)))
    assert [ends for ends, _ in told] == [ms == 10_000 for ms in range(0, 12_000, 1_000)]
    tight = Cutter(Lengths(0, 2_000, 10_000, longest_bytes=3 * len(SMALL)))
    told = fed(tight, *(at(ms, **MOVING) for ms in range(0, 500, 100)))
    assert [ends for ends, _ in told] == [False, False, False, True, False]


def test_pictures_that_do_not_belong_together_are_not_in_one_clip() -> None:
    other = picture(80, 60)
    for frame in (at(300, boot=2, **MOVING), at(300, jpeg=other, **MOVING), at(100, **MOVING)):
        cutter = Cutter(LENGTHS)
        assert fed(cutter, at(200, **MOVING), frame)[1] == (True, [frame.sequence])
        waiting = Cutter(LENGTHS)
        assert fed(waiting, at(200), frame)[1] == (False, [frame.sequence])


def test_no_more_frames_a_second_than_the_grant_says() -> None:
    cutter = Cutter(Lengths(1_000, 2_000, 10_000, 1 << 20, gap_ms=500))
    told = fed(cutter, *(at(ms, **MOVING) for ms in range(0, 1_200, 100)))
    assert [shown for _, shown in told if shown] == [[0], [500], [1_000]]


def test_what_is_no_picture_is_left_out() -> None:
    assert Cutter(LENGTHS).feed(at(0, jpeg=b"\xff\xd8 no size", **MOVING)) == Cut()


def test_pre_roll_is_bounded() -> None:
    cutter = Cutter(Lengths(30_000, 2_000, 60_000, 1 << 30))
    fed(cutter, *(at(ms) for ms in range(2 * MAX_PRE_FRAMES)))
    ((_, frames),) = fed(cutter, at(2 * MAX_PRE_FRAMES, **MOVING))
    assert len(frames) == MAX_PRE_FRAMES + 1
