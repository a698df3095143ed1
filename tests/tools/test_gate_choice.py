"""Which frames of a long reel are on its page."""

import itertools

from porchkit.replay.choice import chosen
from porchkit.replay.labels import Labels
from porchkit.replay.run import Verdict

QUIET, MOVES = Verdict(900, score=10), Verdict(900, score=4000)


def reel(*runs: tuple[Verdict, int]) -> list[Verdict]:
    return list(itertools.chain.from_iterable([verdict] * count for verdict, count in runs))


def test_all_of_a_short_one() -> None:
    assert chosen(reel((QUIET, 7)), most=7) == list(range(7))


def test_what_moves_first_then_what_is_beside_it() -> None:
    verdicts = reel((QUIET, 500), (MOVES, 20), (QUIET, 500), (Verdict(9, "truncated"), 1))
    verdicts += reel((QUIET, 400))
    found = chosen(verdicts, most=40)
    assert found == sorted(set(found))
    assert len(found) == 40
    assert {*range(499, 521), 1019, 1020, 1021} <= set(found)
    quiet = [frame for frame in found if not 498 < frame < 521 and not 1018 < frame < 1022]
    assert min(quiet) < 150, "the quiet rest is not spread"
    assert max(quiet) > 1250, "the quiet rest is not spread"


def test_every_beginning_where_even_motion_is_too_much() -> None:
    verdicts = reel(*[(QUIET, 20), (MOVES, 80)] * 10)
    found = set(chosen(verdicts, most=60))
    assert len(found) == 60
    assert {100 * number + 20 for number in range(10)} <= found
    assert {100 * number + 99 for number in range(10)} <= found


def test_motion_that_was_missed() -> None:
    label = (0,) * 300 + (1,) * 5 + (0,) * 300
    found = chosen(reel((QUIET, 605)), Labels(label, ((300, 304),), ()), most=20)
    assert {*range(299, 306)} <= set(found)
