"""Refusals of clips, as residents read them."""

from typing import Final

from porchlight.clips.play import Play
from porchlight.desk import Desk
from porchlight.tally import Tally

BURST: Final = 10  # entries a minute on one caller, clip and reason


class Refusals:
    """One object per host."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told = Tally(burst=BURST)

    async def tell(self, play: Play, reason: str) -> None:
        """Tell the clip's resident: at most ten a minute, then with how many."""
        view, clip = play.view, play.clip
        self._desk.metrics.refused("clip", reason)
        count = self._told.due((view.who.thumb, clip.id, reason), self._desk.clock.monotonic())
        if count:
            said = {"action": play.action, "clip": clip.id, "count": count}
            await self._desk.entries.add(
                "access.refused",
                resident=clip.resident,
                camera=clip.camera,
                detail=said | view.notes,
                **view.about() | {"reason": reason, "view": None},
            )
