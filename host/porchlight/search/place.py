"""What the profile of the place says of a search: it only narrows, as it does for views."""

from dataclasses import dataclass

from porchlight.profile import Asked, Profile
from porchlight.registry import Registry
from porchlight.search.finder import Forbidden
from porchlight.search.index import REGISTER

SEARCH = "search"


@dataclass(frozen=True)
class Place:
    """`registry`: for a camera's label and source, by which rules tell cameras apart."""

    profile: Profile
    registry: Registry

    def forbids(self, camera: str, action: str, purpose: str, now: int) -> bool:
        """Whether the camera may not be found now, or not be used as it is searched for."""
        record = self.registry.camera(camera)
        if record is None:
            return True
        asked = [SEARCH] if action == REGISTER else [SEARCH, action]
        return any(
            self.profile.forbids(Asked(each, record.label, record.source, purpose, now))
            for each in asked
        )


def forbidden(profile: Profile, registry: Registry) -> Forbidden | None:
    """What a Finder is to ask; None where the place forbids nothing."""
    return Place(profile, registry).forbids if profile.forbid else None
