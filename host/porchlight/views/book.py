"""The open views by ticket, and for a while those that are over: gone is not unknown."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from porchlight.errors import TooMany
from porchlight.views.view import View, ticket_hash

MAX_CLOSED: Final = 4_096


class ViewBook:
    """Tickets are kept as hashes only. Closed views are forgotten oldest first."""

    def __init__(self) -> None:
        self._open: dict[bytes, View] = {}
        self._closed: OrderedDict[bytes, View] = OrderedDict()
        self._opening: Counter[str] = Counter()

    @contextmanager
    def opening(self, thumb: str, most: int) -> Iterator[None]:
        """While entered, this caller opens a view; TooMany if they have `most`, or soon will."""
        if len(self.of(thumb)) + self._opening[thumb] >= most:
            raise TooMany("too-many-views", "close some of your views first")
        self._opening[thumb] += 1
        try:
            yield
        finally:
            self._opening -= Counter({thumb: 1})  # forgets who is at none

    def add(self, view: View, ticket: str) -> None:
        """Let the ticket open this view."""
        view.ticket_hash = ticket_hash(ticket)
        self._open[view.ticket_hash] = view

    def close(self, view: View) -> None:
        """The view is over: its ticket opens nothing, but is known."""
        if self._open.pop(view.ticket_hash, None) is None:
            return
        view.forget_pictures()
        self._closed[view.ticket_hash] = view
        if len(self._closed) > MAX_CLOSED:
            self._closed.popitem(last=False)

    def find(self, ticket: str) -> View | None:
        """The view of a ticket, open or closed."""
        key = ticket_hash(ticket)
        return self._open.get(key) or self._closed.get(key)

    def of(self, thumb: str) -> list[View]:
        """The open views of one caller."""
        return [view for view in self._open.values() if view.who.thumb == thumb]

    def __iter__(self) -> Iterator[View]:
        """The open ones."""
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)
