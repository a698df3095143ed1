"""Plays: one opening of one clip, by the hub or the resident who may, like a view is of a camera.

The entry is on disk before there is a ticket. A play ends with its grant, its time or its clip,
and nothing of it is handed out after that; a ticket is good for one client address.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from accord import b64
from accord.errors import Refused
from accord.permit import Permit
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.clips.access import Access
from porchlight.clips.rows import Clip
from porchlight.clips.store import Clips
from porchlight.desk import Desk
from porchlight.ending import Ending
from porchlight.errors import Conflict, Denied, Gone, NotFound, TooMany
from porchlight.tally import Tally
from porchlight.views.view import OWN_USE, Intent, Who, ticket_hash

ACTIONS: Final = ("clips", "export")
ENTERED_AS: Final = {"clips": "clip.played", "export": "clip.released"}
MAX_S: Final = 900
MAX_OPEN: Final = 64  # for one caller
MAX_CLOSED: Final = 1_024
NONE: Final = "there is no such clip that you may have"
REFUSALS: Final = 10  # entries a minute on one caller, clip and reason


@dataclass(eq=False)
class Play:
    """`permit`: None for the owner. Once `over` it stays over, for `reason`."""

    id: str
    who: Who
    clip: Clip
    camera: Camera
    intent: Intent
    permit: Permit | None
    address: str
    expires: int
    over: Ending = field(default_factory=Ending)
    reason: str = ""

    def lapse(self, now: int) -> str | None:
        """Why nothing may be handed out at `now` (unix s); None if it may."""
        if self.over.is_set():
            return self.reason
        if now >= self.expires:
            return "expired"
        return None if self.permit is None else self.camera.lapse(self.permit, now)

    def end(self, reason: str) -> None:
        """Nothing is handed out from now on."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()


class Plays:
    """Those open now. Belongs to the event loop's thread."""

    def __init__(self, clips: Clips, cameras: Cameras, access: Access, desk: Desk) -> None:
        self._clips = clips
        self._cameras = cameras
        self.access = access
        self._desk = desk
        self._open: dict[bytes, Play] = {}
        self._closed: OrderedDict[bytes, Play] = OrderedDict()
        self._refusals = Tally(burst=REFUSALS)
        cameras.on_withdrawn(self._withdrawn)
        clips.on_gone(self._deleted)

    async def open(self, who: Who, clip_id: str, intent: Intent, address: str) -> tuple[Play, str]:
        """Open a clip to `address`: the play and its ticket.

        NotFound no-clip for what the caller may not know of; Refused, with an entry, where a grant
        covers the clip and does not allow this; Conflict sealed; StoreError: nothing is open.
        """
        play = await self.permitted(who, clip_id, intent, address)
        if sum(one.who.thumb == who.thumb for one in self._open.values()) >= MAX_OPEN:
            raise TooMany("too-many-plays", "let some of your plays run out first")
        await self.enter(play, "file")
        ticket = secrets.token_urlsafe(32)
        self._open[ticket_hash(ticket)] = play
        self.sweep()  # taken back while the entry was written?
        if play.over.is_set():
            raise Refused(play.reason)
        return play, ticket

    async def permitted(self, who: Who, clip_id: str, intent: Intent, address: str = "") -> Play:
        """A play that nobody has been told of yet: enter() comes before the first byte."""
        clip = await self._clips.find(clip_id)
        camera = None if clip is None else self._cameras.get(clip.camera)
        if clip is None or camera is None or (who.is_resident and clip.resident != who.thumb):
            raise NotFound("no-clip", NONE)
        now = self._desk.clock.unix()
        permit = None
        try:
            if intent.action not in ACTIONS:
                raise Refused("action-not-granted")
            if not who.is_resident:
                permit = self._permit(camera, clip, who.thumb, intent, now)
        except Refused as refused:
            await self._refuse(who, clip, intent, refused.reason)
            if refused.reason == "no-grant":  # what nobody granted is not there
                raise NotFound("no-clip", NONE) from None
            raise
        if clip.sealed and not who.is_resident:
            raise Conflict("sealed", "only the resident's own key opens this clip")
        ends = min(now + MAX_S, now + MAX_S if permit is None else permit.ends)
        id = b64.encode(secrets.token_bytes(16))
        return Play(id, who, clip, camera, intent, permit, address, ends)

    async def enter(self, play: Play, what: str) -> None:
        """The entry in the resident's log: durable when this returns."""
        detail = {"clip": play.clip.id, "sha256": play.clip.sha256, "what": what}
        await self._desk.entries.add(
            ENTERED_AS[play.intent.action],
            resident=play.clip.resident,
            camera=play.clip.camera,
            jti=play.clip.jti if play.permit is None else play.permit.jti,
            view=play.id,
            detail=detail | {"bytes": play.clip.size_bytes},
            **_about(play.who, play.intent),
        )

    async def admit(self, ticket: str, address: str) -> Play:
        """The open play behind a ticket. NotFound no-play, Denied ticket-stolen (entered), Gone."""
        key = ticket_hash(ticket)
        play = self._open.get(key) or self._closed.get(key)
        if play is None:
            self._desk.metrics.refused("clip", "no-play")
            raise NotFound("no-play", "no clip is open under this ticket")
        if play.address != address:
            await self._refuse(play.who, play.clip, play.intent, "ticket-stolen")
            raise Denied("ticket-stolen", "this ticket belongs to another address")
        reason = play.lapse(self._desk.clock.unix())
        if reason is not None:
            raise Gone("ticket-expired", f"the clip is closed: {reason}")
        return play

    def sweep(self) -> None:
        """End what ran out."""
        now = self._desk.clock.unix()
        for play in list(self._open.values()):
            reason = play.lapse(now)
            if reason is not None:
                self._end(play, reason)

    def stop(self) -> None:
        """The host is stopping."""
        for play in list(self._open.values()):
            self._end(play, "host-stopped")

    def _permit(self, camera: Camera, clip: Clip, hub: str, intent: Intent, now: int) -> Permit:
        if not intent.purpose:
            raise Refused("purpose-missing")
        if not intent.case:
            raise Refused("case-missing")
        if intent.purpose == OWN_USE:
            raise Refused("purpose-not-granted")
        asked = {"action": intent.action, "purpose": intent.purpose}
        return self.access.permit(camera, clip, hub, now=now, **asked)

    async def _refuse(self, who: Who, clip: Clip, intent: Intent, reason: str) -> None:
        """Tell the resident: at most ten a minute, then with how many."""
        self._desk.metrics.refused("clip", reason)
        key = who.thumb, clip.id, reason
        count = self._refusals.due(key, self._desk.clock.monotonic())
        if count:
            await self._desk.entries.add(
                "access.refused",
                resident=clip.resident,
                camera=clip.camera,
                detail={"action": intent.action, "clip": clip.id, "count": count},
                **_about(who, intent) | {"reason": reason},
            )

    def _withdrawn(self, camera: str, handle: bytes) -> None:
        for play in list(self._open.values()):
            permit = play.permit
            if play.camera.id == camera and permit is not None and permit.handle == handle:
                self._end(play, "revoked")

    def _deleted(self, clip_id: str) -> None:
        for play in list(self._open.values()):
            if play.clip.id == clip_id:
                self._end(play, "deleted")

    def _end(self, play: Play, reason: str) -> None:
        play.end(reason)
        for key in [key for key, one in self._open.items() if one is play]:
            self._closed[key] = self._open.pop(key)
        if len(self._closed) > MAX_CLOSED:
            self._closed.popitem(last=False)


def _about(who: Who, intent: Intent) -> dict[str, Any]:
    """Who asks and why, as entries say it."""
    return {
        "hub": who.thumb,
        "hub_name": who.name,
        "purpose": OWN_USE if who.is_resident else intent.purpose or None,
        "case": intent.case or None,
        "reason": intent.reason or None,
    }
