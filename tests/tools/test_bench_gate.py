"""`porchlight bench gate` says what it measured and whether it is enough. No test here looks at a
time: how fast this machine is, is no fault of the code."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli
from porchkit.bench import gate, pictures
from porchkit.bench.board import Board, as_bytecode
from porchkit.bench.gate import Bars, Figures, Round
from porchkit.paths import firmware_root
from tests.tools.conftest import Answer

TIMES = ("decode_us", "pillow_us", "bytecode_us", "model_us")
RATIOS = ("decode_per_pillow_ratio", "bytecode_per_decode_ratio", "model_per_decode_ratio")
NO_BARS = Bars(1e9, 0.0, 1e9, 3)
# decode, Pillow, bytecode, model: in the second round the machine is busy, in one step of the third
ROUNDS = [Round(150, 100, 3000, 30), Round(600, 400, 12000, 120), Round(150, 100, 9000, 30)]

MODEL = """
LEARNING_FRAMES = 20

class MotionModel:
    def judge(self, pixels, cols, rows):
        {judge}
"""


@pytest.fixture(scope="module")
def shown() -> list[bytes]:
    return pictures.street()[: pictures.LEAST]


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command as a person would, but no longer than it must."""

    def run(*words: str | Path) -> Answer:
        capsys.readouterr()
        code = cli.main(["bench", "gate", "--seconds", "0", *map(str, words)])
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture
def clip(tmp_path: Path, shown: list[bytes]) -> Path:
    path = tmp_path / "clip.mjpg"
    path.write_bytes(b"".join(shown))
    return path


def firmware_with(judge: str, into: Path) -> Path:
    """The firmware, with a motion model that does nothing but this."""
    shutil.copytree(firmware_root() / "agent", into / "agent")
    (into / "agent" / "motion.py").write_text(MODEL.format(judge=judge))
    return into


def test_json_names_every_figure_with_its_unit(
    bench: Any, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BARS", NO_BARS)
    figures = bench("--json", "--frames", clip).json
    assert figures["ok"] is True
    assert figures["pictures"] == pictures.LEAST
    assert figures["rounds"] == gate.LEAST_ROUNDS
    assert all(figures[name] > 0 for name in (*TIMES, *RATIOS, "picture_bytes"))
    assert [check["ok"] for check in figures["checks"]] == [True] * 4
    assert figures["machine"]["python"]


def test_a_missed_bar_is_exit_1_and_said(
    bench: Any, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BARS", Bars(0.0, 0.0, 1e9, 3))
    answer = bench("--frames", clip)
    assert answer.code == 1
    [missed] = [line for line in answer.out.splitlines() if "MISSED" in line]
    assert missed.startswith("decode / Pillow")
    document = json.loads(bench("--json", "--frames", clip).out)
    assert document["ok"] is False
    assert [check["ok"] for check in document["checks"]] == [False, True, True, True]


def test_ratios_are_taken_within_a_round() -> None:
    figures = Figures(ROUNDS, [])
    assert figures.decode_per_pillow == 1.5
    assert figures.bytecode_per_decode == 20
    assert figures.model_per_decode == 0.2
    assert figures.times_us()["decode_us"] == 150


@pytest.mark.parametrize(
    ("bars", "missed"),
    [
        (Bars(), []),
        (Bars(decode_per_pillow=1.4), ["decode / Pillow at 1/8"]),
        (Bars(bytecode_per_decode=21), ["bytecode / decode"]),
        (Bars(model_per_decode=0.1), ["model / decode"]),
    ],
)
def test_each_bar_is_compared_with_its_own_figure(bars: Bars, missed: list[str]) -> None:
    results = gate.checks(Figures(ROUNDS, []), bars)
    assert [check.name for check in results if not check.ok] == missed


def test_any_step_that_allocates_is_a_miss() -> None:
    results = gate.checks(Figures(ROUNDS, ["model"]), Bars())
    assert [check.name for check in results if not check.ok] == ["steps that allocate"]


def test_decoder_and_thumbnail_allocate_nothing(tmp_path: Path, shown: list[bytes]) -> None:
    with Board(firmware_with("return 0", tmp_path), shown) as board:
        assert board.allocating() == []


def test_a_model_that_allocates_is_found(tmp_path: Path, shown: list[bytes]) -> None:
    with Board(firmware_with("return len(bytes(cols))", tmp_path), shown) as board:
        assert board.allocating() == ["model"]


def test_the_twin_has_no_native_code(tmp_path: Path, shown: list[bytes]) -> None:
    root = as_bytecode(tmp_path / "twin")
    assert "micropython.viper" not in (root / "agent" / "jpegdc_scan.py").read_text()
    with Board(root, shown) as board:
        assert board.decode_us(1) > 0


def test_street_is_of_the_size_that_is_promised_for() -> None:
    street = pictures.street()
    mean = sum(map(len, street)) / len(street)
    assert len(street) == pictures.MOST
    assert abs(mean - pictures.BYTES) < pictures.BYTES / 20


def test_pictures_that_cannot_be_measured(bench: Any, tmp_path: Path, shown: list[bytes]) -> None:
    lone = tmp_path / "lone.mjpg"
    lone.write_bytes(shown[0])
    progressive = tmp_path / "progressive"
    progressive.mkdir()
    for number in range(pictures.LEAST):
        whole = bytearray(shown[number])
        whole[whole.index(b"\xff\xc0") + 1] = 0xC2
        (progressive / f"{number}.jpg").write_bytes(whole)
    for path, words in ((lone, "at least"), (progressive, "progressive")):
        answer = bench("--frames", path)
        assert (answer.code, answer.out) == (1, "")
        assert words in answer.err
        assert answer.err.count("\n") == 1


def test_seconds_out_of_range(bench: Any) -> None:
    answer = bench("--seconds", "-1")
    assert answer.code == 2
    assert "--seconds" in answer.err
