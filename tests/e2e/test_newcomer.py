"""firmware/README.md's way from a clone to a changed line, typed as it stands there, in a copy of
the clone: a host, a virtual board on a serial port, provision, deploy, a change, mpremote mount."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SECTION = ("## From a clone to a changed line", "## The Wi-Fi")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOMS = ("firmware", "tools", "host", "boards")
PATIENCE_S = 120


def typed(root: Path) -> list[str]:
    """What the section's blocks have a newcomer type, without comments and the environment that a
    test has already."""
    text = (root / "firmware" / "README.md").read_text("utf-8")
    section = text[text.index(SECTION[0]) : text.index(SECTION[1])]
    lines = []
    for block in BLOCK.findall(section):
        for line in block.replace("\\\n", " ").splitlines():
            words = re.sub(r"^.*\.venv/bin/activate( && )?", "", re.sub(r"\s+# .*$", "", line))
            if words:
                lines.append(words)
    return lines


def free_port() -> int:
    """A board's files name the port, so this host cannot be given port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Newcomer:
    """Somebody with three terminals and a clone."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.clone, self.home = folder / "clone", folder / "home"
        self.bench = self.home / "bench"
        for room in ROOMS:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / room, self.clone / room, ignore=ignored)
        self.home.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name, module in (("porchlight", "porchkit.cli"), ("mpremote", "mpremote")):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
            (programs / name).chmod(0o700)
        self._env = {
            **os.environ,
            "HOME": str(self.home),
            "PORCHLIGHT_HOME": str(self.home / ".porchlight"),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": ":".join(
                str(self.clone / part) for part in ("host", "tools", "firmware/lib")
            ),
            "PORT": str(self.bench / "board0.chip" / "port"),
        }
        self._running: list[asyncio.subprocess.Process] = []

    async def begin(self, line: str) -> asyncio.subprocess.Process:
        """Type a line; it runs."""
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", line),
            cwd=self.clone,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running.append(process)
        return process

    async def done(self, line: str) -> str:
        """Type a line; what it says. Fails where it does."""
        process = await self.begin(line)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 0, f"{line}\n{out.decode()}"
        return out.decode()

    async def stays(self, line: str, ready: Callable[[], bool]) -> None:
        """Type a line that is left running, and wait until it works."""
        process = await self.begin(line)
        async with asyncio.timeout(PATIENCE_S):
            while not ready():
                assert process.returncode is None, await process.communicate()
                await asyncio.sleep(0.05)  # between two looks for the event

    async def read_until(self, line: str, words: str) -> str:
        """Type a line, read along until `words`, then Ctrl-C."""
        process = await self.begin(line)
        assert process.stdout is not None
        said = ""
        async with asyncio.timeout(PATIENCE_S):
            while words not in said:
                got = await process.stdout.readline()
                assert got, f"{line}\n{said}"
                said += got.decode()
        os.killpg(process.pid, signal.SIGINT)
        await asyncio.wait_for(process.communicate(), PATIENCE_S)
        return said

    async def leave(self) -> None:
        """Ctrl-C in every terminal."""
        for process in self._running:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)
                await asyncio.wait_for(process.communicate(), PATIENCE_S)


async def test_the_readme_leads_from_a_clone_to_a_changed_line(root: Path, tmp_path: Path) -> None:
    lines = typed(root)
    assert lines.pop(4).startswith("PORT=~/bench/board0.chip/port")  # as Newcomer has it
    init, resident, serve, sim, wifi, provision, deploy, again, on, mount, off = lines
    newcomer = Newcomer(root, tmp_path)
    host, board = newcomer.home / ".porchlight", newcomer.bench / "board0"
    try:
        # The only words that the README does not have: ports that are free here.
        await newcomer.done(f"{init} --listen 127.0.0.1:{free_port()}")
        settings = host / "porchlight.toml"
        settings.write_text(re.sub(r"(?m)^port = 8080$", "port = 0", settings.read_text()))
        await newcomer.done(resident)
        await newcomer.stays(serve, (host / "run.json").exists)
        await newcomer.stays(sim, (newcomer.bench / "board0.chip" / "port").exists)
        await newcomer.done(wifi)
        assert "Next: porchlight grant porch" in await newcomer.done(provision)
        said = await newcomer.read_until(deploy, "radio joined")
        assert re.search(r"Copied \d\d files", said)
        assert "uplink" in await newcomer.read_until(again, "uplink connected")

        radio = newcomer.clone / "firmware" / "agent" / "radio.py"
        radio.write_text(
            radio.read_text("utf-8").replace('"joined"', '"joined, says the newcomer"')
        )
        said = await newcomer.read_until(again, "says the newcomer")
        assert "Copied 1 file," in said

        assert "maintenance is on" in await newcomer.done(on)
        radio.write_text(radio.read_text("utf-8").replace("says the newcomer", "and not copied"))
        said = await newcomer.read_until(mount, "and not copied")
        assert "maintenance: the watchdog is off" in said
        assert "and not copied" not in (board / "agent" / "radio.py").read_text("utf-8")
        assert "maintenance is off" in await newcomer.done(off)
        assert "radio joined" in await newcomer.done("porchlight boardlog porch")
    finally:
        await newcomer.leave()
