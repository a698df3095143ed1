"""A chip's boot loader as a process of its own: esp32-mock-bootloader, alpha, with its limits.

It answers esptool and keeps 4 MB of flash in memory; it runs no code, has no reset lines and no
PSRAM, and cannot be read through the flasher stub (only without it, 64 bytes at a time).
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import esptool.cmds

# The mock always says 4 MB; the third byte of the JEDEC id is the size as a power of two.
_START = """
import sys
from esp32_mock_bootloader import cli, protocol
protocol.MOCK_FLASH_ID = {flash_id:#x}
sys.exit(cli.main(sys.argv[1:]))
"""
_KEEP_S = 60


class Bootloader:
    """One mock chip, on a TCP port (`socket://...`) or on a pty (`/dev/pts/N`)."""

    def __init__(
        self, folder: Path, *, chip: str = "esp32", flash_mb: int = 4, pty: bool = False
    ) -> None:
        size = (flash_mb << 20).bit_length() - 1
        start = _START.format(flash_id=size << 16 | 0x4020)
        words = ["run", "--chip", chip, "--timeout", str(_KEEP_S)]
        words += ["--pty"] if pty else ["--port", "0"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        )
        self.device = self._announced(re.compile(r"on PTY (\S+)|listening on (\S+)"))

    @property
    def tcp_port(self) -> int:
        return int(self.device.rpartition(":")[2])

    def kill(self) -> None:
        """Pull the cable, or end."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def seed(self, address: int, contents: bytes) -> None:
        """Put bytes on its flash."""
        with self._loader() as loader, suppress_output():
            esptool.cmds.attach_flash(loader)
            esptool.cmds.write_flash(loader, [(address, contents)], no_compress=True)

    def flash(self, address: int, size: int) -> bytes:
        """What is on its flash."""
        with self._loader() as loader, suppress_output():
            esptool.cmds.attach_flash(loader)
            contents = esptool.cmds.read_flash(loader, address, size, no_progress=True)
        assert contents is not None
        return contents

    def _loader(self) -> esptool.ESPLoader:
        with suppress_output():
            return esptool.cmds.detect_chip(self.device, connect_mode="no-reset")

    def _announced(self, pattern: re.Pattern[str]) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := pattern.search(line):
                return found[1] or f"socket://{found[2]}"
        raise AssertionError("the mock boot loader did not start")


@contextmanager
def suppress_output() -> Iterator[None]:
    """esptool talks; what it says is not the test's business."""
    esptool.cmds.log.set_verbosity("silent")
    try:
        yield
    finally:
        esptool.cmds.log.set_verbosity("auto")
