"""What the grants in a camera's book allow at one moment. Pure: no store, no clock of its own."""

from typing import Any, Final

from accord import permit
from accord.book import Book
from accord.errors import Refused
from accord.grant import Grant
from accord.permit import Permit
from porchlight.search.index import names

MAX_ENDED: Final = 65_536


class Ended:
    """Why a hub's last grant for a camera ended: so that a refusal can say it. Oldest forgotten."""

    def __init__(self) -> None:
        self._why: dict[tuple[str, str], str] = {}

    def note(self, grant: Grant, reason: str) -> None:
        """The grant ended: revoked or expired. Not of one that a hub may never have heard of."""
        for hub in grant.aud if names(grant) and grant.req is None else ():
            if len(self._why) >= MAX_ENDED:
                del self._why[next(iter(self._why))]
            self._why[grant.sub, hub] = reason

    def forget(self, grant: Grant) -> None:
        """A newer grant took its place."""
        for hub in grant.aud:
            self._why.pop((grant.sub, hub), None)

    def why(self, camera: str, hub: str) -> str:
        """The reason; no-grant where there never was one."""
        return self._why.get((camera, hub), "no-grant")


def named(book: Book, hub: str, now: int) -> list[Grant]:
    """The grants by which this hub knows the camera at `now` (unix s), lowest seq first: not those
    that only register it, and no answer to a request before it begins."""
    known = (g for g in book.grants() if hub in g.aud and names(g) and _told(g, now))
    return sorted(known, key=lambda grant: grant.seq)


def best(
    book: Book, hub: str, action: str, now: int, purpose: str | None, **honoured: bool
) -> Permit:
    """The permit that holds longest; Refused with the newest grant's reason if there is none.

    `honoured`: `approved` and `masks`, as accord.permit.check() wants them."""
    found: Permit | None = None
    why = Refused("no-grant")
    for grant in named(book, hub, now):
        try:
            offered = permit.check(
                grant, hub=hub, action=action, now=now, purpose=purpose, **honoured
            )
        except Refused as refused:
            why = refused
            continue
        if found is None or offered.ends > found.ends:
            found = offered
    if found is None:
        raise why
    # Given by the book, so that the book can withdraw it.
    return book.permit(found.handle, hub=hub, action=action, now=now, purpose=purpose, **honoured)


def allowed(
    book: Book, hub: str, now: int, purpose: str | None = None, **honoured: bool
) -> dict[str, int]:
    """What a hub may do at `now` (unix s): action -> until when, by the longest grant for each.
    `honoured` as in best()."""
    asked: dict[str, Any] = {"hub": hub, "now": now, "purpose": purpose, **honoured}
    until: dict[str, int] = {}
    for grant in named(book, hub, now):
        for action in grant.actions:
            try:
                ends = permit.check(grant, action=action, **asked).ends
            except Refused:
                continue
            until[action] = max(ends, until.get(action, 0))
    return until


def _told(grant: Grant, now: int) -> bool:
    return grant.req is None or grant.nbf <= now
