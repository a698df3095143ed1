"""What moves before one camera: into its history, and to its resident's screens within a second."""

import asyncio
from typing import Final

from porchlight.clock import Clock
from porchlight.events import Events
from porchlight.motion.history import BUCKET_S, History

TELL_S: Final = 1.0  # what comes within it is one event


class Moves:
    """`camera` and `resident` are thumbs. Belongs to the event loop's thread."""

    def __init__(self, camera: str, resident: str, clock: Clock, events: Events) -> None:
        self.history = History(clock.unix)
        self._camera = camera
        self._resident = resident
        self._clock = clock
        self._events = events
        self._untold: int | None = None  # since when, unix s

    def sent(self, reason: int, score: int, now: int) -> None:
        """A frame was taken at `now` (unix s): see History."""
        self.history.sent(reason, score, now)
        if self._untold is None:
            self._tell_soon()

    def told(self, quiet: int, score: int) -> None:
        """A Status came: see History."""
        self.history.told(quiet, score)
        if self._untold is None:
            self._tell_soon()

    def _tell_soon(self) -> None:
        self._untold = self._clock.unix()
        asyncio.get_running_loop().call_later(TELL_S, self._tell)

    def _tell(self) -> None:
        since, self._untold = self._untold or 0, None
        if not self._events.count_of(self._resident):
            return
        start = since - since % BUCKET_S
        buckets = self.history.between(start, self._clock.unix() + 1, BUCKET_S)
        body = {"camera": self._camera, "buckets": [bucket.row() for bucket in buckets]}
        self._events.publish("motion", self._resident, body)
