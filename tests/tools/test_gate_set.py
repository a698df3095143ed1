"""`porchlight gate set`: what the command line says is what the board's own reader finds."""

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli, vboardrun
from porchkit.paths import firmware_root
from tests.tools.conftest import Answer

# What a board makes of its config.json, told by the firmware itself.
READ = """
import json, sys
from agent.config import Config, read
motion, picture = (lambda c: (c.motion, c.picture))(
    Config(read("config.json", sys.stdin.buffer.read()))
)
print(json.dumps([picture.mode, motion.sensitivity, motion.zones, motion.pre_roll_ms,
                  motion.post_roll_ms]))
"""
AS_ADDED = [0, 50, None, 2_000, 3_000]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A host's folder with sam's camera porch."""
    home = tmp_path / "home"
    for words in ("init", "resident new sam", "camera add porch"):
        cli.dispatch([*words.split(), "--home", str(home)])
    return home


@pytest.fixture
def gate_set(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run the command as a person would: words in, code and text out."""

    def run(*words: str) -> Answer:
        capsys.readouterr()
        code = cli.main(["gate", "set", *words, "--home", str(home)])
        return Answer(code, *capsys.readouterr())

    return run


def config_of(home: Path) -> Path:
    return home / "boards" / "porch" / "config.json"


def board_reads(home: Path) -> Any:
    done = subprocess.run(
        [vboardrun.micropython(), "-c", READ],
        env={"MICROPYPATH": f"{firmware_root()}:{firmware_root() / 'lib'}:.frozen"},
        input=config_of(home).read_bytes(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
    return json.loads(done.stdout)


def test_a_camera_is_added_with_what_the_firmware_does_by_itself(home: Path) -> None:
    assert board_reads(home) == AS_ADDED


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--mode motion", [1, 50, None, 2_000, 3_000]),
        ("--sensitivity 1 --pre-roll 0 --post-roll 0", [0, 1, None, 0, 0]),
        ("--sensitivity 100 --pre-roll 5 --post-roll 30", [0, 100, None, 5_000, 30_000]),
    ],
)
def test_the_board_reads_what_was_set(
    gate_set: Callable[..., Answer], home: Path, words: str, found: list[Any]
) -> None:
    before = json.loads(config_of(home).read_text())
    answer = gate_set("porch", *words.split())
    assert (answer.code, answer.err) == (0, "")
    assert board_reads(home) == found
    after = json.loads(config_of(home).read_text())
    others = before.keys() - {"motion", "frame"}
    assert {name: after[name] for name in others} == {name: before[name] for name in others}
    assert stat.S_IMODE(config_of(home).stat().st_mode) == 0o600  # it holds the Wi-Fi's password


def test_zones_come_and_go_and_the_rest_stays(
    gate_set: Callable[..., Answer], home: Path, tmp_path: Path
) -> None:
    zones = tmp_path / "zones.txt"
    zones.write_text("..##\n\n....\n")
    told = gate_set("porch", "--mode", "motion", "--zones", str(zones), "--sensitivity", "40").out
    assert "sensitivity 40, pre-roll 2, post-roll 3, 2 rows of zones" in told
    assert board_reads(home) == [1, 40, ["..##", "...."], 2_000, 3_000]
    assert "no zones" in gate_set("porch", "--no-zones").out
    assert board_reads(home) == [1, 40, None, 2_000, 3_000]
    assert "sends everything" in gate_set("porch", "--mode", "always").out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("porch", 2, "say what to set"),
        ("porch --sensitivity 0", 2, "--sensitivity must be 1 to 100"),
        ("porch --sensitivity 101", 2, "--sensitivity must be 1 to 100"),
        ("porch --pre-roll 6", 2, "--pre-roll must be 0 to 5"),
        ("porch --post-roll -1", 2, "--post-roll must be 0 to 30"),
        ("porch --zones gone.txt", 1, "gone.txt: No such file"),
        ("yard --sensitivity 40", 1, "no files of a camera 'yard'"),
        ("../porch --sensitivity 40", 1, "there are porch"),
    ],
)
def test_what_is_refused_changes_nothing(
    gate_set: Callable[..., Answer], home: Path, words: str, code: int, message: str
) -> None:
    before = config_of(home).read_bytes()
    answer = gate_set(*words.split())
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert config_of(home).read_bytes() == before


@pytest.mark.parametrize("content", ["{", "[]", '{"motion": 5}'])
def test_a_damaged_file_is_left_alone(
    gate_set: Callable[..., Answer], home: Path, content: str
) -> None:
    config_of(home).write_text(content)
    answer = gate_set("porch", "--sensitivity", "40")
    assert answer.code == 1
    assert answer.err.startswith(f"porchlight: {config_of(home)}: ")
    assert config_of(home).read_text() == content
