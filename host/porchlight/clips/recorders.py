"""Recorders: one for each camera and grant that says so, for as long as it does.

A grant records if it allows `clips`, lets anything be kept, and is no answer to a request, which
is about the past; and its resident's rule does not say otherwise. Looked at once a second.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, Final

from accord.errors import Refused
from accord.grant import Grant
from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.clips.recorder import Measures, Recorder
from porchlight.clips.rows import Rule
from porchlight.clips.store import Clips
from porchlight.desk import Desk
from porchlight.errors import StoreError

MOST_A_CAMERA: Final = 4  # of eight that may look at once: the others are for people
EVERY_S: Final = 1.0
REST_S: Final = 60.0  # after one that ended for no reason of its grant: not an entry a second
_OVER: Final = ("revoked", "expired", "outside-window", "rule-changed")
# Nobody is shown anything yet. When a clip is opened a second operator is asked for, and masks are
# covered in what a hub is handed.
_LATER: Final[dict[str, Any]] = {"action": "clips", "approved": True, "masks": True}
Key = tuple[str, bytes]  # camera, handle
_log = logging.getLogger(__name__)


class Recorders:
    """Belongs to the event loop's thread. beat() often, stop() once."""

    def __init__(self, cameras: Cameras, clips: Clips, desk: Desk, measures: Measures) -> None:
        self._cameras = cameras
        self._clips = clips
        self._desk = desk
        self._measures = measures
        self._running: dict[Key, Recorder] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._rules: dict[str, Rule] = {}
        self._resting: dict[Key, float] = {}  # until when
        self._next = 0.0
        self._stopped = False
        cameras.on_withdrawn(self._withdrawn)
        desk.metrics.gauge("recorders", "Cameras and grants recorded now.", self.count)

    def count(self) -> int:
        """How many record now."""
        return len(self._running)

    def of(self, camera: str) -> list[Recorder]:
        """Those of one camera."""
        return [one for key, one in self._running.items() if key[0] == camera]

    def beat(self) -> None:
        """Once a second, whoever calls how often."""
        now = self._desk.clock.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            self.sweep()

    def sweep(self) -> None:
        """Begin what should record and does not, end what should not."""
        for recorder in list(self._running.values()):
            recorder.tick()
        if self._stopped:
            return
        for camera in self._cameras:
            if camera.online:
                self._begin(camera)

    def ruled(self, camera: str, rule: Rule) -> None:
        """A resident changed their rule: what runs ends, and begins anew under the new one."""
        self._rules[camera] = rule
        for recorder in self.of(camera):
            recorder.stop("rule-changed")

    async def stop(self) -> None:
        """The host is stopping: every clip is finished when this returns."""
        self._stopped = True
        for recorder in self._running.values():
            recorder.stop("host-stopped")
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    def _begin(self, camera: Camera) -> None:
        for permit in self._permits(camera):
            key = (camera.id, permit.handle)
            if key in self._tasks or self._rests(key):
                continue
            if len(self.of(camera.id)) >= MOST_A_CAMERA:
                return
            rule = self._rule(camera.id)
            self._start(
                key, Recorder(camera, permit, rule, self._clips, self._desk, by=self._measures)
            )

    def _start(self, key: Key, recorder: Recorder) -> None:
        self._running[key] = recorder
        task = self._tasks[key] = asyncio.get_running_loop().create_task(recorder.run())
        task.add_done_callback(lambda done: self._done(key, done))

    def _rests(self, key: Key) -> bool:
        if self._desk.clock.monotonic() < self._resting.get(key, 0.0):
            return True
        self._resting.pop(key, None)
        return False

    def _permits(self, camera: Camera) -> Iterator[Permit]:
        """Newest grant first."""
        recording = [grant for grant in camera.book.grants() if self._records(grant)]
        if not recording or not self._rule(camera.id).enabled:
            return
        now = self._desk.clock.unix()
        for grant in sorted(recording, key=lambda grant: -grant.seq):
            hub = grant.cnf or grant.aud[0]
            try:
                yield camera.book.permit(grant.handle, hub=hub, now=now, **_LATER)
            except Refused:
                continue

    def _records(self, grant: Grant) -> bool:
        kept = self._measures.keep_s(grant) > 0
        return "clips" in grant.actions and grant.req is None and kept

    def _rule(self, camera: str) -> Rule:
        rule = self._rules.get(camera)
        if rule is None:
            try:
                rule = self._rules[camera] = self._clips.rule(camera)
            except StoreError:
                return Rule(enabled=False)  # unknown means no
        return rule

    def _withdrawn(self, camera: str, handle: bytes) -> None:
        recorder = self._running.get((camera, handle))
        if recorder is not None:
            recorder.stop("revoked")

    def _done(self, key: Key, task: "asyncio.Task[None]") -> None:
        del self._tasks[key]
        recorder = self._running.pop(key)
        if recorder.reason not in _OVER:
            self._resting[key] = self._desk.clock.monotonic() + REST_S
        if not task.cancelled() and task.exception() is not None:
            _log.error("a recorder failed", exc_info=task.exception())
