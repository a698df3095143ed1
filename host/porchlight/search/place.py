"""What the profile of the place says of a registered camera: it only narrows."""

from dataclasses import dataclass
from typing import Final

from porchlight.profile import Asked, Profile
from porchlight.registry import Registry
from porchlight.search.finder import Forbidden
from porchlight.search.index import REGISTER
from porchlight.search.sphere import Point

SEARCH: Final = "search"
_UNIT: Final = 10_000_000  # of a place, in a degree
Filmed = tuple[int, int]  # from when to when (unix s)


@dataclass(frozen=True)
class Place:
    """`registry`: for a camera's label, source and place, by which rules tell cameras apart."""

    profile: Profile
    registry: Registry

    def asked(
        self, camera: str, action: str, purpose: str, now: int, filmed: Filmed | None = None
    ) -> Asked | None:
        """What a rule is asked about; None of a camera that is not registered."""
        record = self.registry.camera(camera)
        if record is None:
            return None
        stated = record.place
        place = stated and Point(stated["lat"] / _UNIT, stated["lon"] / _UNIT)
        return Asked(action, record.label, record.source, purpose, now, place or None, filmed)

    def forbids(
        self, camera: str, action: str, purpose: str, now: int, filmed: Filmed | None = None
    ) -> bool:
        """Whether the camera may not be found now, or not be used as it is searched for."""
        actions = [SEARCH] if action == REGISTER else [SEARCH, action]
        wanted = [self.asked(camera, each, purpose, now, filmed) for each in actions]
        return any(each is None or self.profile.refuses(each) is not None for each in wanted)


def forbidden(place: Place) -> Forbidden | None:
    """What a Finder is to ask; None where the place forbids nothing."""
    return place.forbids if place.profile.narrows else None
