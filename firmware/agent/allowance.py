"""How many pictures may leave for no better reason than that the model is still learning.

Whoever watches or sets the picture's size can make it learn anew as often as they like, and must
not get by that what the resident's `motion` mode keeps back. No clock: whoever asks brings it.
"""

MOST = 40  # pictures: two times of learning; a board that starts has them all
EVERY_MS = 15_000  # one more


class Allowance:
    """Nothing but time refills it."""

    def __init__(self) -> None:
        self._left = MOST
        self._since_ms = 0  # what was allowed up to then is in `_left`

    def take(self, now_ms: int) -> bool:
        """May one more leave, `now_ms` after the start? If so it has."""
        more = (now_ms - self._since_ms) // EVERY_MS
        if more > 0:
            self._since_ms += more * EVERY_MS
            self._left = min(MOST, self._left + more)
        if not self._left:
            return False
        self._left -= 1
        return True
