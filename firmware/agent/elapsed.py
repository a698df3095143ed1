"""Time that only grows: milliseconds since the board started, without the wrap of ticks_ms().

MicroPython's ticks wrap after 2^30 ms (12.4 days) and compare rightly over half of that only, so
every reading adds the distance to the one before. Something reads it every second anyway.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Elapsed:
    """`sleep_ms(ms)` gives something to await."""

    def __init__(
        self,
        ticks_ms: "Callable[[], int]",
        ticks_diff: "Callable[[int, int], int]",
        sleep_ms: "Callable[[int], Awaitable[None]]",
    ) -> None:
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self.pause = sleep_ms
        self._last = ticks_ms()
        self._ms = 0

    def ms(self) -> int:
        ticks = self._ticks_ms()
        self._ms += max(0, self._ticks_diff(ticks, self._last))
        self._last = ticks
        return self._ms

    async def pause_until(self, ms: int) -> None:
        left = ms - self.ms()
        if left > 0:
            await self.pause(left)
