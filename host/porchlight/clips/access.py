"""Who may have which clips now: what the grants that hold at this moment cover. No I/O.

A clip belongs to the grant it was recorded under: who was named by a later one gets nothing of
before, and when that grant ends, so does all access to its clips. The one exception is a grant that
answers a request: it covers what its resident was asked for.
"""

from collections.abc import Callable, Iterable
from typing import Any

from accord.errors import Refused
from accord.grant import Grant
from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.clips.rows import Clip, Cover

# The span (unix ms) that a request asked for, by the grant that answers it; None: not known.
Window = Callable[[Grant], tuple[int, int] | None]


def unknown(_grant: Grant) -> None:
    """No request is known: a grant that answers one covers nothing."""


class Access:
    """`window` is set by whoever knows the requests."""

    def __init__(self) -> None:
        self.window: Window = unknown

    def covers(
        self, camera: Camera, hub: str, action: str, purpose: str, now: int
    ) -> list[tuple[Cover, Permit]]:
        """What of a camera's clips a hub may have at `now` (unix s), and by which permit."""
        found = []
        for grant in camera.book.grants():
            cover = self._cover(camera, grant)
            if hub not in grant.aud or cover is None:
                continue
            asked = {"hub": hub, "action": action, "now": now, "purpose": purpose}
            try:
                found.append((cover, camera.book.permit(grant.handle, **asked)))
            except Refused:
                continue
        return found

    def permit(self, camera: Camera, clip: Clip, hub: str, **asked: Any) -> Permit:
        """The permit that lets a hub have one clip; Refused with the reason of the grant that would
        have covered it, or no-grant. `asked`: the rest of what permit.check() takes."""
        why = "no-grant"
        for grant in camera.book.grants():
            cover = self._cover(camera, grant)
            if hub not in grant.aud or cover is None or not cover.holds(clip):
                continue
            try:
                return camera.book.permit(grant.handle, hub=hub, **asked)
            except Refused as refused:
                why = refused.reason
        raise Refused(why)

    def all_covers(
        self, cameras: Iterable[Camera], hub: str, purpose: str, now: int
    ) -> list[Cover]:
        """For a listing: what a hub may be told of."""
        found = (self.covers(camera, hub, "clips", purpose, now) for camera in cameras)
        return [cover for each in found for cover, _ in each]

    def _cover(self, camera: Camera, grant: Grant) -> Cover | None:
        if grant.req is None:
            return Cover(camera.id, grant.jti)
        window = self.window(grant)
        return None if window is None else Cover(camera.id, grant.jti, window)
