"""The gate: may a frame leave now? Grants, watches, clock and button -> permits, or a reason.

No I/O. check() is asked before every frame and several times a second while dark; everything it
cannot affirm is a no, with a short word for the resident: "not-watched", "no-clock", "button",
"day-limit", "too-small" ..., and the words of accord's refusals.
"""

from accord import names
from accord.errors import Refused
from accord.grant import ACTIONS
from agent.terms import SMALLEST, agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.book import Book
    from accord.permit import Permit
    from accord.wire import Settings, Watch
    from agent.clock import Clock
    from agent.config import Picture
    from agent.days import Days

OK = "ok"
HELD = "held"
STORE_FAULT = "store-fault"
FILMING = ("live", "snapshot", "clips")  # "export" and "register" show nothing new
ORPHAN_MS = 10_000  # a watch outlives its connection this long: a blip, not a licence


class Gate:
    """After check(): `permits`, what holds now; the first is the one frames travel under.
    `verdicts`, of every watched handle HELD or why not; empty where something closes them all."""

    def __init__(
        self,
        *,
        book: "Book",
        clock: "Clock",
        days: "Days",
        picture: "Picture",
        elapsed_ms: "Callable[[], int]",
    ) -> None:
        self._book = book
        self._clock = clock
        self._days = days
        self._picture = picture
        self._elapsed_ms = elapsed_ms
        self._settings: Settings | None = None
        self._watch_fps = 0
        self._wants: list[tuple[str, bytes, str]] = []  # hub, handle, action
        self._kept: dict[tuple[str, bytes, str], Permit] = {}
        self._orphaned_at: int | None = None
        self.button = False
        self.held = False  # the button is down, and nobody knows yet what is meant by it
        self.unstored = False  # a power cut now would bring back what was taken away
        self.permits: list[Permit] = []
        self.verdicts: dict[bytes, str] = {}
        self.terms = agree(picture, None, 0, [])
        self.reason = "not-watched"

    def watch(self, message: "Watch") -> None:
        """Replace who looks."""
        self._orphaned_at = None
        self._watch_fps = message.fps
        self._wants = []
        for hub, handle, code in message.wants:
            action = ACTIONS[code - 1] if 0 < code <= len(ACTIONS) else ""
            self._wants.append((names.text(hub), handle, action))
        self._kept = {want: self._kept[want] for want in self._wants if want in self._kept}

    def orphan(self) -> None:
        """The connection the watch came over is gone: it lapses unless a new one comes soon."""
        if self._orphaned_at is None:
            self._orphaned_at = self._elapsed_ms()

    def settle(self, message: "Settings") -> None:
        """Film as the host asks, within what the resident configured."""
        self._settings = message

    def check(self) -> str:
        """Decide anew: sets `permits`, `verdicts`, `terms`, `reason`; OK or why nothing leaves."""
        self.permits = []
        self.verdicts = {}
        self.reason = self._decide()
        return self.reason

    def allows(self, permit: "Permit") -> bool:
        """May bytes under this permit leave at this very moment?"""
        now = self._clock.now()
        shut = self.button or self.held or self.unstored
        return now is not None and not shut and permit.holds(now)

    def wants(self, permit: "Permit") -> bool:
        """Does the hub it was given to still look under its grant, as of the last check()?"""
        wanted = (permit.hub, permit.handle)
        return wanted in [(held.hub, held.handle) for held in self.permits]

    def _decide(self) -> str:
        if self.button or self.held:
            return "button"
        if self.unstored:
            return STORE_FAULT
        self._drop_orphans()
        if not self._wants:
            return "not-watched"
        now = self._clock.now()
        if now is None:
            return self._clock.reason()
        first_refusal = ""
        for want in self._wants:
            try:
                self.permits.append(self._permit(want, now))
                self.verdicts[want[1]] = HELD
            except Refused as refused:
                first_refusal = first_refusal or refused.reason
                self.verdicts.setdefault(want[1], refused.reason)
        if not self.permits:
            return first_refusal
        grants = [permit.grant for permit in self.permits]
        self.terms = agree(self._picture, self._settings, self._watch_fps, grants)
        return OK

    def _permit(self, want: tuple[str, bytes, str], now: int) -> "Permit":
        hub, handle, action = want
        if action not in FILMING:
            raise Refused("action-not-granted")
        permit = self._kept.get(want)
        if permit is None or not permit.holds(now):
            # Approvals and masks are the host's to see to: see accord.permit.
            permit = self._book.permit(
                handle, hub=hub, action=action, now=now, approved=True, masks=True
            )
            self._kept[want] = permit
        if self._days.spent(permit.grant, now):
            raise Refused("day-limit")
        limits = permit.grant.limits
        if min(limits.get("w", SMALLEST), limits.get("h", SMALLEST)) < SMALLEST:
            raise Refused("too-small")  # no sensor can keep it
        return permit

    def _drop_orphans(self) -> None:
        since = self._orphaned_at
        if since is not None and self._elapsed_ms() - since >= ORPHAN_MS:
            self._wants = []
            self._kept = {}
