"""From the box to the porch without hardware: the commands a resident types, each a process.

Two stand-ins take turns for one board: a boot loader that has no reset lines and runs no code, and
the board's processor with its serial port, whose flash is empty but for MicroPython.
"""

import asyncio
import json
from pathlib import Path

from porchkit.pty import PtyBoard
from tests.support import espimages
from tests.support.bootloader import Bootloader
from tests.support.provisioning import FRAMES, PASSWORD, Porch, living, streamed, well


async def test_flashed_provisioned_granted_watched(film: Path, tmp_path: Path) -> None:
    firmware = tmp_path / "mpy_cam-AI_THINKER.bin"
    contents = espimages.merged(app_bytes=1_640_000)
    firmware.write_bytes(contents)
    async with living(tmp_path) as porch:
        where = ["--home", str(porch.home.path)]
        assert await _flashed(porch, tmp_path, firmware) == contents[:4096]
        async with PtyBoard(tmp_path / "board", footage=film) as board:
            words = ["provision", "porch", "--port", str(board.port), "--board", "ai_thinker"]
            provisioned = await well(
                porch.watched(*words, *where, "--wifi-file", str(porch.wifi), "--json")
            )
            assert set(provisioned.outcomes.values()) == {"pass"}
            await well(porch.watched("grant", "porch", "--to", "fire", "--for", "2h", *where))
            async with asyncio.timeout(30):
                assert await streamed(porch, provisioned.board["id"]) == FRAMES
            await well(porch.watched("revoke", "porch", *where))
            told = await well(porch.watched("log", *where))
            doctor = await well(porch.watched("doctor", str(board.port), "--json"))
        assert "fire" in told.out
        checks = json.loads(doctor.out)["checks"]
        assert {row["outcome"] for row in checks} == {"pass"}, checks
        shown = "".join(done.out + done.err + done.seen for done in (provisioned, told, doctor))
        assert PASSWORD not in shown


async def _flashed(porch: Porch, folder: Path, firmware: Path) -> bytes:
    """The first bytes of what the board has now."""
    chip = await asyncio.to_thread(Bootloader, folder)
    try:
        done = await porch.watched(
            *("flash", chip.device, "--board", "ai_thinker", "--firmware", str(firmware)),
            *("--wait", "0", "--json"),
        )
        assert done.code == 0, done.err
        outcome = json.loads(done.out)
        written = await asyncio.to_thread(chip.flash, 0x1000, 4096)
    finally:
        chip.kill()
    assert outcome["verified_bytes"] > 1_600_000
    return written
