"""Recorder: looks through one camera under one grant for `clips`, and files what moves.

It looks as a hub does: with a permit, an entry before the first frame, and nothing after the grant
ended. What it keeps in memory before something moves is gone when it stops.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final

from accord.errors import Refused
from accord.grant import Grant
from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.clips.cutter import Cut, Cutter, Lengths
from porchlight.clips.filing import Filing
from porchlight.clips.rows import Rule
from porchlight.clips.store import Clips, Origin
from porchlight.desk import Desk
from porchlight.ending import Ending
from porchlight.errors import StoreError
from porchlight.frames import Frame
from porchlight.views.look import Look

MIB: Final = 1 << 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measures:
    """The host's settings of recording: they bound what grants allow, and widen nothing."""

    pre_s: int = 5
    quiet_s: int = 8
    longest_s: int = 60
    longest_bytes: int = 64 * MIB
    retain_s: int = 7 * 86_400
    spare_bytes: int = 256 * MIB

    def keep_s(self, grant: Grant) -> int:
        """How long a clip under this grant is kept."""
        return min(self.retain_s, grant.limits.get("retain_s", self.retain_s))

    def lengths(self, grant: Grant) -> Lengths:
        """The bounds of its clips: none is longer than a session may be."""
        longest = min(self.longest_s, grant.limits.get("session_s", self.longest_s))
        fps = grant.limits.get("fps")
        return Lengths(
            pre_ms=self.pre_s * 1000,
            quiet_ms=self.quiet_s * 1000,
            longest_ms=longest * 1000,
            longest_bytes=self.longest_bytes,
            gap_ms=0 if fps is None else 1000 // fps,
        )


class Recorder:
    """run() is a task of its caller's. stop() ends it: no frame is taken after it returned."""

    def __init__(
        self, camera: Camera, permit: Permit, rule: Rule, clips: Clips, desk: Desk, *, by: Measures
    ) -> None:
        self.camera = camera
        self.permit = permit
        grant = permit.grant
        self._clips = clips
        self._desk = desk
        self._spare = by.spare_bytes
        self._origin = Origin(
            camera.id, camera.resident, grant.jti, by.keep_s(grant), rule.reader, grant.mask
        )
        self._cutter = Cutter(by.lengths(grant))
        self._look: Look | None = None
        self._filing: Filing | None = None
        self._filings: set[asyncio.Task[None]] = set()
        self._over = Ending()
        self.reason = ""
        self.frames = 0
        self.bytes = 0

    async def run(self) -> None:
        """Record until stopped; all clips are in the index when this returns."""
        try:
            await self._enter("recording.begun", detail={"hubs": list(self.permit.grant.aud)})
        except StoreError as error:  # no entry, no frame
            _log.error("recording could not begin: %s", error)
            return
        try:
            await self._record()
        except Refused as refused:
            self.stop(refused.reason)
        finally:
            self.stop("host-stopped")
            if self._filings:
                await asyncio.wait(list(self._filings))
            await self._enter_end()

    @property
    def running(self) -> bool:
        """Whether it takes frames now."""
        return self._look is not None

    @property
    def in_clip(self) -> bool:
        """Whether a clip is being made."""
        return self._cutter.running

    def stop(self, reason: str) -> None:
        """Take no more frames; again changes nothing."""
        if self._over.is_set():
            return
        self.reason = reason
        self._end_clip()
        self._look = None
        self._over.set()

    def tick(self) -> None:
        """Time passed: the clip may be over, and so may the permit."""
        reason = self.camera.lapse(self.permit, self._desk.clock.unix())
        if reason is not None:
            self.stop(reason)
        elif self._cutter.idle(self._desk.clock.monotonic()):
            self._end_clip()

    async def _record(self) -> None:
        now = self._desk.clock.unix()
        async with self.camera.watch(self.permit):
            if not self._over.is_set():
                self._look = Look(self.camera, self.permit, opened=now, ends=self.permit.grant.exp)
            with self.camera.latest.taken_by(self._take):
                await self._over.wait()

    def _take(self, frame: Frame) -> None:
        """A frame came to the host: for whom, its grant says."""
        look = self._look
        if look is None or not self.camera.allows(self.permit, self._desk.clock.unix()):
            return
        if not (look.covers(frame) and look.fits(frame)):
            return
        self.frames += 1
        self.bytes += len(frame.jpeg)
        self._follow(self._cutter.feed(frame))

    def _follow(self, cut: Cut) -> None:
        if cut.ends:
            self._end_clip()
        if not cut.frames:
            return
        if self._filing is None:
            self._filing = Filing(self._clips, self._origin, cut.frames[0], self._spare)
            task = asyncio.get_running_loop().create_task(self._filing.run())
            self._filings.add(task)
            task.add_done_callback(self._filed)
        lost = self._filing.lost
        self._filing.add(cut.frames)
        if self._filing.lost > lost:
            self._desk.metrics.refused("clip", "not-written")

    def _end_clip(self) -> None:
        self._cutter.end()
        if self._filing is not None:
            self._filing.end()
            self._filing = None

    def _filed(self, task: "asyncio.Task[None]") -> None:
        self._filings.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a clip was lost to a fault of ours", exc_info=task.exception())

    async def _enter_end(self) -> None:
        """What was taken, for the board's own counters to agree with."""
        detail = {"frames": self.frames, "bytes": self.bytes}
        try:
            await self._enter("recording.ended", reason=self.reason, detail=detail)
        except StoreError as error:
            _log.error("the end of a recording could not be entered: %s", error)

    async def _enter(self, type: str, **more: Any) -> None:
        about = {"resident": self.camera.resident, "camera": self.camera.id}
        await self._desk.entries.add(type, jti=self.permit.jti, **about, **more)
