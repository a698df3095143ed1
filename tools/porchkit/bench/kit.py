"""What a bench measures with: the C tools and peers of ../shared/bench where they are and can be
built, else the bench's own in Python, which are named as such."""

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from porchkit import paths
from porchkit.bench import stamped
from porchkit.bench.processes import Cores, python
from porchkit.errors import CommandError, UsageError

USTREAMER = Path("/usr/bin/ustreamer")
_BUILD_S = 120


@dataclass(frozen=True)
class Kit:
    """`tools`: where the built C tools are, None without them. `peers`: the servers to compare
    with that are here. `frames`: the file of pictures that everybody plays."""

    folder: Path
    frames: Path
    cores: Cores
    shared: Path | None = None
    tools: Path | None = None
    peers: tuple[str, ...] = field(default=())

    @property
    def load(self) -> list[str]:
        """The load generator's command line, without its options."""
        return [str(self.tools / "mjpegload")] if self.tools else python("load")

    @property
    def floor(self) -> list[str]:
        """The floor's command line, which is also the camera of servers that pull."""
        return [str(self.tools / "mjpegsource")] if self.tools else python("floor")

    @property
    def floor_name(self) -> str:
        """What the floor is, for the table."""
        return "C floor" if self.tools else "Python floor"

    def log(self, name: str) -> Path:
        """Where a process of this name writes what it has to say."""
        return self.folder / f"{name}.log"


def default_shared() -> Path | None:
    """../shared/bench beside the checkout, if it is there."""
    found = Path(paths.firmware_root()).parent.parent / "shared" / "bench"
    return found if (found / "mjpegload.c").is_file() else None


def assemble(folder: Path, shared: Path | None) -> Kit:
    """A kit in `folder`; its C tools are built there. UsageError for a folder without sources."""
    frames = stamped.write(folder / "street.frames")
    cores = Cores.of_this_machine()
    if shared is None:
        return Kit(folder, frames, cores)
    if not (shared / "mjpegload.c").is_file():
        raise UsageError(f"--shared {shared}: no mjpegload.c there")
    tools = _built(shared, folder / "tools")
    return Kit(folder, frames, cores, shared, tools, _peers(shared) if tools else ())


def _built(shared: Path, into: Path) -> Path | None:
    """The C tools; None without a compiler. CommandError when they do not compile."""
    make = shutil.which("make")
    if make is None or shutil.which("gcc") is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - make, found above
            [make, "-s", "-C", str(shared), f"BIN={into}"],
            capture_output=True,
            text=True,
            timeout=_BUILD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"{shared} did not build within {_BUILD_S} s") from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise CommandError(f"{shared} does not build: {words[-1] if words else 'make failed'}")
    return into


def _peers(shared: Path) -> tuple[str, ...]:
    found = []
    if (shared / "peers" / "naive_fastapi.py").is_file():
        needed = ("fastapi", "uvicorn", "uvloop", "httptools")
        if all(importlib.util.find_spec(name) for name in needed):
            found.append("naive")
    if USTREAMER.is_file():
        found.append("ustreamer")
    return tuple(found)


def version_of_ustreamer() -> str:
    """As it says itself; "" where it is not installed."""
    if not USTREAMER.is_file():
        return ""
    said = subprocess.run(  # noqa: S603 - a fixed path
        [str(USTREAMER), "--version"], capture_output=True, text=True, check=False
    )
    return said.stdout.strip()


def interpreter() -> str:
    """What Python peers run under: ours."""
    return sys.executable
