"""Filming time -> the daily counts of every grant it happened under, stored once a minute."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accord.book import Book
    from agent.clock import Clock
    from agent.days import Days
    from agent.gate import Gate
    from agent.store import Store


class Usage:
    def __init__(self, days: "Days", gate: "Gate", clock: "Clock", book: "Book", store: "Store"):
        self._days = days
        self._gate = gate
        self._clock = clock
        self._book = book
        self._store = store

    def filmed(self, ms: int) -> None:
        """`ms` more were filmed under the permits of the gate's last check."""
        now = self._clock.now()
        if now is None:
            return
        for permit in self._gate.permits:
            self._days.count(permit.grant, now, ms)
        if self._days.due():
            try:
                self._store.save_days(self._days.to_store(self._book.grants()))
            except OSError:
                self._gate.unstored = True  # until the state at least can be stored
