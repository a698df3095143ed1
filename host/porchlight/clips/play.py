"""Play: one opening of one clip. Knows whether something may be handed out at this very instant."""

from dataclasses import dataclass, field
from typing import Final

from accord.errors import Refused
from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.clips.dressing import Dress
from porchlight.clips.rows import Clip
from porchlight.ending import Ending
from porchlight.views.view import OWN_USE, Intent, View, Who

ACTIONS: Final = ("clips", "export")


@dataclass(eq=False)
class Play:
    """`view`: by whom, what for and how long. `permit`: None for the owner alone. Once `over` it
    stays over, for `reason`."""

    view: View
    clip: Clip
    camera: Camera
    permit: Permit | None = None
    over: Ending = field(default_factory=Ending)
    reason: str = ""

    @property
    def jti(self) -> str:
        """The grant that it is opened under; the owner's: that it was recorded under."""
        return self.clip.jti if self.permit is None else self.permit.jti

    @property
    def dress(self) -> Dress | None:
        """How its pictures are shown; None: as they are, to the owner alone."""
        self.check()
        if self.permit is None:
            return None
        operator = self.view.notes.get("operator", "")
        return Dress.of(self.permit, self.who.name, operator)

    @property
    def who(self) -> Who:
        """Who opened it."""
        return self.view.who

    @property
    def action(self) -> str:
        """What it was opened for: clips or export."""
        return self.view.intent.action

    def check(self) -> None:
        """Refused if this is a hub's and nobody permitted it yet."""
        if self.permit is None and not self.who.is_resident:
            raise Refused("approval-missing")

    def lapse(self, now: int) -> str | None:
        """Why nothing may be handed out at `now` (unix s); None if it may."""
        if self.over.is_set():
            return self.reason
        if now >= self.view.expires:
            return "expired"
        if self.permit is None:
            return None if self.who.is_resident else "approval-missing"
        return self.camera.lapse(self.permit, now)

    def end(self, reason: str) -> None:
        """Nothing is handed out from now on."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()


def impossible(intent: Intent, who: Who) -> str | None:
    """Why an intent is refused before any grant is looked at."""
    if intent.action not in ACTIONS:
        return "action-not-granted"
    if who.is_resident:
        return None if intent.purpose in ("", OWN_USE) else "purpose-not-granted"
    if not intent.purpose:
        return "purpose-missing"
    if intent.purpose == OWN_USE:
        return "purpose-not-granted"
    return None if intent.case else "case-missing"
