"""agent.rolls and agent.room: what leaves around a motion, and what is let go."""

from agent.rolls import ALWAYS, LEARNING, MOTION, POST_ROLL, PRE_ROLL, Rolls, Shot
from agent.room import MAX_FRAMES, MAX_ROLL_BYTES, MAX_ROLL_FRAMES, Room, rooms

STEP_MS = 200


class Reel:
    """Pictures of one board, one every STEP_MS, and how many of them left nowhere."""

    def __init__(self, pre_ms=2_000, post_ms=3_000, frames=100, size=1_000_000):
        self.quiet = 0
        room = Room(frames, size)
        self.rolls = Rolls(room, pre_ms=pre_ms, post_ms=post_ms, kept_back=self.kept_back)
        self.number = 0

    def kept_back(self, pictures):
        self.quiet += pictures

    def take(self, verdict=None, size=1000):
        """(reason, number of the picture) of each that leaves with the next one."""
        taken_ms = self.number * STEP_MS
        shot = Shot(bytearray(size), taken_ms, 1_000_000 + taken_ms, 3)
        shot.score = self.number
        self.number += 1
        return [(reason, one.score) for reason, one in self.rolls.leaving(shot, verdict)]

    def quietly(self, pictures, size=1000):
        for _ in range(pictures):
            assert self.take(None, size) == []
        return self

    @property
    def held(self):
        return self.number - self.quiet


def pre(first, last, then):
    """Pre-roll from the first to the last, and what released it."""
    found = [(PRE_ROLL, number) for number in range(first, last + 1)]
    found.append(then)
    return found


def test_what_is_quiet_stays():
    reel = Reel().quietly(50)
    assert reel.quiet == 50 - 11  # two seconds and the picture that begins them are held


def test_what_was_before_a_motion_leaves_first_and_in_order():
    reel = Reel().quietly(30)
    assert reel.take(MOTION) == pre(20, 29, (MOTION, 30))
    assert reel.quiet == 20


def test_what_is_after_a_motion_leaves_for_a_while():
    reel = Reel().quietly(30)
    reel.take(MOTION)
    rolled = [reel.take() for _ in range(20)]
    assert rolled == [[(POST_ROLL, 31 + n)] for n in range(15)] + [[]] * 5


def test_motion_prolongs_what_follows_it():
    reel = Reel()
    assert [reel.take(MOTION) for _ in range(3)] == [[(MOTION, n)] for n in range(3)]
    for _ in range(14):
        reel.take()
    assert reel.take(MOTION) == [(MOTION, 17)]
    assert reel.take() == [(POST_ROLL, 18)]
    assert reel.quiet == 0


def test_nothing_leaves_twice():
    reel = Reel(post_ms=1_000)
    seen = []
    for n in range(400):
        seen += [number for _, number in reel.take(MOTION if n % 37 in (0, 3, 11) else None)]
    assert seen == sorted(set(seen))
    assert len(seen) + reel.quiet + reel.held >= 400


def test_the_ring_is_bounded_by_pictures_and_by_bytes():
    assert Reel(frames=4).quietly(30).take(MOTION) == pre(26, 29, (MOTION, 30))
    assert Reel(size=3_500).quietly(30).take(MOTION) == pre(27, 29, (MOTION, 30))


def test_a_ring_that_cannot_hold_as_long_as_wished_says_so_once():
    told = []
    reel = Reel(size=3_500)
    reel.rolls.cramped = told.append
    reel.quietly(3)
    assert told == []
    reel.quietly(9)
    assert told == [3]
    roomy = Reel()
    roomy.rolls.cramped = told.append
    roomy.quietly(30)
    assert told == [3], "those were old"


def test_a_picture_larger_than_the_ring_is_not_held():
    reel = Reel(size=999).quietly(5)
    assert reel.quiet == 5
    assert reel.take(MOTION) == [(MOTION, 5)]


def test_a_large_picture_takes_the_room_of_several():
    reel = Reel(size=5_000).quietly(5)
    reel.quietly(1, 3_000)
    assert reel.take(MOTION) == pre(3, 5, (MOTION, 6))


def test_without_pre_roll_nothing_is_held():
    reel = Reel(pre_ms=0).quietly(5)
    assert reel.quiet == 5
    assert reel.take(MOTION) == [(MOTION, 5)]


def test_without_post_roll_motion_ends_at_once():
    reel = Reel(post_ms=0)
    assert reel.take(MOTION) == [(MOTION, 0)]
    assert reel.take() == []


def test_what_is_old_is_let_go_though_no_picture_came():
    reel = Reel().quietly(10)
    reel.number += 100  # the camera was away
    assert reel.take(MOTION) == [(MOTION, 110)]


def test_learning_sends_and_does_not_roll_on():
    reel = Reel()
    assert [reel.take(LEARNING) for _ in range(3)] == [[(LEARNING, n)] for n in range(3)]
    assert reel.take() == []


def test_nothing_older_leaves_after_something_newer():
    """And only motion brings back what was held: learning again is no way to see it."""
    reel = Reel().quietly(3)
    assert reel.take(LEARNING) == [(LEARNING, 3)]
    assert reel.quiet == 3
    reel.quietly(3)
    assert reel.take(ALWAYS) == [(ALWAYS, 7)]
    assert reel.quiet == 6
    assert reel.take(MOTION) == [(MOTION, 8)]


def test_always_holds_nothing_and_forgets_no_motion():
    reel = Reel().quietly(3)
    assert [reel.take(ALWAYS) for _ in range(3)] == [[(ALWAYS, n)] for n in (3, 4, 5)]
    assert reel.take() == []


def test_a_reset_lets_go_of_everything():
    reel = Reel().quietly(3)
    reel.take(MOTION)
    reel.rolls.reset()
    assert reel.take() == []  # no post-roll
    reel.rolls.reset()
    assert (reel.quiet, reel.take(MOTION)) == (1, [(MOTION, 5)])


def test_a_purge_keeps_what_is_wanted():
    reel = Reel().quietly(6)
    reel.rolls.purge(lambda shot: shot.score % 2 == 1)
    assert reel.quiet == 3
    assert reel.take(MOTION) == [(PRE_ROLL, 1), (PRE_ROLL, 3), (PRE_ROLL, 5), (MOTION, 6)]


def test_the_bytes_held_are_counted_over_everything():
    """The bound in bytes still holds after releases and purges."""
    reel = Reel(size=3_000)
    for round_ in range(5):
        reel.quietly(7)
        reel.rolls.purge(lambda shot: shot.score % 2 == 0)
        found = reel.quietly(4).take(MOTION)
        assert len(found) == 4, round_
        reel.number += 16  # past the post-roll


def test_a_board_keeps_as_much_as_its_memory_allows():
    queue, ring = rooms(4_000_000)
    assert not queue.passed(MAX_FRAMES, 200_000)
    assert queue.passed(MAX_FRAMES + 1, 1)
    assert not ring.passed(MAX_ROLL_FRAMES, 400_000)
    assert ring.passed(1, MAX_ROLL_BYTES + 1)
    queue, ring = rooms(100_000)
    assert (queue.passed(1, 25_000), queue.passed(1, 25_001)) == (False, True)
    assert (ring.passed(1, 12_500), ring.passed(1, 12_501)) == (False, True)
    assert rooms(0)[1].passed(1, 1)
