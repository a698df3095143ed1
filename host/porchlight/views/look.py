"""Look: one camera in one view. Knows whether a frame may be shown at this very instant."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from accord.permit import Permit
from porchlight.camera import HELD, Camera
from porchlight.ending import Ending
from porchlight.frames import Frame, LatestFrame
from porchlight.streams.caption import Caption
from porchlight.streams.lettering import Lines
from porchlight.streams.prepared import Prepared
from porchlight.streams.tilecache import TileCache
from porchlight.streams.workers import Made
from porchlight.views.paced import PacedSlot
from porchlight.views.still import Still

SESSION_OVER: Final = "session-over"
FRESH_S: Final = 2.0  # what came longer ago does not open a stream


class Look:
    """`ends`: unix s after which nothing is shown, whatever the permit says (limits.session_s).

    Once `over` is set it stays over, for `reason`. `frames` counts how many times a picture was
    handed to a viewer who had not been given it before, `bytes` how many bytes these pictures had;
    a picture that comes again is not counted again, and neither is a single one, whoever asks.

    `slot` is what may be taken from to show it: no more often than limits.fps says, and with the
    grant's masks burned in. That holds for a look, all its viewers together; a hub that opens
    another view begins another look. `caption`: what has to stand below every picture. `cache`
    burns masks in; without one a look under a grant with masks shows nothing.
    """

    def __init__(
        self,
        camera: Camera,
        permit: Permit,
        *,
        opened: int,
        ends: int,
        caption: Caption | None = None,
        cache: TileCache | None = None,
    ) -> None:
        self.camera = camera
        self.permit = permit
        self.opened = opened
        limits = permit.grant.limits
        self.ends = min(ends, opened + limits.get("session_s", ends - opened), permit.grant.exp)
        self.gap_s = 1.0 / limits["fps"] if "fps" in limits else 0.0
        self._paced: PacedSlot | None = None
        if self.gap_s:
            self._paced = PacedSlot(camera.latest, self.gap_s, self._counts)
        self._unmasked: LatestFrame = self._paced or camera.latest
        self._masked = self._masking(cache)
        self.slot = self._unmasked if self._masked is None else self._masked
        self.caption = caption
        self._widest = limits.get("w")
        self._highest = limits.get("h")
        self.bounded = bool(self._widest or self._highest)  # whether fits() has to be asked
        self._began = camera.moment()
        self._least: tuple[int, float] | None = None  # boot, captured_ms of a frame since then
        self.frames = 0
        self.bytes = 0
        self.still: Still | None = None  # of a view for a snapshot, once asked for
        self._single: tuple[int, int] | None = None  # boot, sequence of the last single picture
        self.over = Ending()
        self.reason = ""

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """While entered, the camera's source runs and `slot` is filled. Raises accord's Refused if
        that must not be."""
        async with self.camera.watch(self.permit):
            with ExitStack() as running:
                if self._paced is not None:
                    running.enter_context(self._paced.running(self._source_before))
                if isinstance(self._masked, Prepared):
                    running.enter_context(self._masked.running(self._unmasked_before))
                yield

    def lines(self, frame: Frame) -> Lines:
        """What has to be read below this picture, wherever it is shown."""
        return () if self.caption is None else self.caption.lines(frame.captured_ms)

    def before(self) -> int:
        """The number in `slot` above which frames are for a viewer who begins now."""
        return self._before(self.slot)

    def holds(self, now: int) -> bool:
        """Whether something may be shown at `now` (unix s). Asked right before it is."""
        if now >= self.ends or self.over.happened:
            return False
        permit = self.permit  # what Camera.allows() asks, one call less for every frame
        return self.camera.book.get(permit.handle) is permit.grant and permit.holds(now)

    def lapse(self, now: int) -> str | None:
        """Why nothing may be shown at `now`; None if it may. Does not end the look."""
        if self.over.is_set():
            return self.reason
        if now >= self.ends:
            return "expired" if now >= self.permit.grant.exp else SESSION_OVER
        return self.camera.lapse(self.permit, now)

    def covers(self, frame: Frame) -> bool:
        """Whether the frame was taken for those who look under this grant, by now.

        A board sends a frame once, under one grant, to all whose grants it says it holds.
        """
        handle = self.permit.handle
        held = frame.handle == handle or self.camera.grant_state(handle) == HELD
        return held and self.began_before(frame)

    def covers_again(self, frame: Frame) -> bool:
        """Whether a frame that was covered once may be repeated: while the grant it was sent
        under stands, even if the source is away by now, and as long as the source says nothing
        else about this look's own grant."""
        if self.camera.book.get(frame.handle) is None:
            return False
        handle = self.permit.handle
        held = frame.handle == handle or self.camera.held(handle)
        return held and self.began_before(frame)

    def began_before(self, frame: Frame) -> bool:
        """Whether the frame was taken after this look began, and its grant. What came before is
        for others: pre-roll of a motion, and what a board kept while its line was down."""
        if frame.captured_ms < self.permit.grant.nbf * 1000:
            return False
        known = self._least
        if known is not None and known[0] == frame.boot and frame.captured_ms >= int(known[1]):
            return True  # what we hear from here on can only let more through
        least = self.camera.taken_at_least(frame.boot, self._began)
        if least is None:
            return True
        if self._least is None or self._least[0] != frame.boot:
            self._least = frame.boot, least
        # What was let through once stays so: a frame from the future darkens no look.
        self._least = min(self._least, (frame.boot, least))
        return frame.captured_ms >= int(self._least[1])

    def fits(self, frame: Frame) -> bool:
        """Whether the frame is within the grant's limits of size; no if that cannot be told."""
        if not self.bounded:
            return True
        if frame.size is None:
            return False
        width, height = frame.size
        return width <= (self._widest or width) and height <= (self._highest or height)

    def shown(self, frames: int, size_bytes: int) -> None:
        """Count what was handed to viewers who had not been given it before."""
        self.frames += frames
        self.bytes += size_bytes

    def shown_single(self, frame: Frame) -> bool:
        """Count a picture given on its own; False if the last one was the same, and counted."""
        which = frame.boot, frame.sequence
        if which == self._single:
            return False
        self._single = which
        self.shown(1, len(frame.jpeg))
        return True

    def end(self, reason: str) -> None:
        """Nothing is shown from now on; who streams it has let go of it when this returns."""
        if self.over.is_set():
            return
        self.reason = reason
        if self._paced is not None:
            self._paced.drop()
        if isinstance(self._masked, Prepared):
            self._masked.drop()
        self.over.set()

    def _counts(self, frame: Frame) -> bool:
        """Whether the frame takes up what limits.fps allows: not if it may not be shown here."""
        return self.covers(frame) and self.fits(frame)

    def _masking(self, cache: TileCache | None) -> LatestFrame | None:
        """The slot of masked frames: nobody fills it, if nobody can mask. None: no masks."""
        mask = self.permit.grant.mask
        if not mask:
            return None
        if cache is None:
            return LatestFrame()
        asker = self.permit.hub

        def masked(frame: Frame, instead: Made | None) -> Made:
            return cache.burnt(frame, asker, instead, mask=mask)

        return Prepared(self._unmasked, masked, cache, asker)

    def _source_before(self) -> int:
        return self._before(self.camera.latest)

    def _unmasked_before(self) -> int:
        return self._before(self._unmasked)

    def _before(self, slot: LatestFrame) -> int:
        return before(slot, self.camera.moment())


def before(slot: LatestFrame, now: float) -> int:
    """The slot's number above which frames are for a viewer who begins `now` (monotonic s): what is
    there already is only if it came this very moment."""
    frame = slot.latest
    fresh = frame is not None and now - frame.arrived <= FRESH_S
    return slot.number - fresh
