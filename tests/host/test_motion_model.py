"""porchlight.motion.model against the firmware's own in MicroPython, picture by picture: score,
learning, marks, background; and both against committed answers."""

import itertools
import json
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import agent.motion_tables
from porchlight.motion.history import THRESHOLD
from porchlight.motion.thumbnail import Thumbnail, thumbnail
from tests.support import film
from tests.support.judging import Run, on_the_board, on_the_host
from tests.vectors.make_motion import run
from tests.vectors.motion_scenes import SCENES, Scene

if TYPE_CHECKING:
    from porchlight.motion.model import MotionModel

LEARNING = 20  # frames
VECTORS = Path(__file__).parents[1] / "vectors" / "motion.json"
SEQUENCES = (
    *("entry", "highway", "office", "road", "trees", "syn_ae", "syn_cloud", "syn_flicker"),
    *("syn_night", "syn_rain", "syn_small"),
)
# Tiles are of 8x8 blocks, the last of a row or a column of 4 to 11: these are both sides of that.
SHAPES = (
    *((1, 1), (2, 1), (1, 40), (40, 1), (3, 5), (4, 4), (7, 9), (11, 12), (12, 11), (13, 37)),
    *((20, 15), (31, 3), (80, 60), (100, 75)),
)
ZONES: tuple[tuple[str, ...], ...] = ((), ("#.",), ("..#", "#.."), ("#" * 13, "." * 13) * 3)


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(VECTORS.read_text("ascii"))
    return found


def new_model(*settings: Any) -> "MotionModel":
    from porchlight.motion.model import MotionModel  # and numpy, which not every worker needs

    return MotionModel(*settings)


def assert_equal(said: list[str], expected: list[str], name: str) -> None:
    for number, (one, other) in enumerate(itertools.zip_longest(said, expected)):
        assert one == other, f"{name}, picture {number}"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_host_says_what_is_committed(scene: Scene, answers: dict[str, list[str]]) -> None:
    assert_equal(on_the_host(run(scene)), answers[scene.name], scene.name)


def test_the_board_says_what_is_committed(answers: dict[str, list[str]], tmp_path: Path) -> None:
    board = on_the_board(map(run, SCENES), tmp_path)
    assert list(answers) == [scene.name for scene in SCENES]
    for scene, said in zip(SCENES, board, strict=True):
        assert_equal(said, answers[scene.name], scene.name)


def test_what_is_committed_is_about_motion(answers: dict[str, list[str]]) -> None:
    """Scores of every size, and stillness as well."""
    scores = [int(line.split()[0]) for lines in answers.values() for line in lines]
    assert sum(score == 0 for score in scores) > 200
    assert len({score for score in scores if THRESHOLD <= score < 65535}) > 100


def made_up(cols: int, rows: int, dice: random.Random) -> Scene:
    """Any weather."""
    return Scene(
        f"{cols}x{rows} {dice.random()}",
        cols,
        rows,
        frames=36 if cols * rows < 2000 else 27,
        noise=dice.choice((0, 3, 8, 20, 60, 510)),
        light=tuple((dice.randrange(40), dice.randrange(20, 500)) for _ in range(3)),
        flicker=dice.choice((0, 0, 4, 14)),
        bodies=dice.randrange(4),
        contrast=dice.randrange(10, 60),
        drops=dice.choice((0, 0, 5, cols * rows // 9)),
        since=dice.randrange(4, 25),
        other=dice.choice((99, 99, 17)),
        sensitivity=dice.choice((1, 50, 50, 100, dice.randrange(1, 101))),
        zones=dice.choice(ZONES),
    )


@pytest.mark.parametrize("seed", range(3))
def test_board_and_host_say_the_same_of_any_weather(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    scenes = [made_up(*shape, dice) for shape in SHAPES]
    for scene, said in zip(scenes, on_the_board(map(run, scenes), tmp_path), strict=True):
        assert_equal(on_the_host(run(scene)), said, str(scene))


HOLES = (*[(100, 0)] * 25, *[(60, 250)] * 9, *[(140, 0)] * 4, *[(140, 9)] * 9)


def hole(around: int, inside: int) -> bytes:
    """16x12 blocks, of which one here and there differs."""
    return bytes(inside if at % 29 == 0 else around for at in range(16 * 12))


def test_black_and_white_and_each_grey(tmp_path: Path) -> None:
    """Even pictures, steps from each grey to the next, and black that lights up amid dusk."""
    still = Scene("still", 9, 8, frames=21, noise=0)
    ramp = bytes(range(256))
    even = [(9, 8, bytes([grey] * 72)) for grey in (*[0] * 22, *[255] * 22, 0, 1, 128)]
    steps = [(32, 8, ramp[at:] + ramp[:at]) for at in (*[0] * 20, *range(30), *range(29, 0, -3))]
    holes = [(16, 12, hole(*greys)) for greys in HOLES]
    told = ((still.pictures() + even, 50), (even, 100), (steps, 100), (steps, 1), (holes, 50))
    runs = [Run(pictures, sensitivity) for pictures, sensitivity in told]
    for one, said in zip(runs, on_the_board(runs, tmp_path), strict=True):
        assert_equal(on_the_host(one), said, "ramp")


def test_another_shape_begins_anew_on_both(tmp_path: Path) -> None:
    wide, tall = (replace(SCENES[4], cols=cols, rows=32 - cols) for cols in (19, 13))
    first, second = wide.pictures(), tall.pictures()
    mixed = Run(first[:30] + second[:25] + first[20:], 50, ("..#", "...", ".#."))
    [said] = on_the_board([mixed], tmp_path)
    assert_equal(on_the_host(mixed), said, "mixed")
    learning = [line.split()[1] for line in said]
    assert learning == ["1"] * 20 + ["0"] * 10 + (["1"] * 20 + ["0"] * 5) + ["1"] * 20


def test_from_jpeg_to_score(tmp_path: Path) -> None:
    """The whole chain, on a generated street."""
    street = Run(film.porch(), look_every=4)
    [said] = on_the_board([street], tmp_path)
    assert_equal(on_the_host(street), said, "street")
    scores = [int(line.split()[0]) for line in said[film.QUIET :]]
    assert sum(score >= THRESHOLD for score in scores) > film.MOVING // 2


@pytest.mark.parametrize("name", SEQUENCES)
def test_from_jpeg_to_score_on_a_real_sequence(name: str, shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "motion"
    row = json.loads((folder / f"{name}.json").read_text("utf-8"))
    film = (folder / f"{name}.mjpg").read_bytes()
    places = zip(row["offset"], row["size"], strict=True)
    real = Run([film[at : at + size] for at, size in places], look_every=2)
    [said] = on_the_board([real], tmp_path)
    assert len(said) == len(row["label"]) > 40
    assert_equal(on_the_host(real), said, name)


def test_reset_forgets_everything() -> None:
    scene = replace(SCENES[7], frames=24)
    model = new_model()

    def said() -> list[tuple[int, bool, bytes, bytes]]:
        shown = (Thumbnail(*picture) for picture in scene.pictures())
        return [(model.judge(t), model.learning, model.marks(), model.background()) for t in shown]

    first = said()
    assert first[-1][0] >= THRESHOLD
    assert [f"{score} {learning:d}" for score, learning, *_ in first] == [
        line[: line.rindex(" ")] for line in on_the_host(Run(scene.pictures(), 50))
    ]
    assert said() != first
    model.reset()
    assert (model.learning, model.marks(), model.background()) == (True, b"", b"")
    assert said() == first


def test_terms_are_those_of_the_board() -> None:
    from porchlight.motion import tables
    from porchlight.motion.model import LEARNING_FRAMES

    assert (THRESHOLD, LEARNING_FRAMES) == (1000, LEARNING)
    board = [list(table) for table in agent.motion_tables.tables()]
    assert [table.tolist() for table in tables.tables()] == board


def test_a_thumbnail_without_all_its_greys_is_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        new_model().judge(Thumbnail(4, 3, bytes(11)))


def test_a_quiet_vga_picture_costs_less_than_two_milliseconds() -> None:
    """About 0.3 ms; the fastest of many, because a test machine does other things too."""
    quiet = [thumbnail(jpeg) for jpeg in film.porch()[: film.QUIET]]
    assert quiet[0].cols * quiet[0].rows >= 80 * 60
    model, cost_s = new_model(), []
    for shown in quiet:
        start = time.thread_time()
        model.judge(shown)
        cost_s.append(time.thread_time() - start)
    assert min(cost_s[LEARNING:]) < 2e-3


def test_a_lamp_in_an_ignored_part_is_nobodys_business() -> None:
    """Most of the picture is ignored and becomes twice as bright: the rest keeps its light."""
    dice = random.Random(7)
    ground = [dice.randrange(60, 120) for _ in range(80 * 60)]
    model = new_model(50, ["#######..."])

    def seen(lit: bool, passer: int | None = None) -> int:
        pixels = bytearray(grey + dice.randrange(3) for grey in ground)
        for at, grey in enumerate(pixels):
            if lit and at % 80 < 56:
                pixels[at] = min(255, grey * 19 // 10)
            if passer is not None and passer <= at % 80 < passer + 6 and 20 <= at // 80 < 30:
                pixels[at] = 20
        return model.judge(Thumbnail(80, 60, bytes(pixels)))

    assert [seen(False) for _ in range(30)][LEARNING:] == [0] * 10
    assert max(seen(True) for _ in range(12)) < THRESHOLD
    assert min(seen(True, 58 + step) for step in range(10)) >= THRESHOLD
