"""The open views by ticket, and for a while those that are over: gone is not unknown."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from porchlight.views.view import View, ticket_hash

MAX_CLOSED: Final = 4_096


class ViewBook:
    """Tickets are kept as hashes only. Closed views are forgotten oldest first."""

    def __init__(self) -> None:
        self._open: dict[bytes, View] = {}
        self._closed: OrderedDict[bytes, View] = OrderedDict()

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

    def __iter__(self) -> Iterator[View]:
        """The open ones."""
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)
