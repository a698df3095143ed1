"""Who may have which clips now: what the grants that hold at this moment cover. No I/O.

A clip belongs to the grant it was recorded under: who was named by a later one gets nothing of
before, and when that grant ends, so does all access to its clips. The one exception is a grant that
answers a request: it covers what its resident was asked for.
"""

from collections import Counter
from collections.abc import Callable
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
    """`window` is set by whoever knows the requests. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self.window: Window = unknown
        self._naming: dict[str, Counter[str]] = {}

    def held(self, grant: Grant, is_held: bool) -> None:
        """A camera's book took this grant in, or let go of it. To be told of each once."""
        if "clips" not in grant.actions:
            return
        for hub in set(grant.aud):
            counts = self._naming.setdefault(hub, Counter())
            counts[grant.sub] += 1 if is_held else -1
            if counts[grant.sub] <= 0:
                del counts[grant.sub]

    def naming(self, hub: str) -> list[str]:
        """The cameras with a grant for clips that names this hub, whether it holds now or not."""
        return sorted(self._naming.get(hub, ()))

    def covers(self, camera: Camera, hub: str, purpose: str, now: int) -> list[Cover]:
        """What of a camera's clips a hub may be told of at `now` (unix s)."""
        found = []
        asked = {"action": "clips", "now": now, "purpose": purpose, "masks": True}
        for grant in camera.book.grants():
            cover = self._cover(camera, grant)
            if hub not in grant.aud or cover is None:
                continue
            try:
                # Told of, not shown: a second operator is asked for when one is opened.
                camera.book.permit(grant.handle, hub=hub, approved=True, **asked)
            except Refused:
                continue
            found.append(cover)
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
                # Masks are covered in whatever is handed out: dressing.py.
                return camera.book.permit(grant.handle, hub=hub, masks=True, **asked)
            except Refused as refused:
                why = refused.reason
        raise Refused(why)

    def _cover(self, camera: Camera, grant: Grant) -> Cover | None:
        if grant.req is None:
            return Cover(camera.id, grant.jti)
        window = self.window(grant)
        return None if window is None else Cover(camera.id, grant.jti, window)
