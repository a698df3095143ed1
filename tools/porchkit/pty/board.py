"""A virtual board with a serial port and a prompt.

    root/         its flash, and nothing else; the program sees it as `/`
    root.chip/    what belongs to the chip (vchip): knobs, pins.log, board.log; and `port`, a
                  symlink to the pseudo-terminal

Starts as a board does: boot.py, main.py, then the REPL. What ends the program there ends the
process here, and the next one begins where the board would: PtyBoard tells a soft reset (the REPL's
Ctrl-D, sys.exit()) from a hard one (machine.reset(), the watchdog) and does what is due.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porchkit import vboardrun
from porchkit.paths import standins_root
from porchkit.pty import uart
from porchkit.pty.console import Console
from porchkit.pty.prompt import Prompt
from porchkit.pty.serialport import SerialPort
from porchkit.vpower import Powered
from porchkit.vwatchdog import Watchdog

_BOOT = '__import__("simboot")'
_SOFT_REBOOT = b"MPY: soft reboot\r\n"


class PtyBoard(Powered):
    """One board, for one event loop. `footage`: a prepared .mjpg (porchkit.footage.prepare), None
    for the generated street; `heap`: as MicroPython's -X heapsize takes it, such as "256k".
    `async with` starts and stops it."""

    def __init__(
        self,
        root: Path,
        *,
        footage: Path | None = None,
        knobs: Mapping[str, Any] | None = None,
        heap: str | None = None,
    ) -> None:
        chip = root.with_name(f"{root.name}.chip")
        super().__init__(root, chip, footage, knobs, heap)
        self.port = chip / "port"  # while the board has power
        self._watchdog = Watchdog()
        self._prompt = Prompt(to_raw=False)
        self._line: SerialPort | None = None
        self._console: Console | None = None
        self._keys: uart.Keys | None = None

    async def __aenter__(self) -> "PtyBoard":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Plug it in: the port is there, and the board starts as after a power-on reset."""
        await self._dark()
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._chip.power_on()
        self._line = SerialPort(self.port.absolute(), self._typed, self._flow)
        self._boot(vboardrun.POWER)
        self._power = asyncio.create_task(self._supervise(), name=f"board {self.root.name}")

    def kill(self) -> None:
        """Unplug it, now: no line of the program runs after this. The flash stays as it is."""
        if self._keys is not None:
            self._keys.stop()
        super().kill()
        if self._console is not None:
            self._console.close()
        if self._line is not None:
            self._line.close()
            self._line = None

    async def _supervise(self) -> None:
        """Start the program again after everything that ends it."""
        loop = asyncio.get_running_loop()
        while self._run is not None and self._console is not None:
            begun = loop.time()
            ended = await self._run.ended()
            cause = vboardrun.SOFT if ended == vboardrun.ENDED else ended
            self._console.drain()
            self._console.close()
            if self._keys is not None:
                self._keys.stop()
            self._chip.note(f"{cause} (exit status {self._run.process.returncode})")
            self.resets.append(cause)
            await asyncio.sleep(max(0, begun + vboardrun.BOOT_S - loop.time()))
            self._boot(cause)

    def _boot(self, cause: str) -> None:
        soft = cause == vboardrun.SOFT
        missed = self._missed()
        raw = soft and self._prompt.raw
        self._prompt = Prompt(to_raw=raw)
        self._send(_SOFT_REBOOT if soft else uart.first_words(cause))
        self._console = console = Console(self._printed)
        env = {
            **self._chip.env(vboardrun.CAUSES[cause]),
            **self._folders(),
            "PORCHLIGHT_BOARD_TTY": console.device,
            "PORCHLIGHT_BOARD_MAIN": "no" if raw else "yes",
        }
        self._run = vboardrun.Run(
            vboardrun.command(self._heap, "-i", "-c", _BOOT),
            root=self.root,
            wires=vboardrun.Wires(console.slave, console.slave),
            env=env,
            told=self._told,
            watchdog=self._watchdog,
        )
        console.hand_over()
        self._keys = uart.Keys(self._run.process.pid, console.type, missed)

    def _missed(self) -> bytes:
        status = self._run.process.returncode if self._run is not None else None
        return self._keys.missed(status) if self._keys and status is not None else b""

    def _folders(self) -> dict[str, str]:
        root, standins = self.root.resolve(), standins_root()
        return {
            "MICROPYPATH": f"{standins}:.frozen",
            "PORCHLIGHT_BOARD_ROOT": str(root),
            "PORCHLIGHT_BOARD_ID": str(root),
            "PORCHLIGHT_BOARD_CHIP": f"{self._chip.folder.resolve()}{os.sep}",
            "PORCHLIGHT_BOARD_STANDINS": str(standins),
            "HOME": os.devnull,  # where MicroPython would keep what is typed at its prompt
        }

    def _told(self, word: str, rest: str) -> None:
        if word == "up" and self._keys is not None:
            self._keys.let_through()
        else:
            self._chip.told(word, rest)

    def _typed(self, chunk: bytes) -> None:
        if self._keys is not None:
            self._keys.press(chunk)

    def _printed(self, chunk: bytes) -> None:
        for_host, for_board = self._prompt.take(chunk)
        self._send(for_host, logged=not self._prompt.raw)
        if for_board and self._console is not None:
            self._console.type(for_board)

    def _send(self, chunk: bytes, *, logged: bool = True) -> None:
        """To the host. What a host's tool asks for over the raw REPL is its own, and may be secret:
        it is not kept."""
        if logged:
            with self.log.open("ab") as log:
                log.write(chunk)
        if self._line is not None:
            self._line.write(chunk)

    def _flow(self, go_on: bool) -> None:
        if self._console is not None:
            self._console.flow(go_on)
