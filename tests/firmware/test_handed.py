"""Integers handed from one native function to another fit a board's 31 bits.

Viper counts in 32 bits, but what it hands over is an object: a small one up to 2**30, and from
there on one in the heap. That is silent on a PC, where small ones have 63 bits.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from porchkit.twin import CASTS, plain
from tests.support.jpegs import encoded, goods
from tests.support.runtimes import FIRMWARE, run_micropython
from tests.support.viper import SMALL_INT_BITS, is_viper

HERE = Path(__file__).parent
AGENT = FIRMWARE / "agent"
BUILT_IN = {"range"}


def natives() -> Iterator[tuple[str, ast.FunctionDef]]:
    """ "module.function" of every viper function, and what it says."""
    for file in sorted(AGENT.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and is_viper(node):
                yield f"{file.stem}.{node.name}", node


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """A folder with the whole agent as bytecode."""
    agent = tmp_path / "twin" / "agent"
    agent.mkdir(parents=True)
    for file in AGENT.glob("*.py"):
        (agent / file.name).write_text(plain(file.read_text("utf-8")), "utf-8")
    return agent.parent


def pictures() -> bytes:
    """Of every kind, one that is halved before it is judged; each with its length."""
    jpegs = [*goods().values(), encoded((1000, 800), "large")]
    return b"".join(len(jpeg).to_bytes(4, "big") + jpeg for jpeg in jpegs)


def test_what_is_handed_over_needs_no_heap(twin: Path, tmp_path: Path) -> None:
    path = tmp_path / "pictures"
    path.write_bytes(pictures())
    names = [name for name, _ in natives()]
    code = f"import handed; handed.see({str(path)!r}, {names})"
    search = [twin, FIRMWARE / "lib", HERE / "handed", HERE / "jpegdc"]
    done = run_micropython(code, path=search, heap="16m")
    assert done.returncode == 0, done.stderr + done.stdout[-500:]
    largest = {name: int(most) for name, most in map(str.split, done.stdout.splitlines())}
    seldom = {"greys_viper.luma_native"}  # of mp_jpeg's pictures; sizes are all it is handed
    assert {*largest, *seldom} == set(names), "some were never called"
    assert {name: most for name, most in largest.items() if most >> SMALL_INT_BITS} == {}


def test_native_functions_call_nobody_else() -> None:
    """Or else the test above would not see all that is handed over."""
    known = {name.rpartition(".")[2] for name, _ in natives()} | CASTS | BUILT_IN
    for name, function in natives():
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        inside = [call for call in calls if call not in function.decorator_list]
        assert {ast.unparse(call.func) for call in inside} <= known, name
