"""Several boards at once: a process for each, as esptool has one logger and one state a process."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from porchkit.flash.errors import FlashError
from porchkit.flash.progress import Voice

_PREFIX = "porchlight: "


@dataclass(frozen=True)
class Ended:
    """How one board ended. `outcome` where code is 0, `error` elsewhere."""

    port: str
    code: int
    outcome: dict[str, Any] | None
    error: str

    def line(self) -> str:
        if self.outcome is None:
            return f"{self.port}  FAILED  {self.error}"
        what = self.outcome["micropython"] or "written and verified"
        return f"{self.port}  done    {self.outcome['chip']} {self.outcome['mac']}  {what}"

    def json(self) -> dict[str, Any]:
        return self.outcome or {"port": self.port, "code": self.code, "error": self.error}


def flash(ports: Sequence[str], options: Sequence[str], voice: Voice) -> list[Ended]:
    """Run `porchlight flash PORT` with `options` for every port, all at the same time."""
    return asyncio.run(_all(ports, options, voice))


def code(ended: Sequence[Ended]) -> int:
    """0 if all went well, else the highest code of all."""
    return max((one.code for one in ended), default=FlashError.exit_code)


async def _all(ports: Sequence[str], options: Sequence[str], voice: Voice) -> list[Ended]:
    return await asyncio.gather(*(_one(port, options, voice) for port in ports))


async def _one(port: str, options: Sequence[str], voice: Voice) -> Ended:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "porchkit.cli", "flash", port, *options, "--json", "--yes"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, last = await asyncio.gather(_whole(child), _said(child, port, voice))
        status = await child.wait()
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()
    if status == 0:
        return Ended(port, 0, json.loads(out), "")
    return Ended(port, status, None, last.removeprefix(_PREFIX))


async def _whole(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None  # noqa: S101  PIPE was asked for
    return await child.stdout.read()


async def _said(child: asyncio.subprocess.Process, port: str, voice: Voice) -> str:
    """Pass on what the child says, under its port; the last line is its error, if it fails."""
    assert child.stderr is not None  # noqa: S101  PIPE was asked for
    last = ""
    async for raw in child.stderr:
        last = raw.decode("utf-8", "replace").rstrip()
        if not last.startswith(_PREFIX):
            voice.say(f"{port}  {last}")
    return last
