"""When to try again, and when to give up. Pure."""

from collections.abc import Callable
from typing import Final

FIRST_MS: Final = 5_000
LONGEST_MS: Final = 3 * 3_600_000
GIVE_UP_S: Final = 3 * 86_400
_DOUBLINGS: Final = 16  # no higher powers for a number that is capped


def wait_ms(tries: int, draw: Callable[[], float]) -> int:
    """How long to wait after so many tries (one or more): half of it fixed, half of it by `draw`
    (0 to 1), so that webhooks that failed together do not come back together."""
    whole = min(FIRST_MS << min(tries - 1, _DOUBLINGS), LONGEST_MS)
    return whole // 2 + int(whole / 2 * draw())


def is_over(failing_since: int, now: int) -> bool:
    """Whether an event that first failed at `failing_since` (unix s) is given up."""
    return now - failing_since >= GIVE_UP_S
