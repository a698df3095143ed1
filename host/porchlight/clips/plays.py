"""Plays: one opening of one clip, by the hub or the resident who may, like a view is of a camera.

The entry is on disk before there is a ticket. A play ends with its grant, its time or its clip,
and nothing of it is handed out after that; a ticket is good for one client address.
"""

import secrets
from collections import OrderedDict
from dataclasses import replace
from typing import Any, Final

from accord import b64
from accord.errors import Refused
from accord.permit import Permit
from porchlight.audit.receipts import Receipt
from porchlight.cameras import Cameras
from porchlight.clips.access import Access
from porchlight.clips.play import Play, impossible
from porchlight.clips.refusals import Refusals
from porchlight.clips.rows import Cover
from porchlight.clips.store import Clips
from porchlight.desk import Desk
from porchlight.errors import Conflict, Denied, Gone, NotFound, TooMany
from porchlight.views.look import Look
from porchlight.views.opening import Rules
from porchlight.views.view import Intent, View, Who, ticket_hash
from porchlight.views.views import SIGNED_OUT

__all__ = ["NONE", "Play", "Plays"]

ENTERED_AS: Final = {"clips": "clip.played", "export": "clip.released"}
MAX_S: Final = 900
MAX_OPEN: Final = 16  # for one caller: a hub has a copy made of each
MAX_CLOSED: Final = 1_024
NOT_OPENED: Final = "not-opened"
NONE: Final = "there is no such clip that you may have"


class Plays:
    """Those open now. Belongs to the event loop's thread."""

    def __init__(
        self, clips: Clips, cameras: Cameras, access: Access, house: Rules, desk: Desk
    ) -> None:
        self._house = house
        self._clips = clips
        self._cameras = cameras
        self.access = access
        self._desk = desk
        self._open: dict[bytes, Play] = {}
        self._coming: set[Play] = set()
        self._closed: OrderedDict[bytes, Play] = OrderedDict()
        self._refusals = Refusals(desk)
        cameras.on_held(access.held)
        cameras.on_withdrawn(self._withdrawn)
        clips.on_gone(self._deleted)

    def covers(self, hub: str, purpose: str, camera_id: str | None = None) -> list[Cover]:
        """What a hub may be told of now, of one camera or of all that named it."""
        now = self._desk.clock.unix()
        named = [one for one in self.access.naming(hub) if camera_id in (None, one)]
        cameras = [camera for camera in map(self._cameras.get, named) if camera is not None]
        return [cover for one in cameras for cover in self.access.covers(one, hub, purpose, now)]

    async def open(self, who: Who, clip_id: str, intent: Intent, address: str) -> tuple[Play, str]:
        """Open a clip to `address`: the play and its ticket.

        NotFound no-clip for what the caller may not know of; Refused and TooMany, with an entry;
        Awaiting a second operator; Conflict sealed; StoreError: nothing is open.
        """
        play = await self.prepare(who, clip_id, intent, address)
        try:
            await self.enter(play, "file")
            return play, self.hand_out(play)
        except BaseException:
            play.end(NOT_OPENED)
            raise

    async def prepare(self, who: Who, clip_id: str, intent: Intent, address: str) -> Play:
        """A play that may be entered; raises what open() raises. It counts as open from now on:
        whoever does not hand it out ends it."""
        play = await self.permitted(who, clip_id, intent, address)
        counted = [*self._open.values(), *self._coming]
        if sum(one.who.thumb == who.thumb for one in counted) >= MAX_OPEN:
            raise TooMany("too-many-plays", "let some of your plays run out first")
        self._coming.add(play)
        play.over.on_end(lambda: self._coming.discard(play))
        try:
            await self._settle(play)
        except BaseException:
            play.end(NOT_OPENED)
            raise
        return play

    async def glimpse(self, who: Who, clip_id: str, intent: Intent) -> Play:
        """A play for one small picture, entered: it spends what an opening does. Raises what open()
        raises; Refused where that would wait for a second operator."""
        play = await self.permitted(who, clip_id, intent)
        if play.clip.sealed:
            raise Conflict("sealed", "only the resident's own key opens this clip")
        if play.view.needs_two:
            await self._refusals.tell(play, "approval-missing")
            raise Refused("approval-missing")
        await self._settle(play)
        await self.enter(play, "thumbnail")
        return play

    def hand_out(self, play: Play) -> str:
        """The ticket to a play that was entered; Refused if it is over already."""
        ticket = secrets.token_urlsafe(32)
        self._open[ticket_hash(ticket)] = play
        self._coming.discard(play)
        self.sweep()  # taken back while the entry was written?
        if self._house.left(play.view):
            self._end(play, SIGNED_OUT)
        if play.over.is_set():
            raise Refused(play.reason)
        return ticket

    async def permitted(self, who: Who, clip_id: str, intent: Intent, address: str = "") -> Play:
        """A play that nobody has been told of yet: enter() comes before the first byte."""
        clip = await self._clips.find(clip_id)
        camera = None if clip is None else self._cameras.get(clip.camera)
        if clip is None or camera is None or (who.is_resident and clip.resident != who.thumb):
            raise NotFound("no-clip", NONE)
        now = self._desk.clock.unix()
        id = b64.encode(secrets.token_bytes(16))
        intent = replace(intent, cameras=(camera.id,), clip=clip.id)
        play = Play(View(id, who, intent, address, now, now + MAX_S, {}), clip, camera)
        play.view.filmed = clip.filmed
        try:
            self._weigh(play)
        except Refused as refused:
            await self._refusals.tell(play, refused.reason)
            if refused.reason == "no-grant":  # what nobody granted is not there
                raise NotFound("no-clip", NONE) from None
            raise
        if clip.sealed and not who.is_resident:
            raise Conflict("sealed", "only the resident's own key opens this clip")
        return play

    def _weigh(self, play: Play) -> None:
        """Consent first, then the house's rules; Refused by either."""
        view = play.view
        reason = impossible(view.intent, view.who) or self._house.meet(view)
        if reason is not None:
            raise Refused(reason)
        if not view.who.is_resident:
            play.permit = self._permit(play)
        ends = self._house.narrow(view, play.camera)
        if play.permit is not None:
            ends = min(ends, play.permit.ends)
            # The house counts the cameras that are opened.
            look = Look(play.camera, play.permit, opened=view.opened, ends=ends)
            view.looks[play.camera.id] = look
        view.expires = min(view.expires, ends)

    def _permit(self, play: Play) -> Permit | None:
        """None: a second operator has to approve it first; _settle() sees to that."""
        view, intent = play.view, play.view.intent
        asked = {"action": intent.action, "purpose": intent.purpose, "now": view.opened}
        if view.approval is not None:
            asked["approved"] = True
        try:
            return self.access.permit(play.camera, play.clip, view.who.thumb, **asked)
        except Refused as refused:
            if refused.reason != "approval-missing" or intent.operator is None:
                raise
        view.needs_two = True
        return None

    async def _settle(self, play: Play) -> None:
        try:
            await self._house.settle(play.view)
        except (Refused, TooMany) as refused:
            await self._refusals.tell(play, refused.reason)
            raise
        play.check()

    async def enter(self, play: Play, what: str) -> None:
        """The entry in the resident's log: durable when this returns."""
        await self._desk.entries.add(**self._entry(play, {"what": what}))

    async def release(self, play: Play, released: str) -> Receipt:
        """The entry of a bundle, with its receipt. `released`: SHA-256 of the recording in it."""
        draft = self._entry(play, {"what": "bundle", "released": released})
        receipts: list[Receipt] = await self._desk.entries.add_with_receipts(
            [draft], play.who.thumb
        )
        return receipts[0]

    def _entry(self, play: Play, more: dict[str, str]) -> dict[str, Any]:
        play.check()
        lapsed = play.lapse(self._desk.clock.unix())
        if lapsed is not None:  # taken back while a copy was made
            raise Refused(lapsed)
        clip = play.clip
        detail = {"clip": clip.id, "sha256": clip.sha256, "bytes": clip.size_bytes, **more}
        return {
            "type": ENTERED_AS[play.action],
            "resident": clip.resident,
            "camera": clip.camera,
            "jti": clip.jti if play.permit is None else play.permit.jti,
            "detail": detail | play.view.notes,
            "statement": play.view.signed.get(clip.id),
            **play.view.about(),
        }

    async def admit(self, ticket: str, address: str) -> Play:
        """The open play behind a ticket. NotFound no-play, Denied ticket-stolen (entered), Gone."""
        key = ticket_hash(ticket)
        play = self._open.get(key) or self._closed.get(key)
        if play is None:
            self._desk.metrics.refused("clip", "no-play")
            raise NotFound("no-play", "no clip is open under this ticket")
        if play.view.address != address:
            await self._refusals.tell(play, "ticket-stolen")
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

    def sign_out(self, who: Who, operator: str) -> None:
        """End what this operator (pseudonym) of a hub has open."""
        for play in list(self._open.values()):
            by = play.view.intent.operator
            if play.who.thumb == who.thumb and by is not None and by.id == operator:
                self._end(play, SIGNED_OUT)

    def stop(self) -> None:
        """The host is stopping."""
        for play in list(self._open.values()):
            self._end(play, "host-stopped")

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
