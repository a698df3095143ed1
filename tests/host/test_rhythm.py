"""When to look again at a viewer who does not tell of room."""

from itertools import pairwise

from porchlight.streams.rhythm import LOOK_S, SELDOM_S, BackOff


def test_the_longer_nothing_was_found_the_longer_until_the_next_look() -> None:
    looks = BackOff()
    waits = [looks.next_s() for _ in range(30)]
    assert waits[0] == LOOK_S
    assert waits == sorted(waits)
    assert all(later <= 1.25 * wait for wait, later in pairwise(waits))
    assert waits[-1] == SELDOM_S


def test_when_something_was_found_it_begins_anew() -> None:
    looks = BackOff(0.02)
    assert [looks.next_s(), looks.next_s()] == [0.02, 0.025]
    looks.reset()
    assert looks.next_s() == 0.02
