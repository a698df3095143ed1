"""The button on the board: pressed, it takes every grant back. No network needed.

Where there is a panic grant, a press is dark at once all the same; held on for three seconds it
opens that grant instead, and let go before, it takes every grant back.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.consent import Consent
    from agent.elapsed import Elapsed
    from agent.lease import Leases

POLL_MS = 50
STEADY = 2  # readings in a row: a spark is no press
HELD = 60


class Button:
    """`pressed()` reads the pin."""

    def __init__(self, pressed: "Callable[[], bool]", consent: "Consent", leases: "Leases") -> None:
        self._pressed = pressed
        self._consent = consent
        self._leases = leases
        self._count = 0
        self._waiting = False  # dark, for what the press will turn out to be

    def poll(self) -> None:
        down = self._pressed()
        self._count = self._count + 1 if down else 0
        if self._count == STEADY:
            self._begin()
        elif self._waiting and not down:
            self._end()
            self._consent.press_button()
        elif self._waiting and self._count == HELD:
            self._end()
            if not self._leases.press():  # it ran out meanwhile
                self._consent.press_button()

    async def run(self, elapsed: "Elapsed") -> None:
        while True:
            self.poll()
            await elapsed.pause(POLL_MS)

    def _begin(self) -> None:
        if not self._leases.armed:
            self._consent.press_button()
            return
        self._waiting = True
        self._consent.shut(True)

    def _end(self) -> None:
        self._waiting = False
        self._consent.shut(False)
