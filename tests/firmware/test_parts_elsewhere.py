"""The tests in parts/ once more, the same files, on MicroPython of 64 and of 32 bits."""

from pathlib import Path

from tests.firmware.parts.run import MODULES
from tests.support.runtimes import FIRMWARE, REPO, folder, run_micropython, run_wasm

PARTS = Path(__file__).parent / "parts"
TOGETHER = 4
TESTS = sum(path.read_text().count("\ndef test_") for path in PARTS.glob("test_*.py"))


def test_every_file_is_listed() -> None:
    assert {f"test_{name}.py" for name in MODULES} == {path.name for path in PARTS.glob("test_*")}


def test_on_the_unix_port() -> None:
    done = run_micropython(PARTS / "run.py", path=[REPO, FIRMWARE, FIRMWARE / "lib"])
    assert done.stdout.endswith(f"{TESTS} passed\n"), done.stdout + done.stderr


def test_masking_is_native_on_the_unix_port() -> None:
    code = "from agent import masking; print(masking.xor is masking.xor_plain)"
    done = run_micropython(code, path=[FIRMWARE, FIRMWARE / "lib"])
    assert done.stdout == "False\n", done.stderr


def test_on_32_bits() -> None:
    files = folder("/fw", FIRMWARE) | folder("/t/tests/firmware/parts", PARTS)
    files |= folder("/t/tests/accord", REPO / "tests/accord", "portable.py")
    names = [name for name in MODULES if name != "handshake"]  # no sha1 there; a board has one
    # Its heap only grows while Python runs, and starting it takes longer than most files.
    for at in range(0, len(names), TOGETHER):
        code = f"from tests.firmware.parts import run\nrun.main({names[at : at + TOGETHER]})"
        out = run_wasm(code, files, path=["/t", "/fw/lib", "/fw"])
        assert out.split()[-1] == "passed"
