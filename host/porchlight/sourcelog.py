"""What a resident's log says of a camera's source: that it came or went, or was refused, and why.

Bounded, whatever the source does: nobody may fill a log that is kept for good.
"""

from typing import Any, Final

from accord import names
from porchlight.admission import Refusal
from porchlight.desk import Desk
from porchlight.frames import Frame
from porchlight.tally import Tally

COMINGS: Final = 10  # entries a minute on the coming and going of a board


class SourceLog:
    """Of one camera; `camera` and `resident` are thumbs."""

    def __init__(self, camera: str, resident: str, desk: Desk) -> None:
        self._camera = camera
        self._resident = resident
        self._desk = desk
        self._faults = Tally()
        self._comings = Tally(burst=COMINGS)

    def refuse(self, frame: Frame, reason: str) -> Refusal:
        """Count a frame that nobody may see: the first of a minute is to be entered, with how many
        there were.

        "not-watched" is not told: frames under way when a viewer leaves are nobody's fault.
        """
        self._desk.metrics.refused("frame", reason)
        if reason == "not-watched":
            return Refusal(frame, reason, 0)
        # The board picks the handle: one that makes them up must not fill the log.
        return Refusal(frame, reason, self._due(reason))

    async def enter(self, refusal: Refusal) -> None:
        """Tell the resident of a frame that was refused."""
        frame = refusal.frame
        await self._add(
            "frame.refused",
            jti=names.text(frame.handle),
            reason=refusal.reason,
            detail={"count": refusal.count, "sequence": frame.sequence},
        )

    async def note(self, type: str, *, reason: str | None = None, **counted: int) -> None:
        """An entry about the source; at most ten of a type per minute, then with how many.
        `counted`: what the source itself says of what it sent."""
        count = self._comings.due(type, self._desk.clock.monotonic())
        if count:
            detail = counted | ({"count": count} if count > 1 else {})
            await self._add(type, reason=reason, detail=detail or None)

    async def refused(self, reason: str) -> None:
        """Whoever claimed to be the source was sent away: the first of a minute for each reason,
        with how many there were."""
        count = self._due(("board", reason))
        if count:
            await self._add("board.refused", reason=reason, detail={"count": count})

    def _due(self, what: Any) -> int:
        return self._faults.due(what, self._desk.clock.monotonic())

    async def _add(self, type: str, **more: Any) -> None:
        await self._desk.entries.add(type, resident=self._resident, camera=self._camera, **more)
