"""Camera: one source with its place, its owner's grants, and who looks at it now.

The source runs only while someone with a permit looks, and for a moment after. Every frame is
checked again here against the grant it names, whatever the source checked itself: nothing that
fails gets into the slot that viewers read. Knows no HTTP, no WebSocket and no store.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from accord import wire
from accord.book import Book
from accord.errors import Refused
from accord.grant import Grant
from accord.permit import Permit
from porchlight import admission, report
from porchlight.admission import Refusal
from porchlight.boardlog import BoardLog
from porchlight.calling import call_all
from porchlight.desk import Desk, Heard, Link, Record
from porchlight.frames import Frame, LatestFrame
from porchlight.heldbook import HeldBook
from porchlight.looking import Looking, Viewers, Want
from porchlight.motion.moves import Moves
from porchlight.sourcelog import SourceLog
from porchlight.sourcetime import SourceTime

HELD: Final = "held"  # what a board answers of a grant it shows pictures under
UPDATE: Final = "update-"  # how every word of a board about an update begins
STANDING: Final = "status-"  # ... about a lease
_REVOKED: Final = "revoked"
_OPENED: Final = "panic-opened"


class Camera:
    """`status` is the source's last word, `frames` counts those accepted since the host began."""

    def __init__(self, record: Record, desk: Desk, heard: Heard) -> None:
        self.id = record.id
        self.label = record.label
        self.resident = record.resident
        self.source = record.source
        self.enforced_at = "board" if record.source == "board" else "host"
        ticks = desk.clock.monotonic
        self.book: Book = HeldBook(record.id, heard.held, ticks=lambda: int(ticks() * 1000))
        self.latest = LatestFrame()
        self.status: wire.Status | None = None
        self.firmware = ""  # what the source last said it runs; kept while it is offline
        self.frames = 0
        self.last_frame_ms: int | None = None
        self.boardlog = BoardLog(desk.clock)
        self.log = SourceLog(record.id, record.resident, desk)
        self.motion = Moves(record.id, record.resident, desk.clock, desk.events)
        self._desk = desk
        self._heard = heard
        self._link: Link | None = None
        self._looking = Looking()
        self._told: list[Want] = []
        self._answers: dict[bytes, str] = {}
        self._time = SourceTime()
        self._listeners: set[Callable[[], None]] = set()

    # Grants: whoever changes the book calls these, at once.

    def granted(self, grant: Grant) -> None:
        """A grant came into the book: hand it to the source."""
        self._answers.pop(grant.handle, None)
        if self._link is not None:
            self._link.offer(grant)
        self.changed()

    def revoked(self, handle: bytes) -> None:
        """A grant was taken back: source, slot and viewers let go of it before this returns.

        Withdraws it in the book too, so that it does not matter which of the two came first. All
        are told: what one of them raises is logged.
        """
        self.book.revoke(handle)
        self.latest.forget()
        self._looking.drop(handle)
        if self._link is not None:
            call_all((self._link.revoke,), handle)
        call_all(self._heard.withdrawn, self.id, handle)
        call_all((self._tell, self.changed))

    def grant_state(self, handle: bytes) -> str:
        """What the board makes of a grant: HELD, "sent", "offline", or its reason against it."""
        return "offline" if self._link is None else self._answers.get(handle, "sent")

    def held(self, handle: bytes) -> bool:
        """Whether the board's last word on a grant was HELD, even if it is away by now."""
        return self._answers.get(handle) == HELD

    def moment(self) -> float:
        """Now, as taken_at_least() wants it back."""
        return self._desk.clock.monotonic()

    def taken_at_least(self, boot: int, moment: float) -> float | None:
        """What captured_ms a frame of this boot has, at least, if it was taken after `moment`;
        None if nobody can say. By the source's own clock, which no other is compared to."""
        return self._time.at(boot, moment)

    def allows(self, permit: Permit, now: int) -> bool:
        """Whether `permit` is good at `now` (unix s), by itself and by the book."""
        return self.book.get(permit.handle) is permit.grant and permit.holds(now)

    def lapse(self, permit: Permit, now: int) -> str | None:
        """Why `permit` is not good at `now` (unix s), by itself and by the book; None if it is."""
        if self.allows(permit, now):
            return None
        if self.book.get(permit.handle) is not permit.grant:
            return "revoked" if permit.handle in self.book.revoked else "expired"
        against = permit.grant.lapsed()
        if against:
            return against
        return "expired" if now >= permit.grant.exp else "outside-window"

    # Looking

    @property
    def wants(self) -> list[Want]:
        """Who looks, or did a moment ago, as the source is told."""
        return self._looking.wants

    @asynccontextmanager
    async def watch(self, permit: Permit) -> AsyncIterator[None]:
        """While entered, the source runs for the bearer of `permit`.

        Raises Refused when the permit does not hold, or for too many kinds of viewers.
        """
        reason = self.lapse(permit, self._desk.clock.unix())
        if reason is not None:
            raise Refused(reason)
        want, viewers = self._looking.begin(permit)
        self._tell()
        try:
            yield
        finally:
            viewers.count -= 1
            if viewers.count == 0:
                loop = asyncio.get_running_loop()
                loop.call_later(self._desk.linger_s, self._sweep, want, viewers)

    def _sweep(self, want: Want, viewers: Viewers) -> None:
        self._looking.sweep(want, viewers)
        self._tell()

    def _tell(self) -> None:
        """Tell the source who looks, if that changed. Nobody: the last frame is forgotten too."""
        wants = self.wants
        if wants == self._told:
            return
        self._told = wants
        if not wants:
            self.latest.forget()
        if self._link is not None:
            self._link.watch(wants)

    # The source

    @property
    def online(self) -> bool:
        """Whether a proven source is connected."""
        return self._link is not None

    async def attach(self, link: Link, firmware: str = "") -> None:
        """A source proved to be this camera: it replaces the one before, and is told everything."""
        if self._link is not None:
            self._link.close("replaced")
        self._link = link
        self.firmware = firmware
        self._answers.clear()
        for handle in self.book.revoked:
            link.revoke(handle)
        for grant in self.book.grants():
            link.offer(grant)
        link.watch(self.wants)
        self.changed()
        await self.log.note("board.online")
        for callback in self._heard.attached:
            await callback(self.id)

    async def detach(self, link: Link, reason: str) -> None:
        """The connection behind `link` is over; nothing happens if it was replaced."""
        if self._link is not link:
            return
        self._link = None
        counted, self.status = report.counted(self.status), None
        self.latest.forget()
        self.changed()
        await self.log.note("board.offline", reason=reason, **counted)

    def on_frame(self, frame: Frame, *, newest: bool = False) -> Refusal | None:
        """Check a frame against the grant it names; None if viewers may have it, and do.
        `newest`: as LatestFrame.put() takes it."""
        now_ms = self._desk.clock.unix_ms()
        reason = self._fault(frame, now_ms)
        if reason is not None:
            return self.log.refuse(frame, reason)
        self.frames += 1
        self.last_frame_ms = frame.captured_ms
        self._time.heard(frame.boot, frame.captured_ms, frame.arrived)
        metrics = self._desk.metrics
        metrics.frames_in.value += 1
        metrics.bytes_in.value += len(frame.jpeg)
        self.motion.sent(frame.reason, frame.score, now_ms // 1000)
        self.latest.put(frame, newest=newest)
        return None

    def restarted(self) -> None:
        """The board began anew: it holds no lease, and what it asked before nobody may answer."""
        self.book.standing.ends = 0
        self.book.standing.ask(b"")

    def tell_update(self, message: wire.Update) -> None:
        """Hand the next step of an update to the source, if it is there."""
        if self._link is not None:
            self._link.update(message)

    def tell_lease(self, message: wire.Lease) -> None:
        """Hand a lease, or the question for a nonce, to the source, if it is there."""
        if self._link is not None:
            self._link.lease(message)

    def stood_down(self) -> None:
        """What the resident or an agent said may have ended something: what was seen is let go."""
        self.latest.forget()
        self.changed()

    def on_status(self, status: wire.Status) -> None:
        """The source's word about itself."""
        before, self.status = self.status, status
        self._desk.metrics.late.observe(status.late_ms / 1000)
        self.motion.told(status.quiet, status.score)
        if report.differs(before, status):
            self.changed()

    async def on_answer(self, answer: wire.Answer) -> None:
        """The source's word about a grant that it was given, or told to drop; about an update; or
        about a lease."""
        word = report.printable(answer.reason)
        for begins, listeners in ((UPDATE, self._heard.updated), (STANDING, self._heard.stood)):
            if word.startswith(begins):
                for told in listeners:
                    await told(self.id, answer, word)
                return
        known = {grant.handle for grant in self.book.grants()} | set(self.book.revoked)
        if answer.handle in known:
            said = self._answers | {answer.handle: word}
            self._answers = {handle: word for handle, word in said.items() if handle in known}
            await self._on_verdict(self.book.get(answer.handle), word)

    async def _on_verdict(self, grant: Grant | None, word: str) -> None:
        """What the source made of a grant. "revoked" of one that is still held here: the resident
        pressed the button at the board; "panic-opened": held it down."""
        if grant is None or word not in (_REVOKED, _OPENED):
            self.changed()
            return
        if word == _OPENED:
            self._answers[grant.handle] = HELD
            self.changed()
        else:
            self.revoked(grant.handle)
        for callback in self._heard.opened if word == _OPENED else self._heard.pressed:
            await callback(grant)

    def _fault(self, frame: Frame, now_ms: int) -> str | None:
        """Why no viewer may have this frame at `now_ms` (unix); None if they may."""
        grant = self.book.get(frame.handle)
        if grant is None:
            return "revoked" if frame.handle in self.book.revoked else "no-grant"
        fault = admission.fault(frame, grant, now_ms)
        if fault is None and not self._looking.by(grant, now_ms // 1000):
            return "not-watched"
        return fault

    # Telling others

    def describe(self) -> dict[str, Any]:
        """The state as its resident sees it, JSON-ready."""
        return report.describe(self)

    def changed(self) -> None:
        """Tell the resident's screens, and those who listen."""
        self._desk.events.publish("camera", self.resident, self.describe())
        call_all(list(self._listeners))

    def listen(self, callback: Callable[[], None]) -> None:
        """Have `callback()` called at each change of state: line, grants, answers, status."""
        self._listeners.add(callback)

    def unlisten(self, callback: Callable[[], None]) -> None:
        """Take listen() back."""
        self._listeners.discard(callback)
