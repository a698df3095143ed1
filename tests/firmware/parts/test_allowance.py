"""agent.allowance: so many, and one more every fifteen seconds."""

from agent.allowance import EVERY_MS, MOST, Allowance


def taken(allowance, now_ms):
    """How many of a thousand may leave now."""
    return len([1 for _ in range(1_000) if allowance.take(now_ms)])


def test_a_board_that_starts_has_them_all():
    assert taken(Allowance(), 0) == MOST


def test_one_more_every_while():
    allowance = Allowance()
    taken(allowance, 0)
    assert taken(allowance, EVERY_MS - 1) == 0
    assert taken(allowance, EVERY_MS) == 1
    assert taken(allowance, EVERY_MS + 1) == 0
    assert taken(allowance, 4 * EVERY_MS + 1) == 3
    assert taken(allowance, 5 * EVERY_MS) == 1, "asking between does not put it off"


def test_never_more_than_there_can_be():
    allowance = Allowance()
    assert taken(allowance, 1_000 * EVERY_MS) == MOST
    assert taken(allowance, 2_000 * EVERY_MS) == MOST
    assert taken(allowance, 2_001 * EVERY_MS - 1) == 0


def test_a_day_of_asking_gives_no_more_than_time_does():
    allowance = Allowance()
    day_ms, step_ms = 86_400_000, 86_400
    total = sum([taken(allowance, now_ms) for now_ms in range(0, day_ms, step_ms)])
    assert total <= MOST + day_ms // EVERY_MS
    assert total >= day_ms // EVERY_MS - 10
