"""Trusted time, or None; never guesses.

Two witnesses have to agree within a minute: an SNTP server, and the host (whose Time message is
authenticated, but whose clock is its own). What is told is the SNTP time, carried on by the
board's own ticks; it never goes back, and never below the newest `iat` of a held grant.
Knows no network: what was heard is handed in, elapsed milliseconds too.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

AGREE_MS = 60_000
BEHIND_MS = 120_000  # a step back up to here is waited out, a larger one is distrusted
SNTP_LASTS_MS = 7 * 86_400_000  # 100 ppm of drift stay within AGREE_MS

NO_CLOCK = "no-clock"
DISAGREES = "clock-disagrees"
BEHIND = "clock-behind"


class Clock:
    """`floor_s`: unix seconds this board has surely passed, from the store."""

    def __init__(self, elapsed_ms: "Callable[[], int]", floor_s: int = 0) -> None:
        self._elapsed_ms = elapsed_ms
        self._floor_ms = floor_s * 1000
        self._sntp_ms: int | None = None  # unix ms at elapsed 0, after SNTP; the same for the host
        self._host_ms: int | None = None
        self._sntp_at = 0

    def hear_sntp(self, unix_ms: int) -> None:
        self._sntp_at = self._elapsed_ms()
        self._sntp_ms = unix_ms - self._sntp_at

    def hear_host(self, unix_ms: int) -> None:
        self._host_ms = unix_ms - self._elapsed_ms()

    def raise_floor(self, unix_s: int) -> None:
        self._floor_ms = max(self._floor_ms, unix_s * 1000)

    @property
    def code(self) -> int:
        """Who has been heard: an index into accord.wire.CLOCKS."""
        return (self._host_ms is not None) + 2 * (self._sntp_ms is not None)

    def reason(self) -> str:
        """Why there is no trusted time now; "" if there is."""
        return self._judge()[1]

    def now_ms(self) -> int | None:
        """Unix milliseconds, or None: no trusted time."""
        unix_ms, reason = self._judge()
        if reason:
            return None
        self._floor_ms = max(unix_ms, self._floor_ms)
        return self._floor_ms

    def now(self) -> int | None:
        """Unix seconds, or None: no trusted time."""
        unix_ms = self.now_ms()
        return None if unix_ms is None else unix_ms // 1000

    def passed(self) -> int:
        """Unix seconds that have surely passed: trusted time, or the last there was."""
        self.now_ms()
        return self._floor_ms // 1000

    def _judge(self) -> tuple[int, str]:
        sntp_ms, host_ms, elapsed = self._sntp_ms, self._host_ms, self._elapsed_ms()
        if sntp_ms is None or host_ms is None or elapsed - self._sntp_at > SNTP_LASTS_MS:
            return 0, NO_CLOCK
        if abs(sntp_ms - host_ms) > AGREE_MS:
            return 0, DISAGREES
        unix_ms = elapsed + sntp_ms
        return unix_ms, BEHIND if unix_ms < self._floor_ms - BEHIND_MS else ""
