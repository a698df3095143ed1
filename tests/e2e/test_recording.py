"""A clip from a real board: real firmware, its own gate and pre-roll, a real host, nobody looking.

The grant alone has the board film. What reaches the disk is what moved, with what the board itself
held from before, byte for byte; and a player reads it.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from accord import b64, wire
from porchkit.vboard import BoardConfig, FrameSettings, MotionSettings, VirtualBoard
from porchlight.clips.reader import ClipReader
from tests.host.test_clip_files import check_riff, play
from tests.support import passing
from tests.support.clipping import clip_grant, listed
from tests.support.hosting import SETTINGS, InThread, Kit, hosted
from tests.support.runtimes import find_micropython
from tests.support.viewing import until

PATIENCE_S = 30.0
QUICK = SETTINGS + "[clips]\nquiet_seconds = 1\npre_roll_seconds = 3\n"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[InThread]:
    with hosted(tmp_path / "home", QUICK) as running:
        yield running


async def powered(board: VirtualBoard, host: InThread, kit: Kit) -> None:
    authority = x509.load_pem_x509_certificate(host.ca.read_bytes())
    public = kit.owner.key.public.jwk()
    board.provision(
        BoardConfig(
            host="127.0.0.1",
            port=host.ports.https,
            server_name="localhost",
            ca_der=authority.public_bytes(Encoding.DER),
            board_key=kit.key,
            resident_x=b64.decode(public["x"]),
            resident_y=b64.decode(public["y"]),
            frame=FrameSettings(width=320, height=240, fps=10, mode="motion"),
            motion=MotionSettings(pre_roll_s=2, post_roll_s=1),
        )
    )
    await board.start()


async def test_a_clip_of_what_moves_before_a_real_board(host: InThread, tmp_path: Path) -> None:
    find_micropython()
    sam = host.resident()
    kit = host.camera(sam)
    knobs = {"footage_part": passing.STILL}
    film = passing.film(tmp_path)
    board = VirtualBoard(tmp_path / "board", footage=film, knobs=knobs, heap="4m")
    camera = host.call(lambda: host.parts.cameras.get(kit.id))
    assert camera is not None
    try:
        await powered(board, host, kit)
        clip_grant(host, kit, sam)
        # It learns what its scene looks like, then keeps quiet, then somebody passes.
        await until(lambda: camera.status is not None and camera.status.quiet > 0, PATIENCE_S)
        board.set_knob(footage_part=passing.PASSING)
        await until(lambda: any(one.in_clip for one in host.parts.recorders.of(kit.id)))
        await asyncio.to_thread(board.set_knob, footage_part=passing.STILL)
        await until(lambda: listed(host, sam), PATIENCE_S)
    finally:
        await board.stop()
    (clip_id, *_) = listed(host, sam)
    clip = host.wait(host.parts.clips.find(clip_id))
    assert clip is not None
    path = host.parts.clips.path(clip)
    with ClipReader(path) as reader:
        frames = list(reader.frames())
    reasons = [wire.FRAME_REASONS[place.stamp.reason] for place, _ in frames]
    assert "motion" in reasons
    assert reasons[0] == "pre-roll", reasons
    stamps = [place.stamp.sequence for place, _ in frames]
    assert stamps == list(range(stamps[0], stamps[0] + len(stamps))), "none is missing"
    check_riff(path.read_bytes(), [jpeg for _, jpeg in frames])
    play(path, len(frames))
