"""Join the Wi-Fi and stay joined.

connect() while the driver is still trying raises "Wifi Internal Error", so disconnect() comes
first; isconnected() is polled, because nothing else tells reliably that the network is gone.
"""

from agent.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.elapsed import Elapsed
    from agent.log import Log

POLL_MS = 1_000
JOIN_POLL_MS = 50
JOIN_MS = 20_000
_REASONS = {
    200: "beacons lost",
    201: "no such network",
    202: "wrong password",
    203: "association refused",
    204: "handshake timed out",
}


class Radio:
    """`wlan`: the station interface."""

    def __init__(self, wlan: "Any", elapsed: "Elapsed", backoff: Backoff, log: "Log") -> None:
        self._wlan = wlan
        self._elapsed = elapsed
        self._backoff = backoff
        self._log = log
        self._awake: bool | None = None
        self.beat: Callable[[], None] = lambda: None
        self.busy: Callable[[], bool] = lambda: False  # are pictures being taken?

    @property
    def up(self) -> bool:
        return bool(self._wlan.isconnected())

    def _stay_awake(self, awake: bool) -> None:
        """No power save while pictures leave: it would add a beacon interval to every answer."""
        if awake != self._awake and hasattr(self._wlan, "PM_NONE"):
            self._awake = awake
            self._wlan.config(pm=self._wlan.PM_NONE if awake else self._wlan.PM_PERFORMANCE)

    async def run(self, ssid: str, key: str) -> None:
        self._wlan.active(True)
        while True:
            await self._join(ssid, key)
            self._log("radio", "joined")
            self._backoff.reset()
            while self.up:
                self.beat()
                self._stay_awake(self.busy())
                await self._elapsed.pause(POLL_MS)
            self._log("radio", "lost the network")

    async def _join(self, ssid: str, key: str) -> None:
        while not await self._try(ssid, key):
            status = self._wlan.status()
            self._log("radio", "cannot join: " + _REASONS.get(status, str(status)))
            until = self._elapsed.ms() + self._backoff.next_ms()
            while self._elapsed.ms() < until:
                self.beat()
                await self._elapsed.pause(POLL_MS // 4)

    async def _try(self, ssid: str, key: str) -> bool:
        try:
            self._wlan.disconnect()
            self._wlan.connect(ssid, key or None)
        except OSError as error:
            self._log("radio", "driver: %s" % error)
            return False
        until = self._elapsed.ms() + JOIN_MS
        while self._elapsed.ms() < until and not self.up:
            if self._wlan.status() in _REASONS:
                return False
            self.beat()
            await self._elapsed.pause(JOIN_POLL_MS)
        return self.up
