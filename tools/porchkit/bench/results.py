"""What a bench found, for people and for programs: figures, checks, and what they were made on."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from porchkit import paths
from porchkit.bench import kit
from porchkit.bench.report import Check, machine, table
from porchkit.errors import CommandError

_PACKAGES = ("porchlight-cam", "fastapi", "uvicorn", "uvloop", "httptools", "websockets", "pillow")


@dataclass(frozen=True)
class Result:
    """Of one bench. `text`: its table for a person; `rounds`: all raw numbers; `error`: why there
    are none."""

    name: str
    text: str
    checks: Sequence[Check]
    rounds: Sequence[Any] = ()
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error and all(check.ok for check in self.checks)

    def document(self) -> dict[str, Any]:
        """For --json."""
        return {
            "ok": self.ok,
            "error": self.error,
            "checks": [check.document() for check in self.checks],
            "rounds": list(self.rounds),
        }

    def show(self) -> None:
        """Print it."""
        print(self.text)
        if self.checks:
            print(table(self.checks))


def document(results: Sequence[Result], floor: str) -> dict[str, Any]:
    """All of a run: when, on what, with what, and every number."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": machine() | _processor(),
        "versions": _versions(),
        "floor": floor,
        "ok": all(result.ok for result in results),
        "benches": {result.name: result.document() for result in results},
    }


def write(path: Path, found: dict[str, Any]) -> None:
    """As JSON, for a program or the next reader; "-" is stdout."""
    text = json.dumps(found, indent=1) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None


def _processor() -> dict[str, Any]:
    """What /proc says of it; the model is "" where it does not."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
    return {
        "processor": model or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _versions() -> dict[str, str]:
    found = {"ustreamer": kit.version_of_ustreamer()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


def _commit() -> str:
    """Of the checkout, with "+" when it has changes; "" outside of one."""
    folder = paths.firmware_root()
    ask = ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--abbrev=12"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return said.stdout.strip()
