"""Time as the host knows it. Everything that needs time takes a Clock; tests hand in their own."""

import functools
import time


class Clock:
    """The machine's clock."""

    def unix(self) -> int:
        """Whole seconds since 1970, UTC."""
        return self.unix_ms() // 1000

    def unix_ms(self) -> int:
        """Milliseconds since 1970, UTC. The one reading the others derive from."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never step backwards; only differences mean anything."""
        return time.monotonic()


def rfc3339(unix_ms: int) -> str:
    """UTC text with milliseconds, as every API answer and MJPEG part spells time."""
    seconds, ms = divmod(unix_ms, 1000)
    return f"{_to_the_second(seconds)}.{ms:03d}Z"


@functools.lru_cache(maxsize=256)  # every frame says its time, and most of them the same second
def _to_the_second(unix: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix))
