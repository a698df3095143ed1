"""Which camera's picture goes next down one socket: newest only, and in turn."""

from hypothesis import given
from hypothesis import strategies as st

from porchlight.streams import multiplex
from porchlight.streams.multiplex import Lane, Multiplex
from tests.support.viewing import host_frame


def lanes(count: int) -> Multiplex:
    return Multiplex(Lane(taken=0) for _ in range(count))


def drain(mux: Multiplex) -> list[int]:
    taken = []
    while (index := mux.next()) is not None:
        taken.append(index)
    return taken


def test_the_bytes_before_a_picture() -> None:
    frame = host_frame(0x01020304, captured_ms=1_700_000_000_123, score=0x0A0B)
    assert multiplex.head(7, frame).hex() == "010700000000018bcfe5687b010203040a0b"
    assert multiplex.head(0, frame, multiplex.REPEATED)[2:4] == b"\x00\x01"


def test_nobody_waits_before_a_picture_came() -> None:
    mux = lanes(2)
    assert mux.next() is None


def test_cameras_take_turns_beginning_behind_the_last_one() -> None:
    mux = lanes(3)
    for index in range(3):
        mux.offer(index, 1)
    assert mux.next() == 0
    mux.offer(0, 2)  # a fast camera does not come before those that waited
    assert drain(mux) == [1, 2, 0]


def test_only_the_newest_is_taken_and_the_others_are_counted_for_their_camera() -> None:
    mux = lanes(2)
    for number in (1, 2, 3, 4):
        mux.offer(0, number)
    mux.offer(1, 1)
    assert drain(mux) == [0, 1]
    assert [lane.skipped for lane in mux.lanes] == [3, 0]


def test_what_is_over_is_never_taken_again() -> None:
    mux = lanes(2)
    mux.offer(0, 1)
    mux.offer(1, 1)
    mux.end(0)
    mux.offer(0, 2)
    assert drain(mux) == [1]
    assert not mux.over
    mux.end(1)
    assert mux.over


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=200),
)
def test_no_camera_starves_and_no_number_comes_twice_or_backwards(
    count: int, steps: list[tuple[int, bool]]
) -> None:
    """Any order of arrivals and writes: who waits is served within one round."""
    mux = lanes(count)
    numbers, served, since = [0] * count, [0] * count, [0] * count
    for camera, takes in steps:
        index = camera % count
        numbers[index] += 1
        mux.offer(index, numbers[index])
        if not takes:
            continue
        waiting = [lane.waits for lane in mux.lanes]
        taken = mux.next()
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
