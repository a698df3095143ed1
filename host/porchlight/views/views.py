"""Views: opening, admitting, closing. No entry, no ticket; no permit, no picture.

The entry in each resident's log is on disk before a ticket exists. A revocation ends what it
concerns before it returns; expiry is found by sweep(), and every frame asks its look once more.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from typing import Any, Final

from accord import b64
from accord.errors import Refused
from porchlight.cameras import Cameras
from porchlight.desk import Desk
from porchlight.errors import Denied, Gone, NotFound, StoreError
from porchlight.sections import ViewRules
from porchlight.tally import Tally
from porchlight.views.book import ViewBook
from porchlight.views.look import SESSION_OVER, Look
from porchlight.views.opening import Opening
from porchlight.views.view import Intent, View, Who

SIGNED_OUT: Final = "signed-out"
_log = logging.getLogger(__name__)


class Views:
    """All views of this host. Everything belongs to the event loop's thread."""

    def __init__(self, cameras: Cameras, opening: Opening, desk: Desk, rules: ViewRules) -> None:
        self._opening = opening
        self._desk = desk
        self._rules = rules
        self._book = ViewBook()
        self._tally = Tally()
        self._closing: set[asyncio.Task[None]] = set()
        cameras.on_withdrawn(self._withdrawn)
        desk.metrics.gauge("views_open", "Views open now.", lambda: len(self._book))

    async def open(self, who: Who, intent: Intent, address: str) -> tuple[View, str]:
        """Open a view for streams to `address`: the view and its ticket.

        Refused when any camera may not be shown, with an entry for it; TooMany; Awaiting where a
        second operator has to approve it first; StoreError when an entry could not be written:
        then nothing is open.
        """
        with self._book.opening(who.thumb, self._rules.per_caller):
            return await self._open(who, intent, address)

    async def _open(self, who: Who, intent: Intent, address: str) -> tuple[View, str]:
        now = self._desk.clock.unix()
        view = View(
            id=b64.encode(secrets.token_bytes(16)),
            who=who,
            intent=intent,
            address=address,
            opened=now,
            expires=now + self._rules.max_seconds,
            looks={},
            most_streams=self._rules.streams_per_view,
        )
        await self._opening.permit_all(view)
        view.expires = max(look.ends for look in view.looks.values())
        detail = {"action": intent.action, "expires": view.expires, **view.notes}
        drafts = _drafts("view.open", view, *view.looks.values(), detail=detail)
        view.receipts = await self._desk.entries.add_with_receipts(drafts, who.thumb)
        ticket = secrets.token_urlsafe(32)
        self._book.add(view, ticket)
        self._sweep_view(view, now=self._desk.clock.unix())  # revoked while the entry was written?
        lapsed = [look.reason for look in view.looks.values() if look.over.is_set()]
        if not lapsed and self._opening.left(view):
            lapsed = [SIGNED_OUT]
        if lapsed:
            await self.close(view, lapsed[0])
            raise Refused(lapsed[0])
        for look in view.looks.values():
            self._publish(view, look, "open")
        return view, ticket

    async def admit(self, ticket: str, camera_id: str | None, address: str) -> View:
        """The open view behind a ticket, for one of its cameras, or its wall (None).

        NotFound no-view, Denied ticket-stolen, Gone ticket-expired; an entry for each.
        """
        view = self._book.find(ticket)
        if view is None:
            self._desk.metrics.refused("view", "no-view")
            raise NotFound("no-view", "no view has this ticket")
        asked = list(view.looks) if camera_id is None else [camera_id]
        looks = [view.looks[camera] for camera in asked if camera in view.looks]
        if view.address != address:
            await self._turned_away(view, looks, "ticket-stolen")
            raise Denied("ticket-stolen", "this ticket belongs to another address")
        if not looks:
            raise NotFound("no-view", "this view does not show that camera")
        now = self._desk.clock.unix()
        if not any(look.holds(now) for look in looks):
            await self._turned_away(view, looks, "ticket-expired")
            raise Gone("ticket-expired", f"the view is over: {looks[0].reason or 'expired'}")
        return view

    def running(self) -> Iterator[tuple[View, Look]]:
        """The looks that are open, each with its view."""
        return ((view, look) for view in self._book for look in view.open_looks)

    def of(self, thumb: str) -> list[View]:
        """The open views of one caller."""
        return self._book.of(thumb)

    def get(self, view_id: str, thumb: str) -> View | None:
        """One open view of this caller."""
        return next((view for view in self.of(thumb) if view.id == view_id), None)

    async def close(self, view: View, reason: str) -> None:
        """End a view; its last entries are on disk when this returns."""
        self._shut(view, reason)
        await self._settle()

    async def stop(self) -> None:
        """The host is stopping: end every view, with its entries."""
        for view in self._book:
            self._shut(view, "host-stopped")
        await self._settle()

    def sweep(self) -> None:
        """End what ran out."""
        now = self._desk.clock.unix()
        for view in self._book:
            self._sweep_view(view, now)

    # Turning away

    async def _turned_away(self, view: View, looks: list[Look], reason: str) -> None:
        """Somebody came with a ticket that does not open: tell the residents, once a minute."""
        self._desk.metrics.refused("view", reason)
        count = self._tally.due((view.id, reason), self._desk.clock.monotonic())
        if not count:
            return
        for look in view.looks.values():
            await self._enter("access.refused", view, look, detail={"count": count}, reason=reason)

    # Ending

    def _shut(self, view: View, reason: str) -> None:
        for look in view.open_looks:
            self._end(view, look, reason)
        self._book.close(view)

    def _withdrawn(self, camera_id: str, handle: bytes) -> None:
        for view in self._book:
            look = view.looks.get(camera_id)
            if look is not None and look.permit.handle == handle:
                self._end(view, look, "revoked")
                self._close_if_over(view)

    def _sweep_view(self, view: View, now: int) -> None:
        for look in view.open_looks:
            reason = look.lapse(now)
            if reason == SESSION_OVER:  # no longer than it might: that may have been the house's
                reason = self._opening.ended(view, look.camera, now) or reason
            if reason is not None:
                self._end(view, look, reason)
        self._close_if_over(view)

    def _close_if_over(self, view: View) -> None:
        if not view.open_looks:
            self._book.close(view)

    def _end(self, view: View, look: Look, reason: str) -> None:
        """End a look now; its entry is written behind."""
        if look.over.is_set():
            return
        look.end(reason)
        self._publish(view, look, "closed")
        task = asyncio.get_running_loop().create_task(self._write_close(view, look))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _write_close(self, view: View, look: Look) -> None:
        seconds = self._desk.clock.unix() - look.opened
        detail = {"seconds": seconds, "frames": look.frames, "bytes": look.bytes}
        try:
            await self._enter("view.close", view, look, detail=detail, reason=look.reason)
        except StoreError as error:
            _log.error("the end of a view could not be entered: %s", error)

    async def _settle(self) -> None:
        if self._closing:
            await asyncio.wait(list(self._closing))

    # Telling

    async def _enter(
        self, type: str, view: View, *looks: Look, detail: dict[str, Any], reason: str = ""
    ) -> None:
        """An entry for each look, in its resident's log: all of them, or StoreError."""
        await self._desk.entries.add_all(_drafts(type, view, *looks, detail=detail, reason=reason))

    def _publish(self, view: View, look: Look, state: str) -> None:
        body = {"id": view.id, "camera": look.camera.id, "state": state, "reason": look.reason}
        self._desk.events.publish("view", view.who.thumb, body)


def _drafts(
    type: str, view: View, *looks: Look, detail: dict[str, Any], reason: str = ""
) -> list[dict[str, Any]]:
    """What Entries.add_all wants of each look."""
    about = view.about() | ({"reason": reason} if reason else {})
    signed = view.signed if type == "view.open" else {}
    return [
        {
            "type": type,
            "resident": look.camera.resident,
            "camera": look.camera.id,
            "jti": look.permit.jti,
            "detail": detail,
            "statement": signed.get(look.camera.id),
            **about,
        }
        for look in looks
    ]
