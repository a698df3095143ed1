"""Marking: what is burned into the pictures of a view before they leave: masks, and who looks."""

from dataclasses import dataclass

from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.streams.caption import Caption
from porchlight.streams.tilecache import TileCache
from porchlight.views.look import Look
from porchlight.views.view import View


@dataclass(frozen=True)
class Marking:
    """`overlay`: whether a hub reads in its pictures who looks. Residents never do."""

    cache: TileCache
    overlay: bool = True

    def look(self, view: View, camera: Camera, permit: Permit, ends: int) -> Look:
        """The view's look at this camera, until `ends` (unix s) at most."""
        return Look(
            camera,
            permit,
            opened=view.opened,
            ends=ends,
            caption=self._caption(view, permit),
            cache=self.cache,
        )

    def _caption(self, view: View, permit: Permit) -> Caption | None:
        if view.who.is_resident or not self.overlay:
            return None
        operator = view.intent.operator
        return Caption(view.who.name, "" if operator is None else operator.id, permit.jti)
