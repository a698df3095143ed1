"""Searches: found, entered in the log of everybody shown, and only then answered.

One durable write a search. Who is shown reads who asked, for which case and purpose, by what kind
of area and how large; not where, for that is somebody else's misfortune. A search that shows
nobody is entered in the host's own log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from porchlight.audit.entries import Entries
from porchlight.audit.receipts import Receipt
from porchlight.clock import Clock
from porchlight.errors import Denied, Invalid, RequestError, TooMany
from porchlight.search.finder import Finder, Shown, Wanted
from porchlight.sections import SearchRules
from porchlight.tally import Tally
from porchlight.views.view import Who

SPENT: Final = "searches"  # what a quota calls them
REFUSALS: Final = 10  # entries a minute on one hub and reason


class Operator(Protocol):
    """The part of who.operator.Operator that is used here."""

    @property
    def id(self) -> str: ...


class Spending(Protocol):
    """The part of quotas.Quotas that is used here."""

    async def spend(self, who: Any, operator: Any, case: str, what: str) -> None:
        """Count one; TooMany with Retry-After when that is more than allowed."""


@dataclass(frozen=True)
class Cause:
    """Why a hub searches, and who there does, where operators are known."""

    case: str
    purpose: str
    reason: str = ""
    operator: Operator | None = None


@dataclass(frozen=True)
class Page:
    """Which of those found: at most `most` after the id `after`, or the one called `only`."""

    most: int
    after: str = ""
    only: str | None = None


@dataclass(frozen=True)
class Found:
    """`last`: the id after which there are others, if any. `receipts`: for those who are named."""

    shown: Sequence[Shown]
    receipts: Sequence[Receipt]
    last: str | None = None


class Searches:
    """All searches of this host. Everything belongs to the event loop's thread."""

    def __init__(
        self,
        finder: Finder,
        entries: Entries,
        clock: Clock,
        rules: SearchRules,
        quotas: Spending | None = None,
    ) -> None:
        self._refusals = Tally(burst=REFUSALS)
        self._finder = finder
        self._entries = entries
        self._clock = clock
        self.rules = rules
        self._quotas = quotas

    async def search(
        self, hub: Who, cause: Cause, wanted: Wanted, page: Page | None = None
    ) -> Found:
        """What `hub` may be shown now, all of it or one page; it is in the log when this returns.

        An area larger than the rules allow is refused; with a page it shows named cameras only.
        Denied hubs-only; Invalid area-too-large, too-many-cameras and TooMany, which the host's own
        log tells; StoreError when it could not be entered: then nobody is shown.
        """
        if hub.is_resident:
            raise Denied("hubs-only", "residents see their own cameras without a search")
        try:
            wanted = self._bounded(wanted, page)
            await self._spend(hub, cause)
            shown, last = self._find(hub.thumb, wanted, page)
        except (Invalid, TooMany) as error:
            await self._refuse(hub, cause, error, _asked(wanted))
            raise
        receipts = await self._enter(hub, cause, wanted, shown)
        # Who took consent back while the entry was written is not shown any more.
        still = self._finder.still(hub.thumb, wanted, shown, self._clock.unix())
        return Found(still, receipts, last)

    async def spend(self, hub: Who, cause: Cause) -> None:
        """Count a list of cameras or clips, which tells as much as a search; TooMany, entered."""
        try:
            await self._spend(hub, cause)
        except TooMany as error:
            await self._refuse(hub, cause, error, {})
            raise

    async def _spend(self, hub: Who, cause: Cause) -> None:
        if self._quotas is not None:
            await self._quotas.spend(hub, cause.operator, cause.case, SPENT)

    async def _refuse(
        self, hub: Who, cause: Cause, error: RequestError, asked: dict[str, Any]
    ) -> None:
        """No resident is concerned: nobody was found. At most ten a minute, then with how many."""
        count = self._refusals.due((hub.thumb, error.reason), self._clock.monotonic())
        if count:
            about = _about(hub, cause) | {"type": "access.refused", "reason": error.reason}
            detail = {"action": "search", "count": count, **_by(cause), **asked}
            await self._entries.add_all([about | {"resident": None, "detail": detail}])

    def _bounded(self, wanted: Wanted, page: Page | None) -> Wanted:
        """Who may only be asked is found street by street: a list of them is for nobody."""
        most = self.rules.radius_m
        if wanted.area.reach_m <= most or (page is not None and page.only is not None):
            return wanted
        if page is None:
            raise Invalid("area-too-large", f"an area must fit into a circle of {most} m radius")
        return replace(wanted, registered=False)

    def _find(self, hub: str, wanted: Wanted, page: Page | None) -> tuple[list[Shown], str | None]:
        """Whom to show, and the last of them if others follow."""
        found = self._finder.find(hub, wanted, self._clock.unix())
        if page is None:
            if len(found) > self.rules.most:
                raise Invalid("too-many-cameras", "draw a smaller area")
            return found, None
        if page.only is not None:
            return [one for one in found if one.id == page.only], None
        rest = [one for one in found if one.id > page.after]
        shown = rest[: page.most]
        return shown, shown[-1].id if len(rest) > len(shown) else None

    async def _enter(
        self, hub: Who, cause: Cause, wanted: Wanted, shown: Sequence[Shown]
    ) -> list[Receipt]:
        """An entry for everybody shown, in one write; receipts of those whom the hub may name."""
        about = _about(hub, cause) | {"type": "search", "reason": cause.reason or None}
        searched = {"action": wanted.action, **_asked(wanted), **_by(cause)}
        if not shown:
            await self._entries.add_all([about | {"resident": None, "detail": searched}])
            return []
        told = list(_by_resident(shown))
        drafts = [about | {"resident": who, **_cameras(theirs, searched)} for who, theirs in told]
        receipts = await self._entries.add_with_receipts(drafts, hub.thumb)
        # A receipt says whose log it is from, and which cameras were shown.
        return [
            receipt
            for receipt, (_, theirs) in zip(receipts, told, strict=True)
            if all(one.named for one in theirs)
        ]


def _about(hub: Who, cause: Cause) -> dict[str, Any]:
    return {
        "hub": hub.thumb,
        "hub_name": hub.name,
        "purpose": cause.purpose,
        "case": cause.case,
    }


def _asked(wanted: Wanted) -> dict[str, Any]:
    """What an entry says of an area: its kind and size, not where it is."""
    return {"area": wanted.area.kind, "radius_m": round(wanted.area.reach_m)}


def _by(cause: Cause) -> dict[str, str]:
    return {} if cause.operator is None else {"operator": cause.operator.id}


def _by_resident(shown: Sequence[Shown]) -> Iterator[tuple[str, list[Shown]]]:
    grouped: dict[str, list[Shown]] = {}
    for one in shown:
        grouped.setdefault(one.resident, []).append(one)
    yield from grouped.items()


def _cameras(shown: Sequence[Shown], searched: dict[str, Any]) -> dict[str, Any]:
    """What an entry says of a resident's cameras that were shown."""
    ids = [one.camera for one in shown]
    return {
        "camera": ids[0] if len(ids) == 1 else None,
        "jti": shown[0].grant.jti if len(ids) == 1 else None,
        "detail": searched | {"cameras": ids, "named": shown[0].named},
    }
