"""The generated street moves, loops, differs, and is shaped as an OV2640 would shape it."""

import time
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageStat

from porchkit import jpegs, scene


@pytest.fixture(scope="module")
def loops() -> dict[int, list[bytes]]:
    return {seed: list(scene.frames(seed)) for seed in (1, 2)}


def change(one: bytes, two: bytes) -> float:
    """The share of the picture's tiles (16x16) that differ by more than noise and light do."""
    tiles = [
        Image.open(BytesIO(shot)).convert("L").resize((40, 30), Image.Resampling.BOX)
        for shot in (one, two)
    ]
    difference = ImageChops.difference(*tiles).point([0] * 10 + [255] * 246)
    return ImageStat.Stat(difference).mean[0] / 255


def test_frames_are_what_a_board_sends(loops: dict[int, list[bytes]]) -> None:
    for shots in loops.values():
        assert len(shots) == scene.FRAMES
        assert all(jpegs.shape(shot) == (640, 480, True) for shot in shots)
        assert all(18_000 <= len(shot) <= 25_000 for shot in shots)
        with Image.open(BytesIO(shots[0])) as shot:
            assert shot.layer[0][1:3] == (2, 1), "4:2:2"


def test_somebody_moves_and_at_times_nobody(loops: dict[int, list[bytes]]) -> None:
    for shots in loops.values():
        steps = [change(one, two) for one, two in pairwise(shots)]
        assert max(steps) > 0.01
        assert min(steps) == 0


def test_the_loop_has_no_seam(loops: dict[int, list[bytes]]) -> None:
    for shots in loops.values():
        steps = [change(one, two) for one, two in pairwise(shots)]
        assert change(shots[-1], shots[0]) <= max(steps)


def test_streets_differ_and_a_street_stays_itself(loops: dict[int, list[bytes]]) -> None:
    assert change(loops[1][0], loops[2][0]) > 0.3
    assert next(scene.frames(1)) == loops[1][0]


def test_no_two_frames_are_equal(loops: dict[int, list[bytes]]) -> None:
    for shots in loops.values():
        assert len(set(shots)) == len(shots)


def test_drawing_three_boards_takes_less_than_four_seconds() -> None:
    began = time.process_time()
    assert len(list(scene.frames(3))) == scene.FRAMES
    assert time.process_time() - began < 4 / 3
