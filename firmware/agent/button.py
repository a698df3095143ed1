"""The button on the board: held for a moment, it takes every grant back. No network needed."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.elapsed import Elapsed

POLL_MS = 50
STEADY = 2  # readings in a row: a spark is no press


class Button:
    """`pressed()` reads the pin; `act()` is called once a press."""

    def __init__(self, pressed: "Callable[[], bool]", act: "Callable[[], None]") -> None:
        self._pressed = pressed
        self._act = act
        self._count = 0

    def poll(self) -> None:
        self._count = self._count + 1 if self._pressed() else 0
        if self._count == STEADY:
            self._act()

    async def run(self, elapsed: "Elapsed") -> None:
        while True:
            self.poll()
            await elapsed.pause(POLL_MS)
