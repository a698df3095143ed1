"""Recording: who may have it done, what is recorded and what is not, and what a fault costs."""

import errno
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from porchlight.clips import avi
from porchlight.clips.reader import ClipReader
from porchlight.clips.rows import Clip
from porchlight.clips.writer import Writer
from porchlight.store.clips_model import Clip as Row
from tests.support.boardpeer import BoardPeer
from tests.support.clipping import (
    clip_grant,
    coloured,
    fetch,
    handle,
    keep,
    listed,
    open_play,
)
from tests.support.hosting import SETTINGS, InThread, Kit, hosted, spawned
from tests.support.signing import Signer, new_id
from tests.support.viewing import board_at, until

STILL, MOVING = {"score": 0, "reason": 0}, {"score": 2_000, "reason": 1}


class Filming:
    """A board under a grant for clips. `at_ms`: when its next frame is taken."""

    def __init__(self, host: InThread, board: BoardPeer, kit: Kit, jti: str) -> None:
        self.host, self.board, self.kit, self.jti = host, board, kit, jti
        self.at_ms = host.parts.clock.unix_ms()

    async def shows(self, *scenes: dict[str, Any], step_ms: int = 100) -> None:
        """Send a frame for each, and wait until the host has them."""
        camera = self.host.parts.cameras.get(self.kit.id)
        assert camera is not None
        before = camera.frames
        for number, scene in enumerate(scenes):
            self.at_ms += step_ms
            said = {"captured_ms": self.at_ms, "handle": handle(self.jti)} | scene
            await self.board.send_frame(coloured(number % 6), said.pop("handle"), **said)
        await until(lambda: camera.frames >= before + len(scenes))

    async def passes(self) -> None:
        """Something moves, and then it is quiet for longer than a clip waits."""
        await self.shows(STILL, STILL, MOVING, MOVING)
        await self.shows(STILL, step_ms=9_000)

    async def recorded(self, count: int = 1) -> list[Clip]:
        """Wait for so many clips; oldest first."""

        def found() -> list[Clip]:
            return self.host.wait(self.host.parts.clips.within(self.kit.id, 0, 2**53))

        await until(lambda: len(found()) >= count)
        return found()


@asynccontextmanager
async def filming(host: InThread, kit: Kit, jti: str) -> AsyncIterator[Filming]:
    """Until the block ends a board films because its grant says so, with nobody looking."""
    async with board_at(host, kit) as board:
        host.call(host.parts.recorders.sweep)
        await board.watched(handle(jti))
        yield Filming(host, board, kit, jti)


async def test_what_moves_is_recorded_with_what_was_before(
    host: InThread, ann: Signer, porch: Kit
) -> None:
    async with filming(host, porch, clip_grant(host, porch, ann)) as board:
        await board.passes()
        (clip,) = await board.recorded()
    with ClipReader(host.parts.clips.path(clip)) as reader:
        shown = [(place.stamp.score, jpeg) for place, jpeg in reader.frames()]
    assert shown == [(score, coloured(n)) for n, score in enumerate((0, 0, 2_000, 2_000))]
    assert (clip.jti, clip.frames, clip.ended_ms - clip.started_ms) == (board.jti, 4, 300)
    begun, kept = host.entries(ann, "recording.begun")[0], host.entries(ann, "clip.recorded")[0]
    assert begun["n"] < kept["n"]
    assert (begun["jti"], kept["jti"]) == (board.jti, board.jti)
    assert kept["detail"]["sha256"] == clip.sha256


async def test_what_a_mask_covers_reaches_no_disk(host: InThread, ann: Signer, porch: Kit) -> None:
    jti = clip_grant(host, porch, ann, detail={"mask": [[0, 0, 500, 1_000]]})
    async with filming(host, porch, jti) as board:
        await board.passes()
        (clip,) = await board.recorded()
    with ClipReader(host.parts.clips.path(clip)) as reader:
        shown = [jpeg for _, jpeg in reader.frames()]
    assert len(shown) == 4
    for jpeg in shown:
        with Image.open(io.BytesIO(jpeg)) as seen:
            colours = seen.convert("RGB")
        assert max(colours.getpixel((60, 60))) < 30, "covered"  # type: ignore[arg-type]
        assert colours.getpixel((150, 60))[1] > 60, "not covered"  # type: ignore[index]


async def test_nothing_runs_for_a_grant_without_clips(
    host: InThread, ann: Signer, porch: Kit, fire: Signer
) -> None:
    host.grant(porch, fire)
    clip_grant(host, porch, fire, req=new_id())
    clip_grant(host, porch, fire, detail={"limits": {"retain_s": 0}})
    async with board_at(host, porch) as board:
        host.call(host.parts.recorders.sweep)
        await board.watched(None)
        assert host.parts.recorders.of(porch.id) == []
    assert host.entries(ann, "recording.begun") == []


async def test_revoking_ends_the_clip_there(host: InThread, ann: Signer, porch: Kit) -> None:
    async with filming(host, porch, clip_grant(host, porch, ann)) as board:
        await board.shows(MOVING, MOVING)
        host.caller(ann).post(f"/grants/{board.jti}/revoke")
        await board.board.watched(None)
        (clip,) = await board.recorded()
        await until(lambda: host.entries(ann, "recording.ended"))
    assert clip.frames == 2
    ended = host.entries(ann, "recording.ended")[0]
    assert (ended["reason"], ended["detail"]["frames"]) == ("revoked", 2)
    assert listed(host, ann) == [clip.id]


async def test_frames_under_another_grant_are_not_recorded(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """A board that did not say it holds the recording grant sends for somebody else."""
    jti, other = clip_grant(host, porch, ann), host.grant(porch, fire)
    async with filming(host, porch, jti) as board:
        body = {"cameras": [porch.id], "action": "live", "case": "1", "purpose": "fire"}
        view = host.caller(fire).post("/views", body).json()
        url = host.http + view["urls"]["cameras"][porch.id]["stream"]
        async with httpx.AsyncClient() as viewer, viewer.stream("GET", url):
            await board.board.watched(handle(other))
            await board.shows({**MOVING, "handle": handle(other)})
            await board.shows(MOVING)
            await board.shows(STILL, step_ms=9_000)
            (clip,) = await board.recorded()
    assert clip.frames == 1


async def test_the_residents_rule_takes_away(host: InThread, ann: Signer, porch: Kit) -> None:
    asks = host.caller(ann)
    async with filming(host, porch, clip_grant(host, porch, ann)) as board:
        path = f"/cameras/{porch.id}/recording"
        now = asks.get(path).json()
        assert [row["grant"] for row in now["now"]] == [board.jti]
        off = asks.ask("PUT", path, {"enabled": False})
        assert (off.status_code, off.json()["now"]) == (200, [])
        await until(lambda: not host.parts.recorders.of(porch.id))
        host.call(host.parts.recorders.sweep)
        assert host.parts.recorders.of(porch.id) == []
        sealed = {"enabled": True, "reader": ann.key.public.jwk()}
        assert asks.ask("PUT", path, sealed).json()["reader"] == ann.thumb
        host.call(host.parts.recorders.sweep)
        await until(lambda: any(one.running for one in host.parts.recorders.of(porch.id)))
        await board.passes()
        (clip,) = await board.recorded()
    assert clip.sealed
    assert fetch(host, open_play(host, ann, clip)["urls"]["file"]).content[:6] == b"PLCLIP"
    assert asks.ask("PUT", path, {"enabled": True, "reader": {"kty": "EC"}}).status_code == 400
    assert host.caller(host.resident()).get(path).status_code == 404
    said = [entry["detail"]["enabled"] for entry in host.entries(ann, "recording.set")]
    assert said == [False, True]


async def test_a_full_disk_costs_the_clip_and_nothing_else(
    host: InThread,
    ann: Signer,
    porch: Kit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "porchlight.clips")
    add = Writer.add
    full = [True]

    def fails(writer: Writer, frame: Any) -> None:
        add(writer, frame)
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Writer, "add", fails)
    folder = host.parts.clips.folder / porch.id
    async with filming(host, porch, clip_grant(host, porch, ann)) as board:
        for _ in range(2):
            await board.passes()
        await until(lambda: folder.exists() and not list(folder.iterdir()))
        full.clear()
        await board.passes()
        (clip,) = await board.recorded()
    assert [path.stem for path in folder.iterdir()] == [clip.id]
    said = [one.message for one in caplog.records if one.name.startswith("porchlight.clips")]
    assert [line for line in said if "cannot be recorded" in line] == [
        "clips cannot be recorded (No space left on device); live views go on"
    ]
    assert said[-1] == "clips are recorded again"


async def test_the_log_keeps_the_last_bytes_of_the_disk(
    host: InThread, ann: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porchlight.clips.filing.spare_bytes", lambda _folder: 1_000)
    async with filming(host, porch, clip_grant(host, porch, ann)) as board:
        await board.passes()
        await until(lambda: host.parts.clips._troubled)
        assert not (host.parts.clips.folder / porch.id).exists()
    host.call(host.parts.clips.well)


# A start after a crash


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_the_next_start_sets_right_what_was_left(home: Path) -> None:
    with hosted(home, SETTINGS) as host:
        ann = host.resident()
        porch = host.camera(ann)
        jti = clip_grant(host, porch, ann)
        whole, cut, stray, lost = (keep(host, porch, jti) for _ in range(4))
        folder = host.parts.clips.folder / porch.id
        for clip in (cut, stray):
            forget(host, clip)
    content = (folder / f"{cut.id}.avi").read_bytes()
    (folder / f"{cut.id}.avi").unlink()
    (folder / f"{cut.id}.draft").write_bytes(content[: cut.size_bytes * 3 // 5])
    (folder / f"{new_id()}.draft").write_bytes(content[:900])
    (folder / f"{new_id()}.avi").write_bytes(content)
    (folder / f"{new_id()}.sealed").write_bytes(b"PLCLIP1\n")
    (folder / f"{lost.id}.avi").unlink()
    with hosted(home) as host:
        assert set(listed(host, ann)) == {whole.id, cut.id, stray.id}
        assert {path.name for path in folder.iterdir()} == {
            f"{clip.id}.avi" for clip in (whole, cut, stray)
        }
        repaired = host.wait(host.parts.clips.find(cut.id))
        assert repaired is not None
        assert 0 < repaired.frames < cut.frames
        assert (repaired.jti, repaired.resident) == (jti, ann.thumb)
        gone = host.entries(ann, "clip.expired")[0]
        assert (gone["detail"]["clip"], gone["reason"]) == (lost.id, "lost")
        again = [entry["detail"] for entry in host.entries(ann, "clip.recorded")[4:]]
        assert {detail["clip"] for detail in again if detail["repaired"]} == {cut.id, stray.id}


def forget(host: InThread, clip: Clip) -> None:
    """As if its row had never been written."""
    host.store.run_now(lambda session: session.delete(session.get(Row, clip.id)))


async def test_a_killed_host_keeps_the_frames_it_had(home: Path) -> None:
    with spawned(home) as killed:
        ann = killed.resident()
        porch = killed.camera(ann)
        jti = killed.grant(porch, ann, detail={"actions": ["clips"]})
        async with board_at(killed, porch) as board:
            await board.watched(handle(jti))
            for number in range(5):
                await board.send_frame(coloured(number), handle(jti), **MOVING)
            folder = killed.home / "clips" / porch.id
            enough = avi.HEAD_BYTES + 3 * (avi.BEFORE_JPEG + len(coloured(0)))
            await until(
                lambda: any(path.stat().st_size >= enough for path in folder.glob("*.draft"))
            )
            killed.kill()
    with hosted(home) as host:
        (clip_id,) = listed(host, ann)
        clip = host.wait(host.parts.clips.find(clip_id))
        assert clip is not None
        with ClipReader(host.parts.clips.path(clip)) as reader:
            shown = [jpeg for _, jpeg in reader.frames()]
        assert shown == [coloured(number) for number in range(clip.frames)]
        assert clip.frames >= 3


async def test_a_stop_finishes_the_clip(home: Path) -> None:
    with hosted(home, SETTINGS) as host:
        ann = host.resident()
        porch = host.camera(ann)
        async with filming(host, porch, clip_grant(host, porch, ann)) as board:
            await board.shows(MOVING, MOVING)
            host.wait(host.parts.recorders.stop())
            (clip,) = await board.recorded()
            host.call(host.parts.recorders.sweep)
            assert host.parts.recorders.of(porch.id) == []
    assert clip.frames == 2
