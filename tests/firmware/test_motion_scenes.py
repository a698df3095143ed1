"""What the motion model sees and what it does not, on small scenes made in integers.

All run on MicroPython. Each scene has rough texture and noise, of about a grey if not said
otherwise, and has been quiet for PAST frames; scores are those of the frames after.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.blocks import COLS, RESET, ROWS, Light, Scene, Step, Thing, pack, walker
from tests.support.runtimes import FIRMWARE, run_micropython

HERE = Path(__file__).parent / "motion"
THRESHOLD = 1000  # of agent/sight.py
LEARNING = 20
PAST = 80
CALM = 5  # frames: so soon is quiet what has come to rest
KNOWN = 40  # frames: so soon is another scene
Watch = Callable[..., list[int]]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """watch(pictures, past=, sensitivity=, zones=): the score of each, -1 while it learns."""

    def scores(
        pictures: list[bytes],
        past: list[bytes] | None = None,
        sensitivity: int = 50,
        zones: list[str] | None = None,
    ) -> list[int]:
        before = Scene().quiet(PAST) if past is None else past
        steps = [(COLS, ROWS, picture) for picture in (*before, *pictures)]
        return judged(tmp_path, steps, sensitivity, zones)[len(before) :]

    return scores


def judged(
    folder: Path, steps: list[Step], sensitivity: int = 50, zones: list[str] | None = None
) -> list[int]:
    path = pack(folder / "thumbnails", steps)
    code = f"import answers; answers.scores({str(path)!r}, {sensitivity}, {zones})"
    done = run_micropython(code, path=[FIRMWARE, HERE], heap="1m")
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


def passing(scene: Scene, light: Callable[[int], int | Light], steps: int = 36) -> list[bytes]:
    """Somebody walks through, under the light of each step."""
    return [scene.shot(walker(step), light=light(step)) for step in range(steps)]


def test_noise_alone_is_nothing(watch: Watch) -> None:
    assert max(watch(Scene().quiet(400))) < THRESHOLD


def test_who_walks_is_seen_at_once_and_all_the_way(watch: Watch) -> None:
    scene = Scene()
    scores = watch([*passing(scene, lambda step: 256), *scene.quiet(20)])
    assert min(scores[:36]) >= THRESHOLD
    assert max(scores[36 + CALM :]) < THRESHOLD


def banded(step: int) -> Light:
    """Lamps of 100 Hz against a shutter that rolls: bands of a seventh, elsewhere in each frame."""
    return lambda col, row: 238 + abs((row * 3 + step * 17) % 36 - 18) * 2


def shadowed(step: int) -> Light:
    """The soft shadow of a cloud, forty blocks across, two fifths dark, one block a frame."""

    def light(col: int, row: int) -> int:
        away = abs(col + row // 2 - step + 10)
        return 256 - max(0, 30 - away) * 100 // 30

    return light


LIGHTS: dict[str, Callable[[int], int | Light]] = {
    "exposure up by 1.3": lambda step: 333,
    "exposure down by 1.3": lambda step: 197,
    "exposure that hunts": lambda step: (256, 290, 240, 270)[step % 4],
    "dusk": lambda step: 256 - step,
    "lamps in bands": banded,
    "a cloud": shadowed,
}


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_light_is_not_motion(watch: Watch, light: Callable[[int], int | Light]) -> None:
    scene = Scene()
    scores = watch([scene.shot(light=light(step)) for step in range(120)])
    assert max(scores) < THRESHOLD


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_who_walks_is_seen_in_any_light(watch: Watch, light: Callable[[int], int | Light]) -> None:
    scores = watch(passing(Scene(), light))
    assert sum(score >= THRESHOLD for score in scores) >= 34


def test_what_stays_and_what_it_left_fall_quiet(watch: Watch) -> None:
    """A car drives up and parks for ten minutes; then it drives off."""
    scene = Scene(noise=1)
    stops = [Thing(step * 3 - 20, 30, 20, 12, 150) for step in range(16)]
    parked = [scene.shot(stops[-1]) for _ in range(200)] * 15
    arrives = [scene.shot(stop) for stop in stops]
    leaves = [scene.shot(stop) for stop in reversed(stops)]
    scores = watch([*arrives, *parked, *leaves, *scene.quiet(100)], scene.quiet(PAST))
    came, stood, left = len(arrives), len(arrives) + len(parked), 2 * len(arrives) + len(parked)
    assert min(scores[1:came]) >= THRESHOLD
    assert max(scores[came + CALM : stood]) < THRESHOLD
    assert min(scores[stood + 1 : left - 1]) >= THRESHOLD
    assert max(scores[left + CALM :]) < THRESHOLD


@pytest.mark.parametrize("grey", [120, 160, 200])
def test_who_passes_what_stays_is_seen(watch: Watch, grey: int) -> None:
    """A bag is put down: one frame, and no reason to overlook who walks before it."""
    scene, bag = Scene(noise=1), Thing(40, 30, 5, 5, grey)
    calm = [scene.shot(bag) for _ in range(100)]
    before = [scene.shot(bag, walker(step, 40)) for step in range(14, 24)]
    scores = watch([*calm, *before], scene.quiet(PAST))
    assert scores[0] >= THRESHOLD
    assert max(scores[1:100]) < THRESHOLD
    assert min(scores[100:]) >= THRESHOLD


def test_another_scene_is_sent_and_soon_known(watch: Watch) -> None:
    """Somebody turns the camera."""
    here, there = Scene(2, noise=1), Scene(12, noise=1)
    pictures = [*there.quiet(KNOWN), *passing(there, lambda step: 256), *there.quiet(20)]
    scores = watch(pictures, here.quiet(PAST))
    assert scores[0] >= THRESHOLD
    assert max(scores[KNOWN - 10 : KNOWN]) < THRESHOLD
    assert min(scores[KNOWN:-20]) >= THRESHOLD
    assert max(scores[CALM - 20 :]) < THRESHOLD


def test_drops_are_not_motion_and_ask_for_more(watch: Watch) -> None:
    """Blocks that flash up anywhere stay under the threshold, and make the model ask for more of
    what moves; who walks through the rain is seen."""
    wet, dry = Scene(), Scene()
    past = wet.quiet(PAST, drops=40)
    rain = [wet.shot(drops=40) for _ in range(200)]
    walk = [wet.shot(walker(step), drops=40) for step in range(36)]
    scores = watch([*rain, *walk], past=past)
    assert max(scores[:200]) < THRESHOLD
    assert min(scores[200:]) >= THRESHOLD
    calm = watch(passing(dry, lambda step: 256))
    assert sum(scores[200:]) < sum(calm) * 2 // 3


@pytest.mark.parametrize("size", [1, 2, 3, 7, 60])
def test_only_what_moves_where_it_is_watched(watch: Watch, size: int) -> None:
    """The left half of the picture is ignored; zones are stretched over it."""
    zones = ["#" * size + "." * size] * (1 + size // 2)
    scene = Scene()
    left = [scene.shot(Thing(step, 25, 6, 10, 200)) for step in range(34)]
    right = [scene.shot(Thing(40 + step, 25, 6, 10, 200)) for step in range(34)]
    assert max(watch(left, zones=zones)) == 0
    assert min(watch(right, zones=zones)) >= THRESHOLD


def test_the_lower_half_ignored(watch: Watch) -> None:
    scene = Scene()
    above = [scene.shot(Thing(step, 5, 6, 10, 200)) for step in range(30)]
    below = [scene.shot(Thing(step, 45, 6, 10, 200)) for step in range(30)]
    assert min(watch(above, zones=["..", "##"])) >= THRESHOLD
    assert max(watch(below, zones=["..", "##"])) == 0


def test_more_sensitive_is_never_less(watch: Watch) -> None:
    """The same pictures at rising sensitivity: no frame's score falls."""
    scene = Scene()
    pictures = [scene.shot(walker(step, 110)) for step in range(0, 36, 3)]
    past = scene.quiet(PAST)
    last = [0] * len(pictures)
    for sensitivity in (1, 5, 10, 20, 30, 40, 49, 50, 51, 60, 70, 80, 90, 99, 100):
        scores = watch(pictures, past, sensitivity)
        assert all(a <= b for a, b in zip(last, scores, strict=True)), sensitivity
        last = scores


def test_sensitivity_decides_about_the_small_and_dim(watch: Watch) -> None:
    """Two blocks each way, a tenth brighter than the wall."""
    scene, wall = Scene(), Thing(0, 0, COLS, ROWS, 120)
    past = [scene.shot(wall) for _ in range(PAST)]
    small = [scene.shot(wall, Thing(10 + step, 30, 2, 2, 132)) for step in range(30)]
    seen = {
        sensitivity: sum(score >= THRESHOLD for score in watch(small, past, sensitivity))
        for sensitivity in (1, 20, 50, 80, 100)
    }
    assert seen[1] == seen[20] == 0
    assert seen[80] >= 25
    assert list(seen.values()) == sorted(seen.values())
    for sensitivity in (80, 100):
        assert max(watch(scene.quiet(300), scene.quiet(PAST), sensitivity)) < THRESHOLD


def test_it_learns_for_twenty_frames(tmp_path: Path) -> None:
    """At first, after reset() and after a change of shape: until then nobody may rely on it."""
    whole, half = Scene(), Scene(1, 40, 30)
    steps: list[Step] = [(80, 60, picture) for picture in whole.quiet(25)]
    again: list[Step] = [(40, 30, picture) for picture in half.quiet(25)]
    scores = judged(tmp_path, [*steps, RESET, *steps, *again, *steps])
    for first in range(0, 100, 25):
        assert scores[first : first + LEARNING] == [-1] * LEARNING
        assert all(0 <= score < THRESHOLD for score in scores[first + LEARNING : first + 25])
