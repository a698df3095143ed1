"""agent.mpjpeg against a stand-in of mp_jpeg. What that cannot show, mpjpeg/jpeg.py says."""

import random
from pathlib import Path

import pytest
from PIL import Image

from tests.support.runtimes import FIRMWARE, REPO, run_micropython

HERE = Path(__file__).parent / "mpjpeg"
CASES = (HERE / "cases.py").read_text().count("\ndef test_")
LOAD = """
import sys
from agent.thumbnail import best_reader
print(type(best_reader(None)).__name__, "agent.mpjpeg" in sys.modules)
"""


def scene(size: tuple[int, int], seed: int) -> Image.Image:
    """Soft shapes and a little noise, in colour."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (16, 12), chance.randbytes(16 * 12 * 3))
    return small.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    sizes = {"vga": (640, 480), "vga2": (640, 480), "xga": (1024, 768), "qvga": (320, 240)}
    for seed, (name, size) in enumerate({**sizes, "odd": (641, 479)}.items()):
        scene(size, seed).save(folder / f"{name}.jpg", quality=80, subsampling="4:2:2")
    scene((640, 480), 9).save(folder / "progressive.jpg", quality=80, progressive=True)
    return folder


def test_the_trial(pictures: Path) -> None:
    code = f"import sys; sys.argv.append({str(pictures)!r})\nimport cases"
    done = run_micropython(code, path=[HERE, REPO, FIRMWARE, FIRMWARE / "lib"])
    assert done.stdout.endswith(f"{CASES} passed\n"), done.stdout + done.stderr


def test_without_the_module_our_own_reader_reads() -> None:
    done = run_micropython(LOAD, path=[FIRMWARE, FIRMWARE / "lib"])
    assert done.stdout == "DcReader False\n", done.stderr
