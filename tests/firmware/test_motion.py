"""agent.motion: never out of its memory, the same on every machine, nothing allocated.

The twin is the same source as bytecode, where an index out of range raises; see porchkit.twin. What
the model sees and what it does not: test_motion_scenes.py.
"""

import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from porchkit.twin import plain
from tests.support.blocks import RESET, Scene, Step, noise, pack, walker
from tests.support.runtimes import FIRMWARE, folder, run_micropython, run_wasm

HERE = Path(__file__).parent / "motion"
GUARD = Path(__file__).parent / "jpegdc"
GUARDED = sys.platform == "linux" and platform.machine() == "x86_64"
EVERY = os.environ.get("PORCHLIGHT_SWEEP") == "all"
SHAPES = (
    *((1, 1), (2, 1), (1, 40), (40, 1), (2, 2), (3, 5), (7, 9), (11, 12), (12, 4), (13, 17)),
    *([(24, 23), (41, 30)] if EVERY else [(24, 23)]),
)
LONGEST = ((7680, 1), (1, 7680), (3840, 2))
TOLD: tuple[tuple[int, list[str] | None], ...] = (
    (1, ["."]),
    (100, ["#"]),
    (50, ["#.#", "...", ".#."]),
    (77, ["#." * 40, ".#" * 40] * 30),
    (50, ["."] * 59 + ["#"]),
)
Ask = Callable[..., list[str]]


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose agent.motion is bytecode that refuses indices below 0 too. For CPython it has
    what MicroPython brings."""
    agent = tmp_path_factory.mktemp("twin") / "agent"
    agent.mkdir()
    (agent / "__init__.py").touch()
    for file in (FIRMWARE / "agent").glob("motion*.py"):
        (agent / file.name).write_text(plain(file.read_text("utf-8"), strict=True), "utf-8")
    (agent.parent / "micropython.py").write_text("def const(value):\n    return value\n")
    return agent.parent


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """ask(steps, call, source=): the lines of motion/answers.py."""

    def lines(
        steps: list[Step], call: str = "each({path!r})", source: Path = FIRMWARE
    ) -> list[str]:
        path = pack(tmp_path / "thumbnails", steps)
        code = "import answers; answers." + call.format(path=str(path))
        done = run_micropython(code, path=[source, HERE, GUARD], heap="8m")
        assert done.returncode == 0, done.stderr + done.stdout[-500:]
        return done.stdout.splitlines()

    return lines


def trials(cols: int, rows: int, past: int = 24) -> Iterator[Step]:
    """All that may upset a model: more regions than have numbers, leaps of light, another scene."""
    here, there = Scene(1, cols, rows), Scene(2, cols, rows)
    size = cols * rows
    speckled = bytearray(size)
    for at in range(size):
        speckled[at] = 255 if at % cols % 2 == 0 and at // cols % 2 == 0 else 0
    pictures = [
        *here.quiet(past),
        *(here.shot(walker(step)) for step in range(3)),
        *(noise(size, seed) for seed in range(3)),
        *here.quiet(2),
        bytes(speckled),
        *here.quiet(1),
        *(here.shot(light=light) for light in (384, 384, 128, 40, 256)),
        *(bytes([grey]) * size for grey in (0, 255, 255, 0)),
        *there.quiet(6),
        *here.quiet(1),
    ]
    yield from ((cols, rows, picture) for picture in pictures)
    yield RESET
    yield from ((cols, rows, picture) for picture in (*pictures[:2], bytes(speckled)))


@pytest.fixture(scope="module")
def small() -> list[Step]:
    return [step for shape in SHAPES for step in trials(*shape)]


@pytest.fixture(scope="module")
def hard(small: list[Step]) -> list[Step]:
    """The shape of a VGA camera, or half of it each way, and the longest that a thumbnail can
    have."""
    long = [step for shape in LONGEST for step in list(trials(*shape, past=1))[1::5]]
    camera = (80, 60) if EVERY else (41, 30)
    return [*small, *trials(*camera), *long]


def test_the_strict_twin_answers_the_same(ask: Ask, twin: Path, hard: list[Step]) -> None:
    here = ask(hard)
    assert ask(hard, source=twin) == here
    assert len(here) == sum(cols > 0 for cols, _, _ in hard)
    # The pictures are hard enough to mean something.
    assert sum(int(line.split()[0]) >= 1000 for line in here) >= 40
    assert max(int(line.split()[2]) for line in here) >= 2000


@pytest.mark.parametrize(("sensitivity", "zones"), TOLD)
def test_so_it_does_whatever_it_is_told(
    ask: Ask, twin: Path, small: list[Step], sensitivity: int, zones: list[str] | None
) -> None:
    call = f"each({{path!r}}, {sensitivity}, {zones})"
    here = ask(small, call)
    assert ask(small, call, twin) == here
    marked = [int(line.split()[2]) for line in here]
    assert (max(marked) == 0) == (zones == ["#"])


def test_a_twin_in_32_bits_answers_the_same(
    ask: Ask, twin: Path, small: list[Step], tmp_path: Path
) -> None:
    files = folder("/twin", twin) | folder("/tests", HERE)
    files["/thumbnails"] = pack(tmp_path / "for-wasm", small).read_bytes()
    out = run_wasm("import answers; answers.each('/thumbnails')", files, path=["/twin", "/tests"])
    assert out.splitlines() == ask(small)


def test_no_value_is_cut_to_16_bits(ask: Ask, twin: Path, hard: list[Step], tmp_path: Path) -> None:
    """Viper stores what fits of a number; CPython's arrays refuse the others."""
    path = pack(tmp_path / "for-cpython", hard)
    done = subprocess.run(
        [sys.executable, HERE / "answers.py", path],
        env={"PYTHONPATH": str(twin), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ask(hard)


@pytest.mark.skipif(not GUARDED, reason="needs Linux on x86-64")
@pytest.mark.parametrize("at_end", [True, False])
def test_guarded_memory_is_never_left(ask: Ask, hard: list[Step], at_end: bool) -> None:
    steps = [step for step in (*hard, *trials(80, 60)) if step != RESET]
    assert len(ask(steps, f"guarded({{path!r}}, {at_end})")) == len(steps)


@pytest.mark.parametrize("zones", [None, ["#.", ".."]])
def test_nothing_is_allocated_for_a_known_shape(ask: Ask, zones: list[str] | None) -> None:
    """Not for a quiet picture, a moving one, one that is mostly marked, nor after reset()."""
    here = Scene()
    pictures = [
        *here.quiet(30),
        *(here.shot(walker(step)) for step in range(12)),
        *Scene(2).quiet(4),
        *(noise(4800, seed) for seed in range(4)),
    ]
    [line] = ask([(80, 60, picture) for picture in pictures], f"steady({{path!r}}, {zones})")
    most, marked = map(int, line.split())
    assert most > 20_000
    assert marked > 1000


def test_without_memory_the_old_state_stays(ask: Ask) -> None:
    """Whichever of the buffers there is no room for: all are there before one is replaced."""
    for shape, other in (((12, 9), (30, 20)), ((30, 20), (12, 9))):
        here = Scene(1, *shape)
        steps = [(*shape, here.shot(walker(step // 4))) for step in range(40)]
        [failed] = ask([*steps, (*other, Scene(2, *other).shot())], "starved({path!r})")
        assert int(failed) == 15


def tables(twin: Path) -> tuple[list[int], list[int], int]:
    code = (
        "from agent.motion_tables import SUMMIT, tables\n"
        "for table in tables():\n    print(list(table))\nprint(SUMMIT)"
    )
    logs, greys, summit = run_micropython(code, path=[FIRMWARE]).stdout.splitlines()
    files = folder("/twin", twin)
    assert run_wasm(code, files, path=["/twin"]).splitlines() == [logs, greys, summit]
    return eval(logs), eval(greys), int(summit)


def test_tables_are_the_nearest_to_the_logarithm(twin: Path) -> None:
    logs, greys, summit = tables(twin)
    assert logs == [16 * round(256 * math.log2((grey + 8) / 8)) for grey in range(256)]
    exact = [min(255.0, 8 * 2 ** (step / 256) - 8) for step in range(summit + 1)]
    assert greys == [math.floor(16 * grey + 0.5) for grey in exact]
    assert (len(logs), len(greys)) == (256, summit + 1)
    assert logs[-1] == 16 * summit
    assert all(a < b for a, b in pairwise(logs))
    assert all(a <= b for a, b in pairwise(greys))
    # Forth and back is never a grey away: in the dark a step is half of one.
    assert all(abs(greys[log >> 4] - 16 * grey) <= 16 // 2 for grey, log in enumerate(logs))


def constants(name: str) -> dict[str, str]:
    """NAME -> value of a source, without the underscore of a private one."""
    source = (FIRMWARE / "agent" / name).read_text("utf-8")
    return dict(re.findall(r"^_?([A-Z_]+) = (?:const\()?(\d+)\)?(?:  #.*)?$", source, re.MULTILINE))


def test_what_is_said_in_two_files_is_the_same() -> None:
    """A constant of another file is a look-up to viper, so each has its own."""
    names = ("motion.py", "motion_light.py", "motion_marks.py", "motion_regions.py")
    names += ("motion_tables.py",)
    said: dict[str, set[str]] = {}
    files: dict[str, int] = {}
    for name in names:
        for constant, value in constants(name).items():
            said.setdefault(constant, set()).add(value)
            files[constant] = files.get(constant, 0) + 1
    twice = {name for name, count in files.items() if count > 1}
    assert twice == {"SUMMIT", "AS_PREDICTED", "COLS", "ROWS", "STRIDE"}
    assert {name: said[name] for name in twice if len(said[name]) != 1} == {}
