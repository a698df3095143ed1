"""agent.sight: from what the thumbnailer and the model say to a verdict."""

from agent.rolls import LEARNING, MOTION
from agent.sight import BLIND_FRAMES, THRESHOLD, Sight
from tests.firmware.parts.fakes import Model, Thumbnailer


def sight():
    model = Model()
    return Sight(Thumbnailer(), model), model


def looked(one, level, reason=""):
    one.look(Thumbnailer.picture(level, reason))
    return one.verdict, one.score, one.fault


def test_the_score_decides_from_the_threshold_on():
    one, model = sight()
    model.learns = 0
    assert looked(one, 0) == (None, 0, "")
    assert looked(one, THRESHOLD - 1) == (None, THRESHOLD - 1, "")
    assert looked(one, THRESHOLD) == (MOTION, THRESHOLD, "")
    assert looked(one, 65535) == (MOTION, 65535, "")


def test_learning_comes_before_motion():
    one, model = sight()
    model.learns = 2
    assert looked(one, 9_000)[:2] == (LEARNING, 9_000)
    assert looked(one, 0)[:2] == (LEARNING, 0)
    assert looked(one, 9_000)[:2] == (MOTION, 9_000)


def test_what_cannot_be_read_is_not_judged():
    one, model = sight()
    model.learns = 0
    assert looked(one, 9_000, "truncated") == (None, 0, "truncated")
    assert model.judged == 0
    assert looked(one, 9_000) == (MOTION, 9_000, "")
    assert looked(one, 9_000, "damaged") == (None, 0, "damaged"), "not what the last one deserved"


def test_what_moves_shows_while_learning_too():
    one, model = sight()
    model.learns = 9
    looked(one, THRESHOLD)
    assert one.moves
    looked(one, THRESHOLD - 1)
    assert not one.moves


def test_blind_after_several_in_a_row():
    one, _ = sight()
    for _ in range(BLIND_FRAMES - 1):
        looked(one, 0, "damaged")
    looked(one, 0)
    for _ in range(BLIND_FRAMES - 1):
        looked(one, 0, "damaged")
    assert not one.blind
    looked(one, 0, "damaged")
    assert one.blind
    looked(one, 0)
    assert not one.blind


def test_a_reset_is_one_for_the_model_too_and_costs_nothing_while_dark():
    one, model = sight()
    for _ in range(BLIND_FRAMES):
        looked(one, 0, "damaged")
    one.reset()
    one.reset()
    assert (one.blind, model.resets) == (False, 1)
