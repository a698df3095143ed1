"""A program on trial proves itself: it holds a good connection for a while without a fault.

One that has proved itself and crashes later gives way too, after a few in a row (agent/slots.py);
a run of SETTLED_MS ends the row."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.elapsed import Elapsed
    from agent.log import Log
    from agent.slots import Slots

STEADY_MS = 30_000  # of one connection that was welcomed
SETTLED_MS = 600_000  # from the start
LOOK_MS = 500


class Trial:
    """`steady_ms()`: for how long the host has been talking to us on this connection."""

    def __init__(
        self, slots: "Slots", steady_ms: "Callable[[], int]", elapsed: "Elapsed", log: "Log"
    ) -> None:
        self._slots = slots
        self._steady_ms = steady_ms
        self._elapsed = elapsed
        self._log = log
        self.proven: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Ends once the trial has failed; goes on for ever otherwise."""
        while self._slots.trial:
            await self._elapsed.pause(LOOK_MS)
            if self._steady_ms() >= STEADY_MS:
                self._prove()
            elif self._slots.guard is not None and self._slots.guard.over:
                self._log("update", "the host was not reached in time")
                self._slots.give_up("unconnected")
                return
        while True:
            await self._elapsed.pause(60_000)
            if self._elapsed.ms() >= SETTLED_MS:
                self._slots.settle()

    def _prove(self) -> None:
        try:
            self._slots.confirm()
        except OSError as error:  # tried again until the trial's time is over
            self._log("update", "cannot be recorded: %s" % error)
            return
        self._log("update", "proved itself: " + str(self._slots))
        self.proven()
