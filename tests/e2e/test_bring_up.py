"""From the box to a camera that streams, in the words a resident types: flash, provision, grant.

The port leads to a chip's boot loader first (esp32-mock-bootloader), and after its reset to a
virtual board with nothing on its flash, as one board does.
"""

import asyncio
from pathlib import Path

import pytest

from porchkit.pty import PtyBoard
from tests.support import espimages
from tests.support.provisioning import FRAMES, living, streamed, well
from tests.support.ttybridge import bridged

pytest.importorskip("esp32_mock_bootloader", reason="needs esp32-mock-bootloader (make install)")

from tests.support.badline import BadLine
from tests.support.bootloader import Bootloader


async def test_flash_then_provision_then_grant_then_frames(film: Path, tmp_path: Path) -> None:
    firmware = tmp_path / "firmware.bin"
    firmware.write_bytes(espimages.merged(app_bytes=1_640_000))
    chip = await asyncio.to_thread(Bootloader, tmp_path)
    async with (
        living(tmp_path) as porch,
        PtyBoard(tmp_path / "board", footage=film) as board,
        bridged(board.port) as prompt,
    ):
        line = BadLine(chip.tcp_port, prompt)
        port = line.device
        try:
            flashed = await well(
                porch.type("flash", port, "--board", "ai_thinker", "--firmware", str(firmware))
            )
            assert flashed.out.startswith("Done")
            done = await well(porch.provision("porch", port))
            assert set(done.outcomes.values()) == {"pass"}
            where = ["--home", str(porch.home.path)]
            await well(porch.type("grant", "porch", "--to", "fire", *where))
            async with asyncio.timeout(30):
                assert await streamed(porch, done.board["id"]) == FRAMES
        finally:
            await asyncio.to_thread(line.close)
            chip.kill()
