"""Lists: a hub that is told of cameras or clips without drawing an area is told no more than by a
search, spends as much, and is entered alike."""

from collections.abc import Iterable
from dataclasses import dataclass

from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.search.place import Filmed, Place
from porchlight.search.searches import Cause
from porchlight.who.operator import Operator


@dataclass(frozen=True)
class List:
    """One list for one hub: spend() before anything is looked up, enter() before it is told."""

    parts: Parts
    hub: Party
    cause: Cause

    @classmethod
    def of(
        cls, parts: Parts, hub: Party, operator: Operator | None, case: str, purpose: str
    ) -> "List":
        """For a case and purpose that were checked."""
        return cls(parts, hub, Cause(case.strip(), purpose, operator=operator))

    async def spend(self) -> None:
        """Count it; TooMany."""
        await self.parts.searches.spend(self.hub, self.cause)

    def shows(self, camera_id: str, action: str, filmed: Filmed | None = None) -> bool:
        """Whether the place's profile lets the hub find this camera for this action now; and what
        was filmed then, if that is wanted."""
        place = Place(self.parts.config.rules, self.parts.registry)
        now = self.parts.clock.unix()
        return not place.forbids(camera_id, action, self.cause.purpose, now, filmed)

    async def enter(self, shown: Iterable[str]) -> None:
        """One entry for each resident whose cameras the hub is about to be told of."""
        by_resident: dict[str, list[str]] = {}
        for camera_id in shown:
            camera = self.parts.cameras.get(camera_id)
            if camera is not None:
                by_resident.setdefault(camera.resident, []).append(camera_id)
        by = {} if self.cause.operator is None else {"operator": self.cause.operator.id}
        drafts = [
            {
                "type": "search",
                "resident": resident,
                "camera": ids[0] if len(ids) == 1 else None,
                "hub": self.hub.thumb,
                "hub_name": self.hub.name,
                "purpose": self.cause.purpose,
                "case": self.cause.case,
                "detail": {"cameras": ids, **by},
            }
            for resident, ids in by_resident.items()
        ]
        if drafts:
            await self.parts.entries.add_all(drafts)
