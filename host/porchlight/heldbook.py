"""A camera's book that tells which grants it holds, whoever puts them there or takes them away."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from accord.book import Book
from accord.grant import Grant

Held = Callable[[Grant, bool], None]  # the grant, and whether it is held from here on


class HeldBook(Book):
    """Each of `told` is called once for every grant that comes, and once when it goes."""

    def __init__(
        self, camera: str, told: Sequence[Held], ticks: Callable[[], int], **more: Any
    ) -> None:
        super().__init__(camera, ticks, **more)
        self._told = told

    def add(self, grant: Grant) -> bool:
        """As a Book does."""
        new = super().add(grant)
        if new:
            self._tell(grant, True)
        return new

    def restore(self, grant: Grant) -> None:
        """As a Book does."""
        before = self.get(grant.handle)
        super().restore(grant)
        after = self.get(grant.handle)
        if after is before:
            return
        if before is not None:
            self._tell(before, False)
        if after is not None:
            self._tell(after, True)

    def revoke(self, handle: bytes) -> Grant | None:
        """As a Book does."""
        gone = super().revoke(handle)
        if gone is not None:
            self._tell(gone, False)
        return gone

    def drop_expired(self, now: int) -> list[Grant]:
        """As a Book does."""
        gone = super().drop_expired(now)
        for grant in gone:
            self._tell(grant, False)
        return gone

    def _hold(self, grant: Grant) -> None:
        """As a Book does. What a grant is asked for every frame is one call, and not two."""
        super()._hold(grant)
        grant.lapsed = functools.partial(self.standing.against, grant)

    def _tell(self, grant: Grant, is_held: bool) -> None:
        for told in self._told:
            told(grant, is_held)
