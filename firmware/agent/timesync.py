"""SNTP -> the clock, and the chip's own RTC before TLS (it checks the dates of certificates).

Asking blocks for up to a second, so it happens while dark where possible: often until the first
answer, then once an hour.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.clock import Clock
    from agent.elapsed import Elapsed
    from agent.log import Log

AGAIN_MS = 3_600_000
RETRY_MS = 1_000
RETRY_MOST_MS = 60_000
TRIES_BEFORE_TLS = 2
EPOCH_2000_S = 946_684_800
# Anyone may answer for the server: with too few bytes, or with a time that no calendar has.
_NO_TIME = (OSError, ValueError, IndexError, OverflowError)


class TimeSync:
    """`ntptime`, `time`: the modules; `rtc`: machine.RTC()."""

    def __init__(self, ntptime: "Any", time: "Any", rtc: "Any", clock: "Clock", log: "Log") -> None:
        self._ntptime = ntptime
        self._time = time
        self._rtc = rtc
        self._clock = clock
        self._log = log
        self._epoch_s = EPOCH_2000_S if time.gmtime(0)[0] == 2000 else 0
        self.tried = asyncio.Event()  # TLS may be tried: the time is set, or will not come soon

    def ask(self) -> bool:
        """Ask once; True if the clock and the RTC were set."""
        try:
            seconds = self._ntptime.time()
            t = self._time.gmtime(seconds)
            self._rtc.datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))
        except _NO_TIME as error:
            self._log("clock", "SNTP failed: %s" % error)
            return False
        self._clock.hear_sntp((seconds + self._epoch_s) * 1000)
        return True

    async def run(self, up: "Callable[[], bool]", elapsed: "Elapsed") -> None:
        """`up()`: is there a network to ask over?"""
        failures = 0
        while True:
            while not up():
                await elapsed.pause(RETRY_MS // 10)
            if self.ask():
                failures = 0
                self.tried.set()
                self._log("clock", "set by SNTP")
                await elapsed.pause(AGAIN_MS)
                continue
            failures += 1
            if failures >= TRIES_BEFORE_TLS:
                self.tried.set()
            await elapsed.pause(min(RETRY_MS << min(failures, 6), RETRY_MOST_MS))
