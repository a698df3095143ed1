"""Which camera's picture goes next down one socket: newest only, in turn, each at its own pace."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.streams import multiplex
from porchlight.streams.multiplex import Lane, Multiplex
from tests.support.viewing import host_frame


def lanes(*gaps_s: float) -> Multiplex:
    return Multiplex(Lane(gap_s, taken=0) for gap_s in gaps_s)


def drain(mux: Multiplex, now: float = 0.0) -> list[int]:
    taken = []
    while (index := mux.next(now)) is not None:
        taken.append(index)
    return taken


def test_the_bytes_before_a_picture() -> None:
    frame = host_frame(0x01020304, captured_ms=1_700_000_000_123, score=0x0A0B)
    assert multiplex.head(7, frame).hex() == "010700000000018bcfe5687b010203040a0b"
    assert multiplex.head(0, frame, multiplex.REPEATED)[2:4] == b"\x00\x01"


def test_nobody_waits_before_a_picture_came() -> None:
    mux = lanes(0, 0)
    assert mux.next(0.0) is None
    assert mux.wait_s(0.0) is None


def test_cameras_take_turns_beginning_behind_the_last_one() -> None:
    mux = lanes(0, 0, 0)
    for index in range(3):
        mux.offer(index, 1)
    assert mux.next(0.0) == 0
    mux.offer(0, 2)  # a fast camera does not come before those that waited
    assert drain(mux) == [1, 2, 0]


def test_only_the_newest_is_taken_and_the_others_are_counted_for_their_camera() -> None:
    mux = lanes(0, 0)
    for number in (1, 2, 3, 4):
        mux.offer(0, number)
    mux.offer(1, 1)
    assert drain(mux) == [0, 1]
    assert [lane.skipped for lane in mux.lanes] == [3, 0]


def test_the_pace_of_a_grant_is_kept_and_its_skips_are_nobodys_fault() -> None:
    mux = lanes(0.2, 0)
    shown = []
    for tick in range(100):  # a frame each 10 ms
        now = tick / 100
        mux.offer(0, tick + 1)
        shown += [now] * len(drain(mux, now))
    gaps = [later - before for before, later in pairwise(shown)]
    assert len(shown) == pytest.approx(6, abs=1)
    assert min(gaps) > 0.2 * 3 / 4 - 0.001
    assert mux.lanes[0].skipped == 0


def test_how_long_the_pace_holds_a_picture_back() -> None:
    mux = lanes(1.0)
    mux.offer(0, 1)
    assert drain(mux, 10.0) == [0]
    mux.offer(0, 2)
    assert drain(mux, 10.5) == []
    wait_s = mux.wait_s(10.5)
    assert wait_s == pytest.approx(0.25)
    assert drain(mux, 10.5 + (wait_s or 0)) == [0]


def test_what_is_over_is_never_taken_again() -> None:
    mux = lanes(0, 0)
    mux.offer(0, 1)
    mux.offer(1, 1)
    mux.end(0)
    mux.offer(0, 2)
    assert drain(mux) == [1]
    assert not mux.over
    mux.end(1)
    assert mux.over
    assert mux.wait_s(0.0) is None


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=200),
)
def test_no_camera_starves_and_no_number_comes_twice_or_backwards(
    count: int, steps: list[tuple[int, bool]]
) -> None:
    """Any order of arrivals and writes: who waits is served within one round."""
    mux = lanes(*[0.0] * count)
    numbers, served, since = [0] * count, [0] * count, [0] * count
    for camera, takes in steps:
        index = camera % count
        numbers[index] += 1
        mux.offer(index, numbers[index])
        if not takes:
            continue
        waiting = [lane.waits for lane in mux.lanes]
        taken = mux.next(0.0)
        assert taken is not None
        assert numbers[taken] > served[taken]
        served[taken] = numbers[taken]
        since = [
            0 if at == taken else past + waits
            for at, (past, waits) in enumerate(zip(since, waiting, strict=True))
        ]
        assert max(since) < count
    drain(mux)
    skipped = sum(lane.skipped for lane in mux.lanes)
    assert all(lane.taken == number for lane, number in zip(mux.lanes, numbers, strict=True))
    assert skipped <= sum(numbers)
