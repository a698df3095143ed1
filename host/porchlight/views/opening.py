"""The beginning of a view: a look for each of its cameras, or a refusal that is entered.

Consent is asked first: what the house's rules would say of a camera is told to nobody whom its
resident did not name.
"""

from typing import Final, Protocol

from accord.errors import Refused
from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.desk import Desk
from porchlight.errors import TooMany
from porchlight.tally import Tally
from porchlight.views.look import Look
from porchlight.views.marking import Marking
from porchlight.views.view import OWN_USE, View, impossible

REFUSALS: Final = 10  # entries a minute on one caller, camera and reason


class Permits(Protocol):
    """The part of consent.grants.Grants that is used here."""

    def permit(
        self,
        camera_id: str,
        hub: str,
        action: str,
        now: int,
        purpose: str | None = None,
        **honoured: bool,
    ) -> Permit:
        """A permit, or Refused with the reason."""


class Rules(Protocol):
    """The house's rules beside consent (views.rules.HouseRules)."""

    def meet(self, view: View) -> str | None:
        """Why who comes may open nothing; None if they may."""

    def narrow(self, view: View, camera: Camera) -> int:
        """Until when (unix s) this camera may be shown, at most; Refused."""

    def ended(self, view: View, camera: Camera, now: int) -> str | None:
        """Why they let this camera of a running view be shown no more; None: they are not why."""

    async def settle(self, view: View) -> None:
        """All its cameras are allowed; Awaiting, TooMany or Refused if the view is not."""

    def left(self, view: View) -> bool:
        """Whether its operator has signed out since it was asked for."""


class Opening:
    """Fills in the looks of a view that is to be opened."""

    def __init__(
        self, cameras: Cameras, grants: Permits, desk: Desk, house: Rules, marking: Marking
    ) -> None:
        self._cameras = cameras
        self._grants = grants
        self._desk = desk
        self._house = house
        self._marking = marking
        self._refusals = Tally(burst=REFUSALS)

    async def permit_all(self, view: View) -> None:
        """A look for every camera, or Refused for the first that is refused. What the house's
        rules say of all of them together, every resident concerned is told."""
        cameras = {id: self._cameras.get(id) for id in dict.fromkeys(view.intent.cameras)}
        reason = impossible(view.intent, view.who) or self._house.meet(view)
        for camera_id, camera in cameras.items():
            try:
                if reason is not None:
                    raise Refused(reason)
                look = self._look(view, camera)
            except Refused as refused:
                await self._refuse(view, camera, refused.reason)
                raise
            if look is not None:
                view.looks[camera_id] = look
        try:
            await self._house.settle(view)
        except (Refused, TooMany) as refused:
            for camera in cameras.values():
                await self._refuse(view, camera, refused.reason)
            raise

    def left(self, view: View) -> bool:
        """Whether its operator has signed out since it was asked for."""
        return self._house.left(view)

    def ended(self, view: View, camera: Camera, now: int) -> str | None:
        """Why the house's rules let a running view show this camera no more; None: they do."""
        return self._house.ended(view, camera, now)

    def _look(self, view: View, camera: Camera | None) -> Look | None:
        """None: a second operator has to approve the view first; settle() sees to that."""
        if camera is None or (view.who.is_resident and camera.resident != view.who.thumb):
            raise Refused("no-grant")
        permit = self._permit(view, camera)
        ends = self._house.narrow(view, camera)
        return None if permit is None else self._marking.look(view, camera, permit, ends)

    def _permit(self, view: View, camera: Camera) -> Permit | None:
        who, intent = view.who, view.intent
        purpose = OWN_USE if who.is_resident else intent.purpose
        honoured = {"approved": view.approval is not None, "masks": True}  # Marking burns them in
        try:
            return self._grants.permit(
                camera.id, who.thumb, intent.action, view.opened, purpose, **honoured
            )
        except Refused as refused:
            if refused.reason != "approval-missing" or intent.operator is None:
                raise
        view.needs_two = True
        return None

    async def _refuse(self, view: View, camera: Camera | None, reason: str) -> None:
        """Tell the resident, or the host's own log: at most ten a minute, then with how many."""
        self._desk.metrics.refused("view", reason)
        camera_id = None if camera is None else camera.id
        key = view.who.thumb, camera_id, reason
        count = self._refusals.due(key, self._desk.clock.monotonic())
        if not count:
            return
        await self._desk.entries.add(
            "access.refused",
            resident=None if camera is None else camera.resident,
            camera=camera_id,
            detail={"action": view.intent.action, "count": count, **view.notes},
            **view.about() | {"reason": reason, "view": None},
        )
