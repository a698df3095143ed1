"""The real host as a process of its own: started, awaited, ended. Its output goes to a file."""

import asyncio
import os
import sys
from pathlib import Path

import httpx

from porchkit.errors import CommandError, HostUnreachable
from porchkit.home import Home, Running
from porchkit.lastline import last_line

START_S = 20.0
STOP_S = 8.0
POLL_S = 0.05


class HostProcess:
    """`porchlight serve` for one folder. Not reusable: one start, one stop."""

    def __init__(self, home: Home, log: Path) -> None:
        self._home, self._log = home, log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> Running:
        """Start and wait until it answers; CommandError with its last words if it does not."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "porchkit.demo.leashed",
                    "serve",
                    "--home",
                    str(self._home.path),
                ),
                stdin=asyncio.subprocess.PIPE,  # closes with us: the leash
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is ours: we end boards first, then the host.
                start_new_session=True,
                env=dict(os.environ),
            )
        try:
            async with asyncio.timeout(START_S):
                return await self._answers(self._process)
        except TimeoutError:
            raise HostUnreachable(
                f"the host did not start in {START_S:.0f} s{self._words()}"
            ) from None

    async def ended(self) -> None:
        """Wait while it runs; CommandError with its last words when it has ended."""
        if self._process is not None:
            await self._process.wait()
            raise CommandError(f"the host has ended{self._words()}")

    async def stop(self) -> None:
        """End it politely, then firmly. Safe to call at any time."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def pid(self) -> int:
        """Of the running host; 0 before start()."""
        return self._process.pid if self._process else 0

    async def _answers(self, process: asyncio.subprocess.Process) -> Running:
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                if process.returncode is not None:
                    raise CommandError(f"the host ended as it started{self._words()}")
                found = self._home.running()
                if found is not None and found.pid == process.pid and await _healthy(http, found):
                    return found
                await asyncio.sleep(POLL_S)

    def _words(self) -> str:
        line = last_line(self._log)
        return f": {line}" if line else ""


async def _healthy(http: httpx.AsyncClient, found: Running) -> bool:
    try:
        answer = await http.get(f"http://127.0.0.1:{found.http}/healthz")
    except httpx.TransportError:
        return False
    return answer.is_success
